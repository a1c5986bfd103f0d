"""MIG: each instance is a device of its own, through NVML and through nvidia-smi."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.probe.conftest import Root

Probed = Callable[..., dict[str, Any]]
Program = Callable[[str, str], Path]

QUERY = """index, name, pci.bus_id, memory.total [MiB], memory.reserved [MiB], mig.mode.current
0, NVIDIA H200, 00000000:1A:00.0, 143771 MiB, 600 MiB, Enabled
1, NVIDIA H200, 00000000:1B:00.0, 143771 MiB, 600 MiB, Disabled"""
LISTING = """GPU 0: NVIDIA H200 (UUID: GPU-11)
  MIG 4g.71gb     Device  0: (UUID: MIG-aa)
  MIG 1g.18gb     Device  1: (UUID: MIG-bb)
GPU 1: NVIDIA H200 (UUID: GPU-22)"""
MATRIX = "\\tGPU0\\tGPU1\\tCPU Affinity\\nGPU0\\t X \\tNV18\\t0-7\\nGPU1\\tNV18\\t X \\t8-15\\n"


def mig_device(index: int, gi: int, total: int, used: int) -> str:
    return f"""<mig_device><index>{index}</index><gpu_instance_id>{gi}</gpu_instance_id>
    <compute_instance_id>0</compute_instance_id>
    <fb_memory_usage><total>{total} MiB</total><reserved>0 MiB</reserved><used>{used} MiB</used>
    </fb_memory_usage></mig_device>"""


def document(*devices: str) -> str:
    return f"""<?xml version="1.0" ?>
<!DOCTYPE nvidia_smi_log SYSTEM "nvsmi_device_v12.dtd">
<nvidia_smi_log><driver_version>590.48.01</driver_version><attached_gpus>2</attached_gpus>
<gpu id="00000000:1A:00.0"><product_name>NVIDIA H200</product_name>
<mig_mode><current_mig>Enabled</current_mig></mig_mode>
<mig_devices>{"".join(devices) or "None"}</mig_devices>
<fb_memory_usage><total>143771 MiB</total><used>60 MiB</used></fb_memory_usage></gpu>
<gpu id="00000000:1B:00.0"><product_name>NVIDIA H200</product_name>
<mig_mode><current_mig>Disabled</current_mig></mig_mode><mig_devices>None</mig_devices>
<fb_memory_usage><total>143771 MiB</total><used>0 MiB</used></fb_memory_usage></gpu>
</nvidia_smi_log>"""


def tool(xml: str, listing: str = LISTING) -> str:
    """A script that answers as nvidia-smi does to each of the questions."""
    return f"""case "$*" in
    --query*) echo '{QUERY}';;
    '-q -x') echo '{xml}';;
    -L) echo '{listing}';;
    'topo -m') printf '{MATRIX}';;
    *) echo '| NVIDIA-SMI 590.48.01  Driver Version: 590.48.01  CUDA Version: 13.1 |';;
    esac"""


def rules(machine: dict[str, Any]) -> list[str]:
    return [problem["rule"] for problem in machine["problems"]]


def test_instances_are_devices_of_their_own(root: Root, probed: Probed, nvml: Path) -> None:
    root.h100(2)
    machine = probed(library=nvml, FAKE_COUNT=2, FAKE_MIG=3, FAKE_LINKS="switch")
    devices = machine["accelerators"]
    assert [device["partition"] for device in devices] == ["1g.10gb"] * 6
    assert {(device["memory_gib"], device["usable_gib"]) for device in devices} == {(9.5, 9.5)}
    assert {device["name"] for device in devices} == {"NVIDIA H100 80GB HBM3"}
    assert [device["index"] for device in devices] == list(range(6))
    assert [device["card"] for device in devices] == [0, 0, 0, 1, 1, 1]
    details = {"gi": 8, "ci": 0, "mig": "Enabled", "card_gib": 79.647}
    assert details.items() <= devices[4]["details"].items()
    assert machine["links"] == []


def test_a_gpu_that_is_not_divided_stands_beside_instances(
    root: Root, probed: Probed, nvml: Path
) -> None:
    root.h100(3)
    machine = probed(library=nvml, FAKE_COUNT=3, FAKE_MIG=2, FAKE_MIG_ON=0, FAKE_LINKS="switch")
    devices = machine["accelerators"]
    assert [device["partition"] for device in devices] == ["1g.10gb", "1g.10gb", None, None]
    assert [device["memory_gib"] for device in devices] == [9.5, 9.5, 79.647, 79.647]
    assert machine["links"] == [{"kind": "nvlink", "devices": [2, 3]}]


def test_mig_without_an_instance_is_of_no_use(root: Root, probed: Probed, nvml: Path) -> None:
    root.h100(1)
    machine = probed(library=nvml, FAKE_MIG=0)
    (device,) = machine["accelerators"]
    assert (device["memory_gib"], device["usable_gib"]) == (79.647, 0.0)
    assert rules(machine) == ["probe.nvidia.mig-empty"]


def test_through_the_tool(root: Root, probed: Probed, program: Program) -> None:
    root.h100(2)
    xml = document(mig_device(0, 1, 72704, 30), mig_device(1, 9, 16384, 9))
    machine = probed(path=program("nvidia-smi", tool(xml)))
    devices = machine["accelerators"]
    assert [device["partition"] for device in devices] == ["4g.71gb", "1g.18gb", None]
    assert [device["memory_gib"] for device in devices] == [71.0, 16.0, 140.401]
    assert [device["card"] for device in devices] == [0, 0, None]
    assert [device["details"].get("gi") for device in devices] == [1, 9, None]
    assert machine["software"]["cuda"] == "13.1"
    assert (machine["links"], machine["problems"]) == ([], [])


def test_through_the_tool_without_an_instance(root: Root, probed: Probed, program: Program) -> None:
    root.h100(2)
    listing = "\n".join(line for line in LISTING.splitlines() if "MIG" not in line)
    machine = probed(path=program("nvidia-smi", tool(document(), listing)))
    assert [device["usable_gib"] for device in machine["accelerators"]] == [0.0, 139.815]
    assert rules(machine) == ["probe.nvidia.mig-empty"]


def test_instances_that_nobody_tells_stay_unknown(
    root: Root, probed: Probed, program: Program
) -> None:
    root.h100(2)
    machine = probed(path=program("nvidia-smi", tool("broken", "broken")))
    first = machine["accelerators"][0]
    assert (first["partition"], first["memory_gib"], first["usable_gib"]) == ("mig", 140.401, None)
    assert rules(machine) == ["probe.nvidia.mig-unread"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("MIG-0001-f", [False, True, False, False]),
        ("MIG-GPU-800-f/7/0", [True, False, False, False]),
        ("GPU-801-f", [False, False, True, False]),
        ("1", [False, False, True, False]),
    ],
)
def test_a_variable_may_choose_an_instance(
    root: Root, probed: Probed, nvml: Path, value: str, shown: list[bool]
) -> None:
    root.h100(2)
    machine = probed(library=nvml, FAKE_COUNT=2, FAKE_MIG=2, CUDA_VISIBLE_DEVICES=value)
    devices = machine["accelerators"]
    assert [device["visible"] for device in devices] == shown
