"""The commands of every platform: they parse, they are safe, they suit what is installed."""

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import pytest

from recommender.devices.catalogue import series_of
from recommender.facts import (
    Accelerator,
    Candidate,
    Commands,
    Cpu,
    Launch,
    Machine,
    Memory,
    Model,
    Os,
    Platform,
    Software,
    Workload,
)
from recommender.knowledge import document, load
from recommender.models.rows import of_row, rows
from recommender.pipeline import recommend
from tests.launch.emitted_argv import only

MODELS = {row["id"]: of_row(row) for row in rows()}
QWEN_8B = MODELS["Qwen/Qwen3-8B"]
SIXTEEN_BIT_GGUF = Model(
    id="unsloth/Qwen3-8B-GGUF", params=8_190_735_360, quantization="fp16", format="gguf"
)
A_FILE = Model(id="./models/a b.gguf", weights_gib=4.7, quantization="q4_k_m", format="gguf")
PLATFORMS = {(f.id, p.id): p for f in load().frameworks for p in f.platforms}
LINUX = Os(family="linux", distro="ubuntu", version="24.04", libc="glibc", libc_version="2.39")
HOSTS = [
    (LINUX, "x86_64"),
    (LINUX, "aarch64"),
    (LINUX, "riscv64"),
    (LINUX, "s390x"),
    (Os(family="windows", version="11"), "x86_64"),
    (Os(family="macos", version="26.1"), "aarch64"),
]
CURRENT = Software(
    nvidia_driver="590.48",
    rocm="7.2",
    cann="9.1.0",
    level_zero="1.24",
    habana="1.24.1",
    neuron="2.33",
    maca="3.5",
    neuware="4.0",
    musa="4.3",
    python="3.12",
    docker=True,
)
SOFTWARE = [CURRENT, replace(CURRENT, cann="8.5.0", python="3.11")]
EVERYTHING = ("plugin", "source", "experimental", "wsl2")
UNREPLACED = re.compile(r"\{[a-z0-9_.]*\}")
MOVING = re.compile(r"[:-](latest|main|master|nightly|dev|edge)$")
# What servers no longer take, or what must never be emitted unasked.
NEVER = {
    *("--trust-remote-code", "--disable-prefix-caching", "--mlock", "--mmap", "--no-mmap", "-dio"),
    *("--draft-max", "--flash-attn", "--webui", "--no-webui", "--grp-attn-n", "--model-alias"),
}


@dataclass(frozen=True)
class Emitted:
    """The commands of one way to install, and the candidate and machine that they are for."""

    candidate: Candidate
    machine: Machine
    method: str
    commands: Commands | Launch

    @property
    def where(self) -> str:
        return f"{self.candidate.platform}/{self.method} on {self.machine.os.family}"

    @property
    def lines(self) -> tuple[str, ...]:
        return (*self.commands.install, *self.commands.serve, *self.commands.check)


def _device(row: Mapping[str, Any]) -> Accelerator:
    return Accelerator(
        vendor=row["vendor"],
        name=row["name"],
        index=0,
        memory_gib=row.get("memory_gib") or 64.0,
        compute_capability=row.get("compute_capability"),
        gfx=row.get("gfx"),
        unified=row.get("unified_memory"),
    )


@cache
def _devices() -> tuple[Accelerator, ...]:
    """One of each kind that platforms tell apart, the largest."""
    every = [_device(row) for row in document("accelerators")["accelerators"]]
    kinds = {
        (device.vendor, device.compute_capability, device.gfx, series_of(device)): device
        for device in sorted(every, key=lambda device: device.memory_gib or 0.0)
    }
    return tuple(kinds.values())


def _claimed(platform: Platform) -> Iterator[Machine]:
    vendors = platform.device.get("device.vendor")
    named = [vendors] if isinstance(vendors, str) else vendors
    driven = [device for device in _devices() if named and device.vendor in named]
    devices: list[tuple[Accelerator, ...]] = [(device,) for device in driven]
    for system, arch in HOSTS:
        for accelerators in devices or [()]:
            for software in SOFTWARE if vendors == "huawei" else [CURRENT]:
                yield Machine(
                    os=system,
                    arch=arch,
                    cpu=Cpu(flags=("avx2", "avx512f", "amx_tile"), x86_level=4, physical_cores=32),
                    memory=Memory(total_gib=512.0),
                    accelerators=accelerators,
                    software=software,
                )


def _emitted(candidate: Candidate, machine: Machine) -> Iterator[Emitted]:
    start = candidate.launch
    if start:
        yield Emitted(candidate, machine, start.method, start)
        for name, commands in start.others.items():
            yield Emitted(candidate, machine, name, commands)


@cache
def _sweep(framework: str, platform: str) -> tuple[Emitted, ...]:
    """What a platform emits on the machines that it claims, each set of lines once."""
    wish = Workload(allow=EVERYTHING, features=("function-calling",))
    found, tried = {}, PLATFORMS[framework, platform]
    models = (QWEN_8B, SIXTEEN_BIT_GGUF, A_FILE) if "gguf" in tried.formats else (QWEN_8B,)
    for machine in _claimed(tried):
        for model in models:
            answer = recommend(machine, wish, model, knowledge=only(framework, platform))
            for candidate in answer.ranking:
                for emitted in _emitted(candidate, machine):
                    found[emitted.lines] = emitted
    return tuple(found.values())


each_platform = pytest.mark.parametrize(
    ("framework", "platform"), sorted(PLATFORMS), ids=[f"{f}-{p}" for f, p in sorted(PLATFORMS)]
)


def _are_json(words: list[str]) -> bool:
    """Whether braces stand in words that are JSON objects alone."""
    return all(isinstance(json.loads(word), dict) for word in words if "{" in word)


@each_platform
def test_every_method_is_emitted_somewhere(framework: str, platform: str) -> None:
    emitted = {item.method for item in _sweep(framework, platform)}
    assert emitted == set(PLATFORMS[framework, platform].methods)


@each_platform
def test_every_line_is_whole(framework: str, platform: str) -> None:
    for item in _sweep(framework, platform):
        assert item.commands.serve, item.where
        assert item.commands.check, item.where
        for line in item.lines:
            assert line == line.strip(), item.where
            assert "None" not in line, (item.where, line)
            assert not UNREPLACED.search(line), (item.where, line)
            assert "" not in shlex.split(line), (item.where, line)
        for line in item.commands.serve:
            assert _are_json(shlex.split(line)), (item.where, line)


@each_platform
def test_the_server_is_reached_from_this_machine_alone(framework: str, platform: str) -> None:
    port = PLATFORMS[framework, platform].port
    for item in _sweep(framework, platform):
        served = [line for line in item.commands.serve if str(port) in line]
        assert served, item.where
        for line in served:
            words = shlex.split(line)
            published = [
                words[at + 1] for at, word in enumerate(words) if word in {"-p", "--publish"}
            ]
            assert all(word.startswith("127.0.0.1:") for word in published), (item.where, line)
            assert published or "0.0.0.0" not in line, (item.where, line)
            assert published or "127.0.0.1" in line, (item.where, line)


@each_platform
def test_what_must_never_be_emitted(framework: str, platform: str) -> None:
    for item in _sweep(framework, platform):
        for line in item.lines:
            words = {word.split("=", 1)[0] for word in shlex.split(line)}
            assert not NEVER & words, (item.where, line)
            assert "VLLM_ATTENTION_BACKEND" not in line, item.where


@each_platform
def test_images_are_pinned_or_said_to_move(framework: str, platform: str) -> None:
    method = PLATFORMS[framework, platform].methods.get("docker")
    image = method.image if method else None
    name, _, tag = str(image).rpartition(":")
    for item in _sweep(framework, platform) if image else ():
        if item.method != "docker":
            continue
        assert name, item.where
        assert "/" not in tag, item.where
        assert any(f"{name}:" in line for line in item.commands.serve), item.where
        if MOVING.search(f":{tag}"):
            told = " ".join(warning.text for warning in item.candidate.warnings)
            assert re.search(r"mov(es|ing)\b[^.;]*\btags?\b", told), item.where


def nvidia(count: int, **more: Any) -> Machine:
    devices = tuple(
        Accelerator(
            vendor="nvidia",
            name="H100 SXM 80GB",
            index=index,
            memory_gib=80.0,
            compute_capability="9.0",
        )
        for index in range(count)
    )
    return replace(
        Machine(
            os=LINUX,
            arch="x86_64",
            memory=Memory(total_gib=1024.0),
            accelerators=devices,
            software=CURRENT,
        ),
        **more,
    )


def commands_of(
    machine: Machine, framework: str, platform: str, model: Model, wish: Workload
) -> dict[str, Emitted]:
    answer = recommend(machine, wish, model, knowledge=only(framework, platform))
    return {item.method: item for item in _emitted(answer.ranking[0], machine)}


def value_of(words: list[str], flag: str) -> str:
    return words[words.index(flag) + 1]


def test_a_hostile_model_name_stays_one_word() -> None:
    hostile = Model(id="somebody/x'; touch owned #", params=8_000_000_000, quantization="bf16")
    for framework, platform in (("vllm", "cuda"), ("sglang", "cuda"), ("tgi", "cuda")):
        for item in commands_of(nvidia(1), framework, platform, hostile, Workload()).values():
            words = shlex.split(item.commands.serve[0])
            assert hostile.id in words, item.where


def test_windows_lines_are_written_for_powershell() -> None:
    windows = nvidia(1, os=Os(family="windows", version="11"))
    line = commands_of(windows, "ollama", "cuda", QWEN_8B, Workload())["native"].commands.serve[0]
    assert line.startswith("$env:OLLAMA_HOST = '127.0.0.1:11434'; ")
    assert line.endswith("ollama serve")
