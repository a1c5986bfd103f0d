"""What the tests of Kubernetes manifests share: plans of every platform, the real validators."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import jsonschema
import kubernetes_validate
import yaml

from recommender.devices.catalogue import series_of
from recommender.facts import (
    Accelerator,
    Cpu,
    Machine,
    Memory,
    Model,
    Platform,
    Workload,
)
from recommender.facts.plan import Opening, Plan, Process
from recommender.knowledge import Knowledge, document, load
from recommender.launching import NothingRunsError, launching
from recommender.models.rows import of_row, rows
from recommender.targets.registry import TARGETS
from recommender.words import Words
from tests.launch.test_commands import CURRENT, EVERYTHING, LINUX

KUBERNETES = "1.34"
MODELS = {row["id"]: of_row(row) for row in rows()}
SMALL, LARGE = MODELS["Qwen/Qwen3-8B"], MODELS["deepseek-ai/DeepSeek-V3"]
PLATFORMS = {
    (framework.id, platform.id): platform
    for framework in (*load().frameworks, *load().challengers)
    for platform in framework.platforms
    if "docker" in platform.methods
}
_SCHEMA = Path(__file__).parent.parent / "schemas" / "leaderworkerset" / "v1.json"
_CPU = Cpu(flags=("avx2", "avx512f", "amx_tile"), x86_level=4, physical_cores=32)


def machine(*devices: Accelerator, arch: str = "x86_64", nodes: int = 1) -> Machine:
    """A machine with these devices."""
    return Machine(
        os=LINUX,
        arch=arch,
        cpu=_CPU,
        memory=Memory(total_gib=1024.0),
        accelerators=tuple(replace(item, index=index) for index, item in enumerate(devices)),
        software=CURRENT,
        nodes=nodes,
    )


def h100s(count: int = 8, nodes: int = 1, **more: Any) -> Machine:
    """A machine with H100."""
    device = Accelerator(
        vendor="nvidia", name="H100 SXM 80GB", memory_gib=80.0, compute_capability="9.0"
    )
    return machine(*[replace(device, **more)] * count, nodes=nodes)


def plan_for(
    framework: str,
    where: Machine,
    model: Model = SMALL,
    wish: Workload | None = None,
    **opening: Any,
) -> Plan:
    """The plan that a manifest is written from."""
    opened = Opening(methods=("docker",), exposed=True, guarded=True, **opening)
    words = Words(table=load().words, lang="en")
    return launching(framework, where, wish or Workload(allow=EVERYTHING), model, opened, words)


@cache
def _devices() -> tuple[Accelerator, ...]:
    """One of each kind that platforms tell apart, the largest."""
    every = [
        Accelerator(
            vendor=row["vendor"],
            name=row["name"],
            memory_gib=row.get("memory_gib") or 64.0,
            compute_capability=row.get("compute_capability"),
            gfx=row.get("gfx"),
            unified=row.get("unified_memory"),
        )
        for row in document("accelerators")["accelerators"]
    ]
    kinds = {
        (device.vendor, device.compute_capability, device.gfx, series_of(device)): device
        for device in sorted(every, key=lambda device: device.memory_gib or 0.0)
    }
    return tuple(kinds.values())


def _claimed(platform: Platform) -> Iterator[Machine]:
    vendors = platform.device.get("device.vendor")
    named = [vendors] if isinstance(vendors, str) else vendors or ()
    driven: list[tuple[Accelerator, ...]] = [
        (item,) for item in _devices() if item.vendor in named and item.vendor != "apple"
    ]
    for arch in ("x86_64", "aarch64"):
        for devices in driven or [()]:
            yield machine(*devices, arch=arch)


@cache
def _only(framework: str, platform: str) -> Knowledge:
    """The installed knowledge with one platform of that framework."""
    known = load()
    if framework not in {head.id for head in known.heads}:
        return known
    whole = next(item for item in known.document["frameworks"] if item["id"] == framework)
    kept = [item for item in whole["platforms"] if item["id"] == platform]
    return replace(known, document={**known.document, "frameworks": [{**whole, "platforms": kept}]})


@cache
def plans(framework: str, platform: str) -> tuple[Plan, ...]:
    """The plans of a platform on machines that it claims, each set of processes once."""
    found = {}
    for where in _claimed(PLATFORMS[framework, platform]):
        try:
            with mock.patch("recommender.pipeline.load", return_value=_only(framework, platform)):
                plan = plan_for(framework, where)
        except (NothingRunsError, LookupError):
            continue
        if plan.platform == platform:
            found[str(plan.processes), plan.hardware.series] = plan
    return tuple(found.values())


def written(target: str, plan: Plan) -> list[dict[str, Any]]:
    """The documents of a manifest, every one accepted by its validator."""
    documents = list(yaml.safe_load_all(TARGETS[target].write(plan)))
    for item in documents:
        check(item)
    return documents


def check(item: dict[str, Any]) -> None:
    """Raise unless the API server would know every field."""
    if item["kind"] == "LeaderWorkerSet":
        jsonschema.Draft202012Validator(_strict()).validate(item)
        for template in templates(item):
            _accepted({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, **template})
    else:
        _accepted(item)


def _accepted(item: dict[str, Any]) -> None:
    kubernetes_validate.validate(item, KUBERNETES, strict=True)


def templates(group: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The pod templates of a LeaderWorkerSet."""
    inner = group["spec"]["leaderWorkerTemplate"]
    for name in ("leaderTemplate", "workerTemplate"):
        if name in inner:
            yield inner[name]


@cache
def _strict() -> dict[str, Any]:
    schema: dict[str, Any] = _closed(json.loads(_SCHEMA.read_text(encoding="utf-8")))
    return schema


def _closed(schema: Any) -> Any:
    """The schema with unknown fields forbidden wherever fields are listed."""
    if isinstance(schema, list):
        return [_closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: _closed(value) for key, value in schema.items()}
    open_object = {"additionalProperties", "x-kubernetes-preserve-unknown-fields"} & set(schema)
    if schema.get("type") == "object" and "properties" in schema and not open_object:
        found["additionalProperties"] = False
    return found


def expanded(text: str, variables: Mapping[str, str]) -> str:
    """Kubernetes' own expansion: $$ is a dollar, $(NAME) its value, all else stays.

    As in k8s.io/kubernetes/third_party/forked/golang/expansion: an unknown name stays as it is.
    """
    pattern = re.compile(r"\$(?:(\$)|\(([^)]*)\))")

    def value(found: re.Match[str]) -> str:
        return "$" if found[1] else variables.get(found[2], found[0])

    return pattern.sub(value, text)


def argv(process: Process) -> list[str]:
    """The words of a process with the marks of variables taken away."""
    return [word.replace("\0", "") for word in process.argv]
