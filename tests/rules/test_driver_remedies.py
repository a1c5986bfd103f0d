"""The NVIDIA driver that a GPU and its system can take, and what belongs to it."""

from typing import Any

import pytest

from tests.rules.examined import GPU, OLD, complaint, computer, found_in

OLDER = {**GPU, "name": "Tesla P100", "compute_capability": "6.0", "memory_gib": 16.0}
SYSTEMS = [
    ("ubuntu", "24.04", "nvidia-driver-580"),
    ("debian", "12", "cuda-drivers-580"),
    ("debian", "13", "cuda-drivers-580"),
    ("rhel", "9.6", "nvidia-driver:580-dkms"),
    ("rocky", "8.10", "nvidia-driver:580-dkms"),
    ("almalinux", "10.1", None),
    ("fedora", "43", None),
    ("sles", "15.7", None),
    ("opensuse-leap", "15.6", None),
    ("opensuse-tumbleweed", "20261101", None),
    ("arch", None, None),
    ("amzn", "2023", "nvidia-driver:580-dkms"),
]


@pytest.mark.parametrize(("distro", "version", "word"), SYSTEMS)
@pytest.mark.parametrize(
    "gpu",
    [
        OLDER,
        {**OLDER, "driver_bound": False},
        {"vendor": "nvidia", "pci_id": "10de:1db4", "driver_bound": False},
    ],
)
def test_a_gpu_before_turing_gets_the_closed_modules_or_none(
    gpu: dict[str, Any], distro: str, version: str | None, word: str | None
) -> None:
    system = {"distro": distro, "version": version}
    found = found_in(computer(os=system, accelerators=[gpu], software=OLD))
    finding = next(f for rule, f in found.items() if rule.startswith("driver.nvidia."))
    text = "\n".join(finding.commands)
    assert (word in text) if word else not text
    assert "open" not in text
    assert "exactly the 580 branch" in (finding.fix or "")


def test_a_gpu_that_could_be_old_gets_no_driver_unasked() -> None:
    gpu = {"vendor": "nvidia", "driver_bound": False}
    finding = found_in(computer(accelerators=[gpu]))["driver.nvidia.missing"]
    assert finding.commands == ()
    assert "before Turing exactly the 580 branch" in (finding.fix or "")


@pytest.mark.parametrize("distro", ["rhel", "amzn"])
def test_a_module_stream_is_reset_before_another_is_enabled(distro: str) -> None:
    system = {"distro": distro, "version": {"rhel": "9.4", "amzn": "2023"}[distro]}
    lines = found_in(computer(os=system, software=OLD))["driver.nvidia.old"].commands
    enable = next(place for place, line in enumerate(lines) if "module enable" in line)
    assert lines[enable - 1] == "sudo dnf -y module reset nvidia-driver"


BOARD = {**GPU, "name": "NVIDIA A100-SXM4-80GB", "compute_capability": "8.0", "memory_gib": 80.0}
START = "sudo systemctl enable --now nvidia-fabricmanager"


@pytest.mark.parametrize(
    ("distro", "version", "package"),
    [
        ("ubuntu", "24.04", "nvidia-fabricmanager-580"),
        ("debian", "12", "nvidia-fabricmanager-580"),
        ("rhel", "9.4", "nvidia-fabricmanager"),
        ("amzn", "2023", "nvidia-fabricmanager"),
        ("sles", "15.7", "nvidia-fabricmanager="),
    ],
)
def test_switches_between_gpus_need_the_fabric_manager(
    distro: str, version: str, package: str
) -> None:
    system = {"distro": distro, "version": version}
    machine = computer(os=system, software=OLD, accelerators=[BOARD] * 8)
    lines = found_in(machine)["driver.nvidia.old"].commands
    assert lines[-2:] == (START, "sudo reboot")
    assert package in lines[-3]


@pytest.mark.parametrize(
    ("gpu", "count", "links", "expected"),
    [
        (BOARD, 4, [], False),
        (GPU, 8, [], False),
        ({**GPU, "name": "NVIDIA H200"}, 8, [{"kind": "nvlink", "devices": [*range(8)]}], True),
        (GPU, 8, [{"kind": "nvlink", "devices": [0, 1]}], False),
        (GPU, 8, [{"kind": "pcie", "devices": [*range(8)]}], False),
        ({**OLDER, "name": "Tesla P100-SXM2-16GB"}, 8, [{"kind": "nvlink"}], False),
    ],
)
def test_which_boards_have_switches(
    gpu: dict[str, Any], count: int, links: list[dict[str, Any]], expected: bool
) -> None:
    devices = [{**gpu, "index": index} for index in range(count)]
    machine = computer(software=OLD, accelerators=devices, links=links)
    assert (START in found_in(machine)["driver.nvidia.old"].commands) is expected


@pytest.mark.parametrize(
    ("distro", "version", "arch"),
    [
        ("debian", "12", "aarch64"),
        ("debian", "11", "x86_64"),
        ("debian", "14", "x86_64"),
        ("kali", "2025.2", "x86_64"),
        ("devuan", "5", "x86_64"),
        ("deepin", "25", "x86_64"),
        ("uos", "20", "x86_64"),
        ("raspbian", "12", "aarch64"),
        ("opensuse-leap", "15.6", "aarch64"),
    ],
)
def test_no_repository_is_taken_that_is_not_there(distro: str, version: str, arch: str) -> None:
    system = {"distro": distro, "version": version}
    driver = found_in(computer(os=system, arch=arch, software=OLD))["driver.nvidia.old"]
    assert driver.commands == ()


def test_no_driver_is_advised_for_a_gpu_that_none_supports_any_more() -> None:
    gpu = {**GPU, "name": "Tesla K40m", "compute_capability": "3.5", "memory_gib": 11.2}
    found = found_in(computer(accelerators=[gpu], software=OLD))
    assert found["hardware.old-gpu"].severity == "error"
    assert not any("driver" in command for f in found.values() for command in f.commands)


@pytest.mark.parametrize("vendor", ["nvidia", "amd", "intel"])
@pytest.mark.parametrize("problems", [[], [complaint("probe.pci.unbound")]])
def test_in_wsl_no_device_gets_a_driver_of_linux(
    vendor: str, problems: list[dict[str, Any]]
) -> None:
    device = {"vendor": vendor, "name": "A GPU", "driver_bound": False}
    machine = computer(os={"wsl": True}, accelerators=[device], problems=problems)
    first = next(iter(found_in(machine).values()))
    assert first.rule.startswith("wsl.driver")
    assert first.severity == "error"
    assert "in Windows" in (first.fix or "")
    assert first.commands == ("wsl.exe --update", "wsl.exe --shutdown")
