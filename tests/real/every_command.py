"""Commands over a wide grid of machines, work and models, reduced to what a parser is to read."""

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from pathlib import PurePath
from typing import Any

from recommender.devices.catalogue import series_of
from recommender.facts import (
    Accelerator,
    Answer,
    Commands,
    Cpu,
    Launch,
    Machine,
    Memory,
    Model,
    Os,
    Platform,
    Workload,
)
from recommender.knowledge import Knowledge, document, load
from recommender.models.rows import of_row, rows
from recommender.pipeline import recommend
from tests.launch.test_commands import CURRENT, EVERYTHING

MODELS: Mapping[str, Model] = {row["id"]: of_row(row) for row in rows()}
FEW = ("Qwen/Qwen3-8B", "meta-llama/Llama-3.3-70B-Instruct", "deepseek-ai/DeepSeek-V3")
HOSTS = (
    (
        Os(family="linux", distro="ubuntu", version="24.04", libc="glibc", libc_version="2.39"),
        "x86_64",
    ),
    (
        Os(family="linux", distro="ubuntu", version="24.04", libc="glibc", libc_version="2.39"),
        "aarch64",
    ),
    (Os(family="windows", version="11"), "x86_64"),
    (Os(family="macos", version="26.1"), "aarch64"),
)
TOOLS = Workload(use_case="agents", features=("function-calling",), allow=EVERYTHING)
WORK = (
    TOOLS,
    Workload(allow=EVERYTHING),
    replace(TOOLS, concurrency=64, context_tokens=32768, priority="throughput"),
    replace(TOOLS, priority="latency", features=("function-calling", "kv-quant")),
    Workload(use_case="production", concurrency=200, features=("prefix-caching",)),
    Workload(use_case="multi-lora", features=("multi-lora",), allow=EVERYTHING),
    Workload(features=("speculative-decoding",), priority="latency", allow=EVERYTHING),
    Workload(features=("structured-output", "json-schema"), region="CN", allow=EVERYTHING),
    Workload(offline=True, context_tokens=131072, allow=EVERYTHING),
)
# What a user fills in, with something of its kind.
_FILLED_IN = {
    "HEAD_IP": "127.0.0.1",
    "SUPERVISOR_IP": "127.0.0.1",
    "WORKER_IP": "127.0.0.1",
    "NODE_RANK": "1",
}


@dataclass(frozen=True, slots=True)
class Emission:
    """One command line, where it is for, and the model that it names."""

    line: str
    where: str
    model: str

    @property
    def words(self) -> list[str]:
        """The words of the line, with what a user would put for the names of places."""
        line = self.line
        for name, value in _FILLED_IN.items():
            line = line.replace(name, value)
        return shlex.split(line)

    def after(self, program: str) -> list[str]:
        """Return the words behind the program."""
        words = self.words
        at = [PurePath(word).name for word in words].index(program)
        return words[at + 1 :]

    def from_model(self) -> list[str]:
        """Return the words from the model on."""
        words = self.words
        return words[words.index(self.model) :]


def every(framework: str) -> Iterator[Emission]:
    """Yield each serve and check line that the framework's platforms emit over the grid, once."""
    seen: set[str] = set()
    for answer, platform in _answers(framework):
        for candidate in answer.ranking:
            for method, commands in _methods(candidate.launch):
                where = f"{framework}/{platform}/{method}"
                for line in (*commands.serve, *commands.check):
                    if line not in seen:
                        seen.add(line)
                        yield Emission(line, where, (candidate.fit and candidate.fit.model) or "")


def _methods(launch: Launch | None) -> Iterator[tuple[str, Commands | Launch]]:
    if launch:
        yield launch.method, launch
        yield from launch.others.items()


def _answers(framework: str) -> Iterator[tuple[Answer, str]]:
    head = next(item for item in load().frameworks if item.id == framework)
    for platform in head.platforms:
        known = _only(framework, platform.id)
        for machine in _machines(platform):
            for work, model in product(WORK, (MODELS[name] for name in FEW)):
                yield recommend(machine, work, model, knowledge=known), platform.id
        # Names of parsers differ from model to model, and nothing else does.
        widest = max(_machines(platform), key=_room)
        for model in MODELS.values():
            yield recommend(widest, TOOLS, model, knowledge=known), platform.id


def _room(machine: Machine) -> float:
    room = sum(device.memory_gib or 0.0 for device in machine.accelerators)
    return room * (machine.os.family == "linux") * (machine.nodes == 1)


@cache
def _only(framework: str, platform: str) -> Knowledge:
    """The installed knowledge with one platform, so that no other is chosen instead."""
    whole = next(f for f in load().document["frameworks"] if f["id"] == framework)
    kept = [item for item in whole["platforms"] if item["id"] == platform]
    return replace(
        load(), document={**load().document, "frameworks": [{**whole, "platforms": kept}]}
    )


@cache
def _devices() -> tuple[Accelerator, ...]:
    """One of each kind that platforms tell apart, the largest."""
    every_one = [_device(row) for row in document("accelerators")["accelerators"]]
    kinds = {
        (device.vendor, device.compute_capability, device.gfx, series_of(device)): device
        for device in sorted(every_one, key=lambda device: device.memory_gib or 0.0)
    }
    return tuple(kinds.values())


def _device(row: Mapping[str, Any]) -> Accelerator:
    return Accelerator(
        vendor=row["vendor"],
        name=row["name"],
        memory_gib=row.get("memory_gib") or 64.0,
        compute_capability=row.get("compute_capability"),
        gfx=row.get("gfx"),
        unified=row.get("unified_memory"),
    )


def _machines(platform: Platform) -> Iterator[Machine]:
    """Machines with each device of the platform's vendors: one, eight, and eight on two nodes."""
    vendors = platform.device.get("device.vendor")
    named = [vendors] if isinstance(vendors, str) else vendors or []
    groups: list[tuple[tuple[Accelerator, ...], int]] = [
        (tuple(replace(device, index=index) for index in range(count)), nodes)
        for device in _devices()
        if device.vendor in named
        for count, nodes in ((1, 1), (8, 1), (8, 2))
    ]
    for (system, arch), (devices, nodes) in product(HOSTS, groups or [((), 1)]):
        yield Machine(
            os=system,
            arch=arch,
            cpu=Cpu(flags=("avx2", "avx512f", "amx_tile"), x86_level=4, physical_cores=32),
            memory=Memory(total_gib=1024.0),
            accelerators=devices,
            software=CURRENT,
            nodes=nodes,
        )
