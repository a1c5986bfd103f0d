"""What is said where NVIDIA's driver tells nothing: bare metal, containers, WSL, Jetson."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recommender.probe.context import Context
from recommender.probe.nvidia import advice
from tests.probe.conftest import Root

Probed = Callable[..., dict[str, Any]]
Program = Callable[[str, str], Path]

KERNEL = "6.8.0-71-generic"
MODULES = f"lib/modules/{KERNEL}/modules.dep"
SECURE_BOOT = "sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"


def rules(machine: dict[str, Any]) -> list[str]:
    return [problem["rule"] for problem in machine["problems"]]


def the_problem(machine: dict[str, Any]) -> dict[str, str]:
    (problem,) = machine["problems"]
    return problem  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("code", "rule", "word"),
    [
        (18, "probe.nvidia.mismatch", "Reboot"),
        (9, "probe.nvidia.not-loaded", "modprobe"),
        (4, "probe.nvidia.permission", "usermod -aG"),
        (3, "probe.nvidia.not-supported", "Update"),
        (15, "probe.nvidia.lost", "Xid"),
        (17, "probe.nvidia.blocked", "--gpus all"),
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
    assert the_problem(machine)["rule"] == rule
    assert word in the_problem(machine)["fix"]
    assert machine["software"]["nvidia_driver"] == "580.82.07"


def test_a_library_that_fails_at_its_second_call(root: Root, probed: Probed, nvml: Path) -> None:
    root.h100(1)
    assert rules(probed(library=nvml, FAKE_COUNT_RC=999)) == ["probe.nvidia.unknown"]


@pytest.mark.parametrize("hang", ["FAKE_HANG", "FAKE_HANG_LATE"])
def test_a_driver_that_hangs_is_given_up(root: Root, probed: Probed, nvml: Path, hang: str) -> None:
    root.h100(1)
    machine = probed(library=nvml, **{hang: 5})
    assert [device["pci_id"] for device in machine["accelerators"]] == ["10de:2330"]
    assert rules(machine) == ["probe.nvidia.timeout"]
    assert "nvidia-smi -pm 1" in the_problem(machine)["fix"]


def test_a_mismatch_names_both_versions(root: Root, probed: Probed, nvml: Path) -> None:
    root.h100(1).file("usr/lib64/none")
    (root.path / "usr/lib64/libnvidia-ml.so.1").symlink_to("libnvidia-ml.so.580.95.05")
    what = the_problem(probed(library=nvml, FAKE_INIT=18))["what"]
    assert "580.82.07" in what
    assert "580.95.05" in what


@pytest.mark.parametrize(
    ("modules", "boot", "rule", "word"),
    [
        ("kernel/fs/ext4/ext4.ko.zst:", "\x06\0\0\0\1", "probe.nvidia.not-built", "dkms"),
        ("updates/dkms/nvidia.ko.zst:", "\x06\0\0\0\1", "probe.nvidia.secure-boot", "mokutil"),
        ("updates/dkms/nvidia.ko:", "\x06\0\0\0\0", "probe.nvidia.not-loaded", "modprobe"),
    ],
)
def test_a_driver_that_is_not_loaded_for_a_reason(
    root: Root, probed: Probed, nvml: Path, modules: str, boot: str, rule: str, word: str
) -> None:
    root.h100(1).file("proc/sys/kernel/osrelease", f"{KERNEL}\n")
    root.file(MODULES, modules).file(SECURE_BOOT, boot)
    problem = the_problem(probed(library=nvml, FAKE_INIT=9))
    assert problem["rule"] == rule
    assert word in problem["fix"]


def test_the_missing_library_is_installed_on_bare_metal(root: Root, probed: Probed) -> None:
    root.h100(1)
    problem = the_problem(probed())
    assert problem["rule"] == "probe.nvidia.library"
    assert problem["fix"].startswith("Install the NVIDIA driver")


@pytest.mark.parametrize(
    ("node", "code", "rule", "word"),
    [
        (None, 12, "probe.nvidia.library", "--gpus all"),
        ("dev/nvidia0", 12, "probe.nvidia.library", "were given"),
        (None, 9, "probe.nvidia.container-none", "none of its GPUs"),
        ("dev/nvidiactl", 999, "probe.nvidia.container-devices", "systemd"),
        (None, 18, "probe.nvidia.mismatch", "580.82.07"),
        (None, 4, "probe.nvidia.permission", "may not use"),
    ],
)
def test_a_container_is_told_what_it_lacks(
    root: Root, probed: Probed, nvml: Path, node: str | None, code: int, rule: str, word: str
) -> None:
    root.h100(1).file(".dockerenv").file(node or "dev/null")
    machine = probed() if code == 12 else probed(library=nvml, FAKE_INIT=code)
    problem = the_problem(machine)
    assert problem["rule"] == rule
    assert word in problem["what"] + problem["fix"]


@pytest.mark.parametrize("value", ["void", "none", ""])
def test_a_container_that_was_given_no_gpu_has_none(root: Root, probed: Probed, value: str) -> None:
    root.h100(8).file(".dockerenv")
    machine = probed(NVIDIA_VISIBLE_DEVICES=value)
    assert machine["accelerators"] == []
    assert rules(machine) == ["probe.nvidia.container-none"]
    assert f'NVIDIA_VISIBLE_DEVICES is "{value}"' in the_problem(machine)["what"]


def test_a_library_without_a_device_is_no_problem(root: Root, probed: Probed, nvml: Path) -> None:
    root.file("dev/dri/card0").file("sys/class/tegra-firmware/none")
    machine = probed(library=nvml, FAKE_INIT=9)
    assert machine["problems"] == []


def test_the_folder_of_the_driver_stands_for_a_bus_that_is_masked(
    root: Root, probed: Probed, nvml: Path
) -> None:
    root.file("dev/nvidiactl").file(
        "proc/driver/nvidia/gpus/0000:4e:00.0/information", "Model: \t\t NVIDIA A10\nIRQ: 7\n"
    )
    machine = probed(library=nvml, FAKE_INIT=4)
    devices = [(device["name"], device["bus_id"]) for device in machine["accelerators"]]
    assert devices == [("NVIDIA A10", "0000:4e:00.0")]


def test_wsl_keeps_the_library_where_the_loader_does_not_look(
    root: Root, probed: Probed, nvml: Path
) -> None:
    root.file("dev/dxg").file("usr/lib/wsl/lib/none")
    (root.path / "usr/lib/wsl/lib/libnvidia-ml.so.1").symlink_to(nvml / "libnvidia-ml.so.1")
    machine = probed(FAKE_COUNT=2)
    names = [device["name"] for device in machine["accelerators"]]
    assert names == ["NVIDIA H100 80GB HBM3"] * 2


def test_wsl_without_nvidia_is_no_problem(root: Root, probed: Probed) -> None:
    root.file("dev/dxg").file("usr/lib/wsl/drivers/u0412345.inf_amd64_0/amdxx64.dll")
    machine = probed()
    assert (machine["accelerators"], machine["problems"]) == ([], [])


def test_wsl_without_the_library_of_its_driver(root: Root, probed: Probed) -> None:
    root.file("dev/dxg").file("usr/lib/wsl/drivers/nvlt.inf_amd64_0/nvcuda.dll")
    problem = the_problem(probed())
    assert problem["rule"] == "probe.nvidia.wsl"
    assert "Windows" in problem["fix"]
    assert "never install a Linux driver" in problem["fix"]


@pytest.mark.parametrize(
    ("code", "rule", "word"),
    [(9, "probe.nvidia.wsl", "wsl --update"), (17, "probe.nvidia.blocked", "wsl --shutdown")],
)
def test_wsl_is_mended_in_windows(
    root: Root, probed: Probed, nvml: Path, code: int, rule: str, word: str
) -> None:
    root.file("dev/dxg")
    problem = the_problem(probed(library=nvml, FAKE_INIT=code))
    assert problem["rule"] == rule
    assert word in problem["fix"]
    assert "modprobe" not in problem["fix"]


def test_windows_is_not_mended_as_linux_is() -> None:
    (problem,) = advice.explained(Context(family="windows"), 9, None)
    assert problem.rule == "probe.nvidia.not-loaded"
    assert problem.fix == "Install the current NVIDIA driver for Windows, and restart Windows."


def test_a_jetson_without_nvml(root: Root, probed: Probed) -> None:
    root.files(
        {
            "etc/nv_tegra_release": "# R35 (release), REVISION: 4.1, GCID: 1, BOARD: t186ref\n",
            "proc/device-tree/model": "NVIDIA Jetson AGX Orin\0",
            "proc/device-tree/compatible": "nvidia,p3737-0000+p3701-0000\0nvidia,tegra234\0",
            "proc/meminfo": "MemTotal: 33554432 kB\n",
        }
    )
    machine = probed()
    (device,) = machine["accelerators"]
    assert device["name"] == "NVIDIA Jetson AGX Orin"
    assert (device["unified"], device["memory_gib"]) == (True, 32.0)
    assert (device["chip"], device["details"]["jetson"]) == ("tegra234", True)
    assert machine["os"]["l4t"] == "35.4.1"
    assert machine["software"]["jetpack"] == "5"
    assert machine["problems"] == []


def test_a_card_in_a_jetson_has_not_the_chip_of_the_board(
    root: Root, probed: Probed, nvml: Path
) -> None:
    root.h100(1).file("etc/nv_tegra_release", "# R36 (release), REVISION: 4.3\n")
    root.file("proc/device-tree/compatible", "nvidia,tegra234\0")
    machine = probed(library=nvml, FAKE_COUNT=2, FAKE_NAMES="NVIDIA RTX 6000;Orin (nvgpu)")
    assert [device["chip"] for device in machine["accelerators"]] == [None, "tegra234"]
