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
from recommender.rules.remedies import commands
from recommender.rules.situation import Situation
from recommender.words import placeholders
from tests.rules.examined import GPU, OLD, REMEDIES, complaint, computer, found_in


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


def test_an_older_gpu_gets_the_closed_modules() -> None:
    gpu = {**GPU, "name": "Tesla P100", "compute_capability": "6.0", "memory_gib": 16.0}
    text = "\n".join(
        found_in(computer(accelerators=[gpu], software=OLD))["driver.nvidia.old"].commands
    )
    assert "nvidia-driver-580" in text
    assert "open" not in text


def test_no_driver_is_advised_for_a_gpu_that_none_supports_any_more() -> None:
    gpu = {**GPU, "name": "Tesla K40m", "compute_capability": "3.5", "memory_gib": 11.2}
    found = found_in(computer(accelerators=[gpu], software=OLD))
    assert found["hardware.old-gpu"].severity == "error"
    assert not any("driver" in command for f in found.values() for command in f.commands)


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
    for rule in ("driver.nvidia.old", "docker.missing"):
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
    assert commands(remedy, REMEDIES.families, facts) == expected


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
        for text in (remedy.text, remedy.fix):
            if text is not None and not isinstance(text, str):
                assert set(placeholders(text.en)) == set(placeholders(text.zh))
