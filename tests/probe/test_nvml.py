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
    machine = probed(
        library=nvml,
        FAKE_COUNT=8,
        FAKE_RESERVED=551,
        FAKE_USED=2048,
        FAKE_LINKS="switch",
        FAKE_ECC=1,
    )
    devices = machine["accelerators"]
    assert [device["index"] for device in devices] == list(range(8))
    assert [device["bus_id"] for device in devices][:2] == ["0000:1a:00.0", "0000:1b:00.0"]
    assert [device["numa_node"] for device in devices] == [0, 0, 0, 0, 1, 1, 1, 1]
    known = {name: value for name, value in devices[7].items() if value is not None}
    assert known.pop("details")["ecc"] == "Enabled"
    assert known == {
        "vendor": "nvidia",
        "name": "NVIDIA H100 80GB HBM3",
        "index": 7,
        "memory_gib": 79.647,
        "usable_gib": 79.109,
        "used_gib": 2.0,
        "compute_capability": "9.0",
        "unified": False,
        "integrated": False,
        "driver_bound": True,
        "driver": "nvidia",
        "pci_id": "10de:2330",
        "bus_id": "0000:21:00.0",
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
    root.h100(8).file(".dockerenv")
    machine = probed(library=nvml, FAKE_COUNT=1)
    assert [device["bus_id"] for device in machine["accelerators"]] == ["0000:1a:00.0"]
    assert machine["problems"] == []


def test_a_denied_gpu_is_told_apart(root: Root, probed: Probed, nvml: Path) -> None:
    root.h100(2)
    assert rules(probed(library=nvml, FAKE_COUNT=2, FAKE_DENIED=0)) == ["probe.nvidia.permission"]


def test_an_old_library_lacks_only_what_it_lacks(
    root: Root, probed: Probed, old_nvml: Path
) -> None:
    root.h100(1)
    (device,) = probed(library=old_nvml, FAKE_RESERVED=551, FAKE_ECC=1)["accelerators"]
    assert (device["memory_gib"], device["usable_gib"]) == (79.647, 79.647)
    assert "ecc" not in device["details"]


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


@pytest.mark.parametrize(("state", "rules_"), [(1, ["probe.nvidia.fabric"]), (3, []), (0, [])])
def test_a_fabric_that_is_not_set_up_keeps_cuda_from_starting(
    root: Root, probed: Probed, nvml: Path, state: int, rules_: list[str]
) -> None:
    root.h100(2)
    machine = probed(library=nvml, FAKE_COUNT=2, FAKE_FABRIC=state, FAKE_LINKS="none")
    assert rules(machine) == rules_
    assert all("fabricmanager" in problem["fix"] for problem in machine["problems"])


@pytest.mark.parametrize(
    ("links", "rules_"), [("none", ["probe.nvidia.fabric"]), ("switch", []), ("pairs", [])]
)
def test_switches_without_links_have_no_fabric_manager(
    root: Root, probed: Probed, nvml: Path, links: str, rules_: list[str]
) -> None:
    root.h100(2).pci("0000:c0:00.0", "10de:1af1", "068000")
    assert rules(probed(library=nvml, FAKE_COUNT=2, FAKE_LINKS=links)) == rules_


def test_a_virtual_gpu_is_told_by_its_mode_or_its_name(
    root: Root, probed: Probed, nvml: Path
) -> None:
    root.h100(1)
    (guest,) = probed(library=nvml, FAKE_VGPU=1)["accelerators"]
    (named,) = probed(library=nvml, FAKE_VGPU=0, FAKE_NAME="NVIDIA L40S-24C")["accelerators"]
    (whole,) = probed(library=nvml, FAKE_NAME="Tesla V100-SXM2-16GB")["accelerators"]
    virtual = [device["details"].get("virtual_function") for device in (guest, named, whole)]
    assert virtual == [True, True, None]


def test_uncorrected_memory_errors_are_named(root: Root, probed: Probed, nvml: Path) -> None:
    root.h100(2)
    machine = probed(library=nvml, FAKE_COUNT=2, FAKE_ECC=1, FAKE_ERRORS=3)
    assert [device["details"]["ecc"] for device in machine["accelerators"]] == ["Enabled"] * 2
    assert rules(machine) == ["probe.nvidia.ecc"]
    assert "GPU 0 " in machine["problems"][0]["what"]


def test_a_gpu_that_must_be_reset_is_of_no_use(root: Root, probed: Probed, nvml: Path) -> None:
    root.h100(2)
    machine = probed(library=nvml, FAKE_COUNT=2, FAKE_RESET=1)
    assert [device["usable_gib"] for device in machine["accelerators"]] == [79.647, 0.0]
    assert rules(machine) == ["probe.nvidia.reset"]
    assert "--gpu-reset" in machine["problems"][0]["fix"]


def test_a_gpu_that_the_binding_cannot_name_is_kept(root: Root, probed: Probed, nvml: Path) -> None:
    root.h100(1)
    (device,) = probed(library=nvml, FAKE_NAME="\udcff\udcfe")["accelerators"]
    assert (device["name"], device["memory_gib"]) == (None, 79.647)


def test_no_identifier_leaves_the_probe(root: Root, probed: Probed, nvml: Path) -> None:
    root.h100(1)
    assert "GPU-8" not in str(probed(library=nvml))


def test_virtual_functions_of_the_host_are_for_its_guests(
    root: Root, probed: Probed, nvml: Path
) -> None:
    root.h100(2).file("sys/bus/pci/devices/0000:1b:00.0/physfn/vendor", "0x10de\n")
    machine = probed(library=nvml, FAKE_COUNT=1)
    assert [device["bus_id"] for device in machine["accelerators"]] == ["0000:1a:00.0"]
    assert machine["problems"] == []
