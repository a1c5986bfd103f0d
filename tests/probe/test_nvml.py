"""NVIDIA through the real binding, on a stand-in for the library."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.probe.conftest import Root

Probed = Callable[..., dict[str, Any]]


def rules(machine: dict[str, Any]) -> list[str]:
    return [problem["rule"] for problem in machine["problems"]]


def test_eight_gpus_behind_switches(root: Root, probed: Probed, nvml: Path) -> None:
    root.h100(8)
    machine = probed(library=nvml, FAKE_COUNT=8, FAKE_RESERVED=551, FAKE_LINKS="switch")
    devices = machine["accelerators"]
    assert [device["index"] for device in devices] == list(range(8))
    assert [device["bus_id"] for device in devices][:2] == ["0000:1a:00.0", "0000:1b:00.0"]
    assert [device["numa_node"] for device in devices] == [0, 0, 0, 0, 1, 1, 1, 1]
    assert devices[7] | {"bus_id": None} == {
        "vendor": "nvidia",
        "name": "NVIDIA H100 80GB HBM3",
        "index": 7,
        "memory_gib": 79.647,
        "usable_gib": 79.109,
        "compute_capability": "9.0",
        "gfx": None,
        "chip": None,
        "unified": False,
        "integrated": False,
        "partition": None,
        "driver_bound": True,
        "driver": "nvidia",
        "pci_id": "10de:2330",
        "bus_id": None,
        "numa_node": 1,
    }
    assert machine["links"] == [{"kind": "nvlink", "devices": list(range(8))}]
    assert machine["software"]["nvidia_driver"] == "580.95.05"
    assert machine["software"]["cuda"] == "13.2"
    assert "nvidia_driver" not in machine["software"]["absent"]
    assert machine["problems"] == []


def test_bridged_pairs(root: Root, probed: Probed, nvml: Path) -> None:
    root.h100(4)
    links = probed(library=nvml, FAKE_COUNT=4, FAKE_LINKS="pairs")["links"]
    assert links == [
        {"kind": "nvlink", "devices": [0, 1]},
        {"kind": "nvlink", "devices": [2, 3]},
        {"kind": "pcie", "devices": [0, 1, 2, 3]},
    ]


@pytest.mark.parametrize(("count", "links"), [(1, []), (2, [{"kind": "pcie", "devices": [0, 1]}])])
def test_no_nvlink(root: Root, probed: Probed, nvml: Path, count: int, links: list[object]) -> None:
    root.h100(count)
    assert probed(library=nvml, FAKE_COUNT=count, FAKE_LINKS="none")["links"] == links


def test_a_peer_that_is_not_visible_links_nothing(root: Root, probed: Probed, nvml: Path) -> None:
    root.h100(3)
    links = probed(library=nvml, FAKE_COUNT=3, FAKE_LINKS="pairs")["links"]
    assert links == [
        {"kind": "nvlink", "devices": [0, 1]},
        {"kind": "pcie", "devices": [0, 1, 2]},
    ]


def test_mig_instances_are_devices_of_their_own(root: Root, probed: Probed, nvml: Path) -> None:
    root.h100(2)
    machine = probed(library=nvml, FAKE_COUNT=2, FAKE_MIG=3, FAKE_LINKS="switch")
    devices = machine["accelerators"]
    assert [device["partition"] for device in devices] == ["1g.10gb"] * 6
    assert {device["memory_gib"] for device in devices} == {9.5}
    assert {device["name"] for device in devices} == {"NVIDIA H100 80GB HBM3"}
    assert [device["index"] for device in devices] == list(range(6))
    assert machine["links"] == []


def test_mig_without_an_instance_is_of_no_use(root: Root, probed: Probed, nvml: Path) -> None:
    root.h100(1)
    machine = probed(library=nvml, FAKE_MIG=0)
    (device,) = machine["accelerators"]
    assert (device["memory_gib"], device["usable_gib"]) == (79.647, 0.0)
    assert rules(machine) == ["probe.nvidia.mig-empty"]


@pytest.mark.parametrize("name", ["NVIDIA GB10", "NVIDIA Thor", "Orin (nvgpu)"])
def test_a_known_device_without_memory_shares_the_main_memory(
    root: Root, probed: Probed, nvml: Path, name: str
) -> None:
    root.h100(1).file("proc/meminfo", "MemTotal: 125829120 kB\nMemAvailable: 1048576 kB\n")
    root.file("proc/self/cgroup", "0::/a\n").file("sys/fs/cgroup/a/memory.max", f"{64 << 30}\n")
    machine = probed(library=nvml, FAKE_NAME=name, FAKE_MEMORY_RC=3)
    (device,) = machine["accelerators"]
    assert (device["unified"], device["memory_gib"], device["usable_gib"]) == (True, 120.0, 64.0)
    assert machine["problems"] == []


def test_an_unknown_device_without_memory_stays_unknown(
    root: Root, probed: Probed, nvml: Path
) -> None:
    root.h100(1).file("proc/meminfo", "MemTotal: 125829120 kB\n")
    machine = probed(library=nvml, FAKE_NAME="NVIDIA A100-SXM4-80GB", FAKE_MEMORY_RC=3)
    (device,) = machine["accelerators"]
    assert (device["unified"], device["memory_gib"], device["usable_gib"]) == (None, None, None)
    assert rules(machine) == ["probe.nvidia.memory"]


def test_gh200_has_memory_of_its_own(root: Root, probed: Probed, nvml: Path) -> None:
    root.h100(1)
    machine = probed(library=nvml, FAKE_NAME="NVIDIA GH200 480GB", FAKE_MIB=97871)
    (device,) = machine["accelerators"]
    assert (device["unified"], device["memory_gib"]) == (False, 95.577)


@pytest.mark.parametrize("how", ["FAKE_LOST", "FAKE_LOST_LATE"])
def test_a_lost_gpu_hides_no_other(root: Root, probed: Probed, nvml: Path, how: str) -> None:
    root.h100(4).file(
        "proc/driver/nvidia/gpus/0000:1c:00.0/information", "Model: \t\t NVIDIA H100 NVL\nIRQ: 9\n"
    )
    machine = probed(library=nvml, FAKE_COUNT=4, **{how: 2})
    usable = {device["bus_id"][5:7]: device["usable_gib"] for device in machine["accelerators"]}
    assert usable == {"1a": 79.647, "1b": 79.647, "1d": 79.647, "1c": 0.0}
    assert machine["accelerators"][3]["name"] == "NVIDIA H100 NVL"
    assert rules(machine) == ["probe.nvidia.lost"]


def test_a_gpu_that_the_driver_does_not_count_is_of_no_use(
    root: Root, probed: Probed, nvml: Path
) -> None:
    root.h100(2)
    machine = probed(library=nvml, FAKE_COUNT=1)
    assert [device["usable_gib"] for device in machine["accelerators"]] == [79.647, 0.0]
    assert rules(machine) == ["probe.nvidia.not-offered"]
    assert "0000:1b:00.0" in machine["problems"][0]["what"]


def test_a_batch_job_has_only_the_gpus_that_it_was_given(
    root: Root, probed: Probed, nvml: Path
) -> None:
    root.h100(8)
    machine = probed(library=nvml, FAKE_COUNT=2, SLURM_JOB_ID=17)
    assert len(machine["accelerators"]) == 2
    assert machine["problems"] == []


def test_a_container_has_only_the_gpus_that_it_was_given(
    root: Root, probed: Probed, nvml: Path
) -> None:
    root.h100(8).file(".dockerenv").pci("0000:00:02.0", "8086:46a6", "030000", "i915")
    machine = probed(library=nvml, FAKE_COUNT=1)
    assert [device["vendor"] for device in machine["accelerators"]] == ["nvidia", "intel"]
    assert machine["problems"] == []


def test_a_denied_gpu_is_told_apart(root: Root, probed: Probed, nvml: Path) -> None:
    root.h100(2)
    assert rules(probed(library=nvml, FAKE_COUNT=2, FAKE_DENIED=0)) == ["probe.nvidia.permission"]


@pytest.mark.parametrize(
    ("code", "rule", "word"),
    [
        (18, "probe.nvidia.mismatch", "Reboot"),
        (9, "probe.nvidia.not-loaded", "modprobe"),
        (4, "probe.nvidia.permission", "/dev/nvidiactl"),
        (3, "probe.nvidia.not-supported", "Update"),
        (999, "probe.nvidia.unknown", "kernel log"),
    ],
)
def test_each_failure_has_its_fix(
    root: Root, probed: Probed, nvml: Path, code: int, rule: str, word: str
) -> None:
    root.h100(1)
    machine = probed(library=nvml, FAKE_INIT=code)
    (device,) = machine["accelerators"]
    assert (device["driver_bound"], device["memory_gib"]) == (True, None)
    assert rules(machine) == [rule]
    assert word in machine["problems"][0]["fix"]
    assert machine["software"]["nvidia_driver"] == "580.82.07"


@pytest.mark.parametrize(("mark", "word"), [(".dockerenv", "--gpus all"), ("mark", "Install")])
def test_the_missing_library_is_mended_where_it_is_missing(
    root: Root, probed: Probed, mark: str, word: str
) -> None:
    root.h100(1).file(mark)
    machine = probed()
    assert rules(machine) == ["probe.nvidia.library"]
    assert word in machine["problems"][0]["fix"]


def test_an_old_library_lacks_only_what_it_lacks(
    root: Root, probed: Probed, old_nvml: Path
) -> None:
    root.h100(1)
    (device,) = probed(library=old_nvml, FAKE_RESERVED=551)["accelerators"]
    assert (device["memory_gib"], device["usable_gib"]) == (79.647, 79.647)


def test_wsl_keeps_the_library_where_the_loader_does_not_look(
    root: Root, probed: Probed, nvml: Path
) -> None:
    root.file("dev/dxg").file("usr/lib/wsl/lib/none")
    (root.path / "usr/lib/wsl/lib/libnvidia-ml.so.1").symlink_to(nvml / "libnvidia-ml.so.1")
    machine = probed(FAKE_COUNT=1)
    assert [device["name"] for device in machine["accelerators"]] == ["NVIDIA H100 80GB HBM3"]


def test_wsl_without_nvidia_is_no_problem(root: Root, probed: Probed) -> None:
    root.file("dev/dxg")
    machine = probed()
    assert (machine["accelerators"], machine["problems"]) == ([], [])


def test_a_jetson_without_nvml(root: Root, probed: Probed) -> None:
    root.files(
        {
            "etc/nv_tegra_release": "# R35 (release), REVISION: 4.1, GCID: 1, BOARD: t186ref\n",
            "proc/device-tree/model": "NVIDIA Jetson AGX Orin\0",
            "proc/meminfo": "MemTotal: 33554432 kB\n",
        }
    )
    machine = probed()
    (device,) = machine["accelerators"]
    assert device["name"] == "NVIDIA Jetson AGX Orin"
    assert (device["unified"], device["memory_gib"]) == (True, 32.0)
    assert machine["os"]["l4t"] == "35.4.1"
    assert machine["software"]["jetpack"] == "5"
    assert machine["problems"] == []


@pytest.mark.parametrize(
    ("value", "hides"), [("", True), ("-1", True), ("0,-1", False), ("GPU-8", False)]
)
def test_cuda_visible_devices_may_hide_all(
    root: Root, probed: Probed, nvml: Path, value: str, *, hides: bool
) -> None:
    root.h100(1)
    machine = probed(library=nvml, CUDA_VISIBLE_DEVICES=value)
    assert len(machine["accelerators"]) == 1
    assert rules(machine) == (["probe.nvidia.hidden"] if hides else [])


def test_control_characters_of_a_name_are_dropped(root: Root, probed: Probed, nvml: Path) -> None:
    root.h100(1)
    (device,) = probed(library=nvml, FAKE_NAME="NVIDIA \x1b[31mH100\n")["accelerators"]
    assert device["name"] == "NVIDIA [31mH100"


def test_a_gpu_that_is_given_to_a_virtual_machine_stays_on_the_list(
    root: Root, probed: Probed, nvml: Path
) -> None:
    root.h100(1).pci("0000:05:00.0", "10de:2684", "030000", "vfio-pci")
    machine = probed(library=nvml)
    assert [device["driver_bound"] for device in machine["accelerators"]] == [True, False]
    assert [device["bus_id"][5:7] for device in machine["accelerators"]] == ["1a", "05"]
    assert rules(machine) == ["probe.pci.unbound"]
