"""The commands that mend a machine: of its distribution, sound, and never of another system."""

import re
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from recommender.facts import Line, Machine
from recommender.facts.checkup import Remedy
from recommender.facts.codec import decode
from recommender.rules.remedies import own_commands
from recommender.rules.situation import Situation
from recommender.words import placeholders
from tests.rules.examined import OLD, REMEDIES, complaint, computer, found_in


@pytest.mark.parametrize(
    ("system", "word"),
    [
        ({"distro": "ubuntu", "version": "22.04"}, "apt-get"),
        ({"distro": "linuxmint", "version": "22"}, "apt-get"),
        ({"distro": "debian", "version": "12"}, "cuda-keyring"),
        ({"distro": "rhel", "version": "9.6"}, "nvidia-driver:580-open"),
        ({"distro": "rocky", "version": "8.10"}, "nvidia-driver:580-open"),
        ({"distro": "almalinux", "version": "10.1"}, "install nvidia-open"),
        ({"distro": "ol", "version": "9.4"}, "nvidia-driver:580-open"),
        ({"distro": "fedora", "version": "43"}, "akmod-nvidia"),
        ({"distro": "sles", "version": "15.7"}, "repos/sles15"),
        ({"distro": "opensuse-leap", "version": "15.6"}, "repos/opensuse15"),
        ({"distro": "arch"}, "pacman"),
        ({"distro": "amzn", "version": "2023"}, "amzn2023"),
    ],
)
def test_the_commands_are_those_of_the_distribution(system: dict[str, str], word: str) -> None:
    machine = computer(os={"version": None, **system}, software=OLD)
    assert word in "\n".join(found_in(machine)["driver.nvidia.old"].commands)


@pytest.mark.parametrize(
    "system",
    [
        {"distro": "nixos", "version": "25.05"},
        {"distro": None, "version": None},
        {"distro": "centos", "version": "7"},
        {"distro": "rhel", "version": None},
        {"distro": "amzn", "version": "2"},
        {"distro": "alpine", "version": "3.22"},
    ],
)
def test_a_distribution_that_is_not_known_gets_the_sentence_alone(system: dict[str, Any]) -> None:
    driver = found_in(computer(os=system, software=OLD))["driver.nvidia.old"]
    assert driver.commands == ()
    assert driver.fix


def test_devuan_has_no_systemd() -> None:
    machine = computer(
        os={"distro": "devuan", "version": "5"}, software={"docker": False}, shm_gib=0.06
    )
    text = "\n".join(line for finding in found_in(machine).values() for line in finding.commands)
    assert "mount -o remount" in text
    assert "systemctl" not in text


def test_the_toolkit_follows_docker() -> None:
    software = {"docker": False, "versions": {}, "absent": ["nvidia-container-toolkit"]}
    lines = found_in(computer(software=software))["docker.missing"].commands
    assert "docker.io" in lines[0]
    assert "nvidia-ctk" in lines[-2]
    unknown = {"docker": False, "versions": {}, "absent": []}
    lines = found_in(computer(software=unknown))["docker.missing"].commands
    assert "nvidia" not in "\n".join(lines)
    amd = {"vendor": "amd", "name": "Radeon PRO W7900", "memory_gib": 48.0, "gfx": "gfx1100"}
    other = computer(accelerators=[amd], software=software)
    assert "nvidia" not in "\n".join(found_in(other)["docker.missing"].commands)


@pytest.mark.parametrize(
    ("family", "group"), [("windows", False), ("macos", False), ("linux", True)]
)
def test_the_group_docker_is_joined_where_there_is_one(family: str, group: bool) -> None:
    machine = computer(os={"family": family}, software={"docker": False})
    assert ("group docker" in (found_in(machine)["docker.missing"].fix or "")) is group


def test_podman_serves_where_it_is() -> None:
    with_it = computer(software={"docker": False, "podman": True})
    assert "Podman" in (found_in(with_it)["docker.missing"].fix or "")
    assert "Podman" not in (
        found_in(computer(software={"docker": False}))["docker.missing"].fix or ""
    )


def test_an_npu_without_driver_and_cann_gets_the_driver_first() -> None:
    npu = {"vendor": "huawei", "name": "Ascend 910B2", "chip": "910B2", "memory_gib": 64.0}
    neither = {"versions": {}, "absent": ["cann", "ascend-driver"]}
    finding = found_in(computer(accelerators=[npu], software=neither))["cann.missing"]
    assert "never the driver" in (finding.fix or "")
    assert "npu-driver" in finding.commands[0]
    driven = {"versions": {"ascend-driver": "25.2.0"}, "absent": ["cann"]}
    finding = found_in(computer(accelerators=[npu], software=driven))["cann.missing"]
    assert "toolkit" in finding.commands[0]


KERNEL_DRIVER = re.compile(
    r"nvidia-(driver|open)|cuda-drivers|akmod|amdgpu-dkms|modprobe|-npu-driver|habanalabs-"
)


@pytest.mark.parametrize("remedy", [*REMEDIES.checks, *REMEDIES.remedies], ids=lambda r: r.id)
def test_no_linux_driver_is_installed_inside_of_wsl(remedy: Remedy) -> None:
    lines = [line.raw or "" for name in remedy.commands for line in remedy.commands[name]]
    if any(map(KERNEL_DRIVER.search, lines)):
        assert "wsl" in remedy.commands
    assert not any(KERNEL_DRIVER.search(line.raw or "") for line in remedy.commands.get("wsl", ()))


def test_in_wsl_the_driver_is_that_of_windows() -> None:
    machine = computer(os={"wsl": True}, software=OLD, problems=[complaint("probe.nvidia.wsl")])
    found = found_in(machine)
    assert "Windows" in (found["driver.nvidia.old"].fix or "")
    text = "\n".join(command for finding in found.values() for command in finding.commands)
    assert "wsl.exe --update" in text
    assert "apt" not in text


@pytest.mark.parametrize("kind", ["docker", "kubernetes", "podman"])
def test_what_the_host_must_do_is_not_done_in_a_container(kind: str) -> None:
    machine = computer(os={"container": kind}, software={**OLD, "docker": False})
    found = found_in(machine)
    for rule in ("driver.nvidia.old", "docker.in-container"):
        assert found[rule].commands == ()
        assert "host" in (found[rule].fix or "")


def test_a_container_without_the_libraries_is_started_again() -> None:
    problems = [complaint("probe.nvidia.library")]
    found = found_in(computer(os={"container": "docker"}, problems=problems))
    assert found["probe.nvidia.library"].severity == "error"
    assert "--gpus all" in found["probe.nvidia.library"].commands[0]


def _mac(**details: Any) -> Machine:
    device = {"vendor": "apple", "name": "Apple M3 Max", "memory_gib": 48.0, "unified": True}
    system = {"family": "macos", "distro": "macos", "version": "15.6", "container": "none"}
    machine = {
        "os": system,
        "arch": "aarch64",
        "memory": {"total_gib": 48.0},
        "accelerators": [{**device, "details": details}],
        "software": {"python": "3.12.9", "python_arch": "aarch64"},
    }
    return decode(Machine, machine)


def test_a_mac_can_give_its_gpu_more_memory() -> None:
    finding = found_in(_mac(wired_limit_mb=0))["mac.wired"]
    assert finding.commands == ("sudo sysctl iogpu.wired_limit_mb=40960",)
    assert "mac.wired" not in found_in(_mac())
    assert "mac.wired" not in found_in(_mac(wired_limit_mb=45000))


def test_windows_is_told_of_wsl2() -> None:
    system = {"family": "windows", "distro": None, "version": "11", "libc": None}
    found = found_in(computer(os={**system, "libc_version": None}, software={"docker": False}))
    assert "wsl --install -d Ubuntu-24.04" in found["os.windows"].commands
    assert "winget" in found["docker.missing"].commands[0]


def test_only_numbers_become_part_of_a_command() -> None:
    machine = computer(software={"python": "3.8.2; touch pwned"})
    assert found_in(machine)["python.range"].commands == ("uv python install 3.12",)
    for remedy in (*REMEDIES.checks, *REMEDIES.remedies):
        for lines in remedy.commands.values():
            names = {name for line in lines for name in placeholders(line.raw or "")}
            assert names <= {"method.python", "mac.wired_more_mb"}, remedy.id


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("3.12", ("use 3.12",)),
        (8192, ("use 8192",)),
        ("3.12; reboot", ()),
        ("$(reboot)", ()),
        ("", ()),
        (None, ()),
    ],
)
def test_a_value_that_needs_quotes_makes_no_command(value: Any, expected: tuple[str, ...]) -> None:
    line = Line(raw="use {python.version}")
    remedy = replace(REMEDIES.remedies[0], commands={"linux": (line,)})
    facts = Situation(values={"os.family": "linux", "python.version": value}, situations={})
    assert own_commands(remedy, REMEDIES.families, facts) == expected


def _shell_lines() -> Iterator[tuple[str, str]]:
    for remedy in (*REMEDIES.checks, *REMEDIES.remedies):
        for family, lines in remedy.commands.items():
            if family != "windows":
                yield from ((remedy.id, line.raw or "") for line in lines)


@pytest.mark.parametrize(("remedy", "line"), sorted(set(_shell_lines())))
def test_every_command_is_sound_shell(remedy: str, line: str) -> None:
    assert shlex.split(line), remedy
    done = subprocess.run(
        ["/bin/sh", "-n"], input=line, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_remedies_are_named_once_besides_those_that_share_a_check() -> None:
    checks = [check.id for check in REMEDIES.checks]
    names = [remedy.id for remedy in REMEDIES.remedies]
    assert len(set(checks)) == len(checks)
    assert len(set(names)) == len(names)
    for remedy in (*REMEDIES.checks, *REMEDIES.remedies):
        assert {sequel.id for sequel in remedy.then} <= set(checks)
        for text in (remedy.text, remedy.fix, *(special.text for special in remedy.fixes)):
            if text is not None and not isinstance(text, str):
                assert set(placeholders(text.en)) == set(placeholders(text.zh))
