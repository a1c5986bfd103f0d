"""Replays recordings that lie beside the repository (../shared/hardware); skipped without them."""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from recommender.facts import Accelerator, Machine, Memory
from recommender.probe import probe
from recommender.probe.nvidia import problems, smi
from recommender.probe.nvidia.devices import Host

HARDWARE = Path(__file__).parents[3] / "shared" / "hardware"
INDEX = HARDWARE / "index.json"
# "==> /path <==" starts a file, "==> /path -> target <==" is a symbolic link.
_HEADER = re.compile(r"^==> (\S+)(?: -> (\S+))? <==$", re.MULTILINE)
_WORDS = {"Apple": "apple", "Phytium": "phytium"}

if not INDEX.exists():
    pytest.skip("the recordings (../shared/hardware) are not here", allow_module_level=True)


def recordings(folder: str, prefixes: tuple[str, ...]) -> list[Any]:
    index = json.loads(INDEX.read_text(encoding="utf-8"))
    rows = index if isinstance(index, list) else index["files"]
    return [
        pytest.param(row["file"], row["truth"], id=row["file"])
        for row in rows
        if row["file"].startswith(tuple(f"{folder}/{prefix}" for prefix in prefixes))
    ]


def unpacked(name: str, root: Path) -> Path:
    text = (HARDWARE / name).read_text(encoding="utf-8")
    pieces = _HEADER.split(text)
    if len(pieces) == 1:
        pieces = ["", "/proc/cpuinfo", None, text]
    for path, target, content in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True):
        place = root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        if target:
            place.symlink_to(target)
        else:
            place.write_text(content.strip("\n") + "\n", encoding="utf-8")
    return root


def _has(flag: str) -> Callable[[Machine], bool]:
    return lambda machine: flag in machine.cpu.flags


FACTS: Mapping[str, Callable[[Machine], object]] = {
    "logical": lambda machine: machine.cpu.logical_cores,
    "physical": lambda machine: machine.cpu.physical_cores,
    "sockets": lambda machine: machine.cpu.sockets,
    "numa_nodes": lambda machine: machine.cpu.numa_nodes,
    "x86_level": lambda machine: f"v{machine.cpu.x86_level}",
    "model": lambda machine: machine.cpu.model,
    "core": lambda machine: machine.cpu.model,
    "cpu": lambda machine: machine.cpu.model,
    "avx": _has("avx"),
    "avx2": _has("avx2"),
    "avx512": _has("avx512f"),
    "avx512_vnni": _has("avx512_vnni"),
    "avx512_bf16": _has("avx512_bf16"),
    "sve": _has("sve"),
    "i8mm": _has("i8mm"),
    "bf16": _has("bf16"),
    "dotprod": _has("asimddp"),
    "cpu_quota": lambda machine: machine.cpu.quota_cores,
    "memory_limit": lambda machine: machine.memory.limit_gib,
    "memory_limit_mib": lambda machine: (machine.memory.limit_gib or 0) * 1024,
}


# Where the index says other than the recorded text itself.
DOUBTED = {
    "cpu/cpuinfo_scaleway.txt": {"arch"},  # "CPU architecture: 8" and asimd: a 64-bit kernel
    "cpu/cpuinfo_zenfone-2.txt": {"arch"},  # its flags have lm and rep_good: a 64-bit kernel
    "cpu/sysfs_arm-big-little-x3.txt": {"sve"},  # no processor lists sve among its Features
}


def squeezed(value: object) -> object:
    return " ".join(value.split()) if isinstance(value, str) else value


@pytest.mark.parametrize(
    ("name", "truth"), recordings("cpu", ("cpuinfo", "sysfs")) + recordings("cgroup", ("",))
)
def test_processors_and_limits(name: str, truth: dict[str, Any], tmp_path: Path) -> None:
    machine = probe(unpacked(name, tmp_path), env={})
    keys = FACTS.keys() & truth.keys() - DOUBTED.get(name, set())
    assert {key: FACTS[key](machine) for key in keys} == {key: squeezed(truth[key]) for key in keys}
    if machine.arch is not None and "arch" in truth and "arch" not in DOUBTED.get(name, ()):
        assert truth["arch"].startswith(machine.arch)
    if truth.get("vendor") in _WORDS:
        assert machine.cpu.vendor == _WORDS[truth["vendor"]]
    assert machine.problems == ()


def seen(device: Accelerator) -> str:
    return device.pci_id or ""


@pytest.mark.parametrize(("name", "truth"), recordings("pci", ("sysfs",)))
def test_devices_on_the_bus(name: str, truth: dict[str, Any], tmp_path: Path) -> None:
    machine = probe(unpacked(name, tmp_path), env={})
    expected = [f"{gpu['vendor_id'][2:]}:{gpu['device_id'][2:]}" for gpu in truth["gpus_on_pci"]]
    assert [seen(device) for device in machine.accelerators] == expected
    assert machine.cpu.model == squeezed(truth["cpu"])
    assert all(device.memory_gib is None for device in machine.accelerators)


@pytest.mark.parametrize(("name", "truth"), recordings("nvidia", ("query-gpu",)))
def test_csv_of_nvidia_smi(name: str, truth: dict[str, Any]) -> None:
    header, *rows = (HARDWARE / name).read_text(encoding="utf-8").splitlines()
    fields = [field.split(" [")[0].strip() for field in header.split(",")]
    found = smi.parse("\n".join(rows), fields, Host())
    assert [device.name for device in found.accelerators] == truth["names"]
    assert [(d.memory_gib or 0) * 1024 for d in found.accelerators] == pytest.approx(
        truth["memory_mib"], abs=1
    )


@pytest.mark.parametrize(("name", "truth"), recordings("nvidia", ("smi_",)))
def test_banner_of_nvidia_smi(name: str, truth: dict[str, Any]) -> None:
    text = (HARDWARE / name).read_text(encoding="utf-8")
    assert smi.cuda_version(text) == truth["cuda_driver"]


@pytest.mark.parametrize(("name", "truth"), recordings("nvidia", ("failure",)))
def test_failures_of_nvidia_smi(name: str, truth: dict[str, Any]) -> None:
    text = (HARDWARE / name).read_text(encoding="utf-8")
    answer = smi.understood(text, smi.FIELDS, "", Host(memory=Memory()))
    if truth["error"] == "driver_library_mismatch":
        assert answer == problems.MISMATCH == truth["nvml_rc"]
    else:
        assert not isinstance(answer, int)
        assert [problem.rule for problem in answer.problems] == ["probe.nvidia.lost"]
        assert truth["bdf"] in answer.problems[0].what
