"""NVIDIA through nvidia-smi, where the library cannot be used: made-up tools on the path."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.probe.conftest import Root

Probed = Callable[..., dict[str, Any]]
Program = Callable[[str, str], Path]

BANNER = "| NVIDIA-SMI 610.57  KMD Version: 610.57.04  CUDA UMD Version: 13.3 |"
FIELDS = (
    "index, name, pci.bus_id, memory.total [MiB], memory.used [MiB], memory.reserved [MiB], "
    "compute_cap, driver_version, mig.mode.current, ecc.mode.current, uuid"
)
ROWS = """0, NVIDIA L40S, 00000000:1A:00.0, 46068 MiB, 1024 MiB, 580 MiB, 8.9, 610.57.04, [N/A], \
Enabled, GPU-1111
1, NVIDIA L40S, 00000000:1B:00.0, 46068 MiB, 0 MiB, 580 MiB, 8.9, 610.57.04, [N/A], \
Disabled, GPU-2222"""
MATRIX = "\\tGPU0\\tGPU1\\tCPU Affinity\\nGPU0\\t X \\tSYS\\t0-7\\nGPU1\\tSYS\\t X \\t8-15\\n"
TWO = f"""case "$1" in
--query*) echo '{FIELDS}'; echo '{ROWS}';;
topo) printf '{MATRIX}';;
*) echo '{BANNER}';;
esac"""


def rules(machine: dict[str, Any]) -> list[str]:
    return [problem["rule"] for problem in machine["problems"]]


def test_devices_versions_and_links(root: Root, probed: Probed, program: Program) -> None:
    root.h100(2)
    machine = probed(path=program("nvidia-smi", TWO))
    devices = machine["accelerators"]
    assert [device["bus_id"] for device in devices] == ["0000:1a:00.0", "0000:1b:00.0"]
    assert {device["name"] for device in devices} == {"NVIDIA L40S"}
    assert {(d["memory_gib"], d["usable_gib"]) for d in devices} == {(44.988, 44.422)}
    assert [device["used_gib"] for device in devices] == [1.0, 0.0]
    assert [device["details"]["ecc"] for device in devices] == ["Enabled", "Disabled"]
    assert {device["compute_capability"] for device in devices} == {"8.9"}
    assert machine["software"]["nvidia_driver"] == "610.57.04"
    assert machine["software"]["cuda"] == "13.3"
    assert machine["links"] == [{"kind": "pcie", "devices": [0, 1]}]
    assert machine["problems"] == []


def test_identifiers_choose_and_stay_inside(root: Root, probed: Probed, program: Program) -> None:
    root.h100(2)
    machine = probed(path=program("nvidia-smi", TWO), CUDA_VISIBLE_DEVICES="GPU-2222")
    assert [device["visible"] for device in machine["accelerators"]] == [False, True]
    assert "GPU-1111" not in str(machine)


def test_old_driver_that_refuses_fields_is_asked_for_fewer(
    root: Root, probed: Probed, program: Program
) -> None:
    script = """
    case "$1" in
      *memory.reserved*) echo 'Field "memory.reserved" is not a valid field to query.'; exit 2;;
      *compute_cap*) echo 'Field "compute_cap" is not a valid field to query.'; exit 2;;
      *mig.mode*) echo 'Field "mig.mode.current" is not a valid field to query.'; exit 2;;
      --query*) echo 'index, name, pci.bus_id, memory.total [MiB], driver_version'
                echo '0, Tesla T4, 00000000:1A:00.0, 15360 MiB, 440.33.01';;
      *) echo '| NVIDIA-SMI 440.33.01    Driver Version: 440.33.01    CUDA Version: 10.2     |';;
    esac"""
    root.h100(1)
    machine = probed(path=program("nvidia-smi", script))
    (device,) = machine["accelerators"]
    assert (device["name"], device["memory_gib"]) == ("Tesla T4", 15.0)
    assert device["compute_capability"] is None
    assert machine["software"]["cuda"] == "10.2"


def test_a_driver_that_refuses_every_field_gives_what_the_bus_tells(
    root: Root, probed: Probed, program: Program
) -> None:
    script = """f=${1#--query-gpu=}; echo "Field \\"${f%%,*}\\" is not a valid field to query." """
    root.h100(1)
    machine = probed(path=program("nvidia-smi", script))
    assert [device["pci_id"] for device in machine["accelerators"]] == ["10de:2330"]
    assert rules(machine) == ["probe.nvidia.library"]


def test_a_lost_gpu_is_named_before_the_others(
    root: Root, probed: Probed, program: Program
) -> None:
    script = f"""
    echo 'Unable to determine the device handle for GPU1: 0000:1B:00.0: Unknown Error'
    echo '{FIELDS}'; echo '{ROWS.splitlines()[0]}'"""
    root.h100(2).file(
        "proc/driver/nvidia/gpus/0000:1b:00.0/information", "Model: \t\t NVIDIA L40S\n"
    )
    machine = probed(path=program("nvidia-smi", script))
    devices = machine["accelerators"]
    assert [device["usable_gib"] for device in devices] == [44.422, 0.0]
    assert [device["name"] for device in devices] == ["NVIDIA L40S"] * 2
    assert rules(machine) == ["probe.nvidia.lost"]
    assert "0000:1b:00.0" in machine["problems"][0]["what"]


def test_unified_memory(root: Root, probed: Probed, program: Program) -> None:
    rows = "name, memory.total [MiB], compute_cap\nNVIDIA GB10, [N/A], 12.1"
    root.h100(1).file("proc/meminfo", "MemTotal: 125829120 kB\n")
    (device,) = probed(path=program("nvidia-smi", f"echo '{rows}'"))["accelerators"]
    assert (device["unified"], device["memory_gib"]) == (True, 120.0)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("Failed to initialize NVML: Driver/library version mismatch", "probe.nvidia.mismatch"),
        (
            "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.",
            "probe.nvidia.not-loaded",
        ),
        ("Failed to initialize NVML: Insufficient Permissions", "probe.nvidia.permission"),
        ("No devices were found", "probe.nvidia.no-devices"),
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


def test_a_tool_that_hangs_is_given_up(root: Root, probed: Probed, program: Program) -> None:
    root.h100(1)
    machine = probed(path=program("nvidia-smi", "exec sleep 60"))
    assert [device["pci_id"] for device in machine["accelerators"]] == ["10de:2330"]
    assert rules(machine) == ["probe.nvidia.timeout"]


def test_a_broken_binding_leaves_the_word_to_the_tool(
    root: Root, probed: Probed, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = "echo 'Failed to initialize NVML: Unknown Error'"
    root.h100(1).file(".dockerenv").file("dev/nvidia0")
    monkeypatch.setitem(__import__("sys").modules, "pynvml", None)
    machine = probed(path=program("nvidia-smi", script))
    assert rules(machine) == ["probe.nvidia.container-devices"]


def test_wsl_keeps_the_tool_off_the_path(root: Root, probed: Probed, program: Program) -> None:
    folder = program("nvidia-smi", TWO)
    root.file("dev/dxg").file("usr/lib/wsl/lib/none")
    (root.path / "usr/lib/wsl/lib/nvidia-smi").symlink_to(folder / "nvidia-smi")
    assert len(probed()["accelerators"]) == 2
