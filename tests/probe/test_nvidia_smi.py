"""NVIDIA through nvidia-smi, where the library cannot be used: made-up tools on the path."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.probe.conftest import Root

Probed = Callable[..., dict[str, Any]]
Program = Callable[[str, str], Path]

BANNER = 'echo "| NVIDIA-SMI 610.57  KMD Version: 610.57.04  CUDA UMD Version: 13.3 |"; exit'
TWO = """
case "$1" in --query*) ;; *) {banner} ;; esac
echo '0, NVIDIA L40S, 00000000:1A:00.0, 46068, 580, 8.9, 610.57.04, [N/A]'
echo '1, NVIDIA L40S, 00000000:1B:00.0, 46068, 580, 8.9, 610.57.04, [N/A]'
""".replace("{banner}", BANNER)


def rules(machine: dict[str, Any]) -> list[str]:
    return [problem["rule"] for problem in machine["problems"]]


def test_devices_and_versions(root: Root, probed: Probed, program: Program) -> None:
    root.h100(2)
    machine = probed(path=program("nvidia-smi", TWO))
    devices = machine["accelerators"]
    assert [device["bus_id"] for device in devices] == ["0000:1a:00.0", "0000:1b:00.0"]
    assert {device["name"] for device in devices} == {"NVIDIA L40S"}
    assert {(d["memory_gib"], d["usable_gib"]) for d in devices} == {(44.988, 44.422)}
    assert {device["compute_capability"] for device in devices} == {"8.9"}
    assert machine["software"]["nvidia_driver"] == "610.57.04"
    assert machine["software"]["cuda"] == "13.3"
    assert machine["problems"] == []


def test_old_driver_that_refuses_fields_is_asked_for_fewer(
    root: Root, probed: Probed, program: Program
) -> None:
    script = """
    case "$1" in
      *memory.reserved*) echo 'Field "memory.reserved" is not a valid field to query.'; exit 2;;
      *compute_cap*) echo 'Field "compute_cap" is not a valid field to query.'; exit 2;;
      --query*) echo '0, Tesla T4, 00000000:1A:00.0, 15360, 440.33.01, [N/A]';;
      *) echo 'Driver Version: 440.33.01    CUDA Version: 10.2';;
    esac"""
    root.h100(1)
    machine = probed(path=program("nvidia-smi", script))
    (device,) = machine["accelerators"]
    assert (device["name"], device["memory_gib"]) == ("Tesla T4", 15.0)
    assert device["compute_capability"] is None
    assert machine["software"]["cuda"] == "10.2"


def test_a_lost_gpu_is_named_before_the_others(
    root: Root, probed: Probed, program: Program
) -> None:
    script = """
    echo 'Unable to determine the device handle for GPU1: 0000:1B:00.0: Unknown Error'
    echo '0, NVIDIA L40S, 00000000:1A:00.0, 46068, 580, 8.9, 580.95.05, [N/A]'"""
    root.h100(2)
    machine = probed(path=program("nvidia-smi", script))
    assert [device["usable_gib"] for device in machine["accelerators"]] == [44.422, 0.0]
    assert rules(machine) == ["probe.nvidia.lost"]
    assert "0000:1b:00.0" in machine["problems"][0]["what"]


def test_unified_memory(root: Root, probed: Probed, program: Program) -> None:
    row = "0, NVIDIA GB10, 00000000:1A:00.0, [N/A], [N/A], 12.1, 580.159.03, [N/A]"
    root.h100(1).file("proc/meminfo", "MemTotal: 125829120 kB\n")
    (device,) = probed(path=program("nvidia-smi", f"echo '{row}'"))["accelerators"]
    assert (device["unified"], device["memory_gib"]) == (True, 120.0)


def test_mig_instances_stay_unknown(root: Root, probed: Probed, program: Program) -> None:
    row = "0, NVIDIA A100, 00000000:1A:00.0, 81920, 600, 8.0, 580.95.05, Enabled"
    root.h100(1)
    machine = probed(path=program("nvidia-smi", f"echo '{row}'"))
    (device,) = machine["accelerators"]
    assert (device["partition"], device["usable_gib"]) == ("mig", None)
    assert rules(machine) == ["probe.nvidia.mig-unread"]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("Failed to initialize NVML: Driver/library version mismatch", "probe.nvidia.mismatch"),
        (
            "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.",
            "probe.nvidia.not-loaded",
        ),
        ("Failed to initialize NVML: Insufficient Permissions", "probe.nvidia.permission"),
        ("No devices were found", "probe.nvidia.library"),
        ("garbage, with commas, and\\0 zero", "probe.nvidia.library"),
    ],
)
def test_what_the_tool_complains_of(
    root: Root, probed: Probed, program: Program, text: str, rule: str
) -> None:
    root.h100(1)
    machine = probed(path=program("nvidia-smi", f'printf "%b" "{text}"'))
    assert rules(machine) == [rule]
    assert [device["memory_gib"] for device in machine["accelerators"]] == [None]


@pytest.mark.parametrize("script", ["kill -SEGV $$", "exec yes 'x, y, z'", "exit 3"])
def test_a_broken_tool_leaves_what_the_bus_tells(
    root: Root, probed: Probed, program: Program, script: str
) -> None:
    root.h100(1)
    machine = probed(path=program("nvidia-smi", script))
    assert [device["pci_id"] for device in machine["accelerators"]] == ["10de:2330"]
    assert rules(machine) == ["probe.nvidia.library"]


def test_wsl_keeps_the_tool_off_the_path(root: Root, probed: Probed, program: Program) -> None:
    folder = program("nvidia-smi", TWO)
    root.file("dev/dxg").file("usr/lib/wsl/lib/none")
    (root.path / "usr/lib/wsl/lib/nvidia-smi").symlink_to(folder / "nvidia-smi")
    assert len(probed()["accelerators"]) == 2
