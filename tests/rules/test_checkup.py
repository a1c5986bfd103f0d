"""What the doctor finds: one finding a cause, the worst first, and what each of them blocks."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.facts import Machine, Problem
from recommender.facts.codec import decode
from recommender.rules.checkup import SEVERITIES
from recommender.words import LANGUAGES
from tests.rules.examined import (
    GPU,
    OLD,
    SERVER,
    SMALL,
    UNBOUND,
    complaint,
    computer,
    examined,
    found_in,
    merged,
    offered,
)


def test_nothing_is_wrong_with_a_machine_that_has_everything() -> None:
    findings, standings = examined(computer())
    assert findings == ()
    assert len({standing.framework for standing in standings}) == 8
    assert all(s.ready for s in standings if s.kind == "accelerator")


def test_one_cause_is_one_finding_whatever_it_blocks() -> None:
    found = found_in(computer(software=OLD))
    driver = found["driver.nvidia.old"]
    assert {"vllm", "sglang", "tensorrt-llm"} <= set(driver.frameworks)
    assert "515.65.01" in driver.what
    assert any("580" in detail for detail in driver.details)
    assert {"vllm.cuda.driver", "vllm.cuda.docker-driver"} <= set(driver.rules)
    assert any("nvidia-driver-580" in command for command in driver.commands)
    assert [rule for rule in found if "driver" in rule] == ["driver.nvidia.old"]


def test_a_device_without_its_driver_is_an_error_of_its_own() -> None:
    told = "The NVIDIA device (10de:2684, 0000:41:00.0) is held by the nouveau driver."
    machine = computer(
        accelerators=[UNBOUND],
        software={"docker": False, "nvidia_driver": None, "absent": ["nvidia_driver"]},
        problems=[complaint("probe.pci.unbound", told)],
    )
    findings, standings = examined(machine)
    first = findings[0]
    assert (first.rule, first.severity) == ("driver.nvidia.missing", "error")
    assert told in first.details
    assert {"probe.pci.unbound", "driver.bound"} <= set(first.rules)
    assert [f.rule for f in findings if f.severity == "error"] == [first.rule]
    assert not any(s.ready for s in standings if s.kind == "accelerator")
    assert any(s.ready for s in standings if s.kind == "cpu")


@pytest.mark.parametrize(
    ("vendor", "rule", "word"),
    [
        ("amd", "driver.amd.missing", "modprobe amdgpu"),
        ("intel", "driver.intel.missing", "modprobe xe"),
        ("huawei", "driver.huawei.missing", "npu-driver"),
    ],
)
def test_each_vendor_has_its_own_driver(vendor: str, rule: str, word: str) -> None:
    device = {"vendor": vendor, "pci_id": "0000:0000", "driver_bound": False}
    problems = [complaint("probe.pci.unbound")]
    found = found_in(computer(accelerators=[device], problems=problems))
    assert found[rule].severity == "error"
    assert word in "\n".join(found[rule].commands)
    assert "driver.nvidia.missing" not in found


def test_docker_that_this_user_may_not_use_is_not_installed_again() -> None:
    machine = computer(software={"docker": False}, problems=[complaint("probe.docker.permission")])
    found = found_in(machine)
    assert found["docker.permission"].commands == ("sudo usermod -aG docker $USER",)
    assert found["docker.permission"].severity == "warning"
    assert "tgi" in found["docker.permission"].frameworks
    assert "docker.missing" not in found


def test_docker_without_the_toolkit_serves_no_nvidia_gpu() -> None:
    software = {"versions": {}, "absent": ["nvidia-container-toolkit"]}
    machine = computer(software=software)
    assert found_in(machine)["container.toolkit"].severity == "warning"
    assert offered(machine, "vllm", "cuda") == ("pip",)
    assert offered(machine, "vllm", "cpu") == ("docker", "pip")
    assert "container.toolkit" not in found_in(computer(software={"versions": {}, "absent": []}))
    amd = {"vendor": "amd", "name": "Radeon PRO W7900", "memory_gib": 48.0, "gfx": "gfx1100"}
    assert "container.toolkit" not in found_in(computer(accelerators=[amd], software=software))


def test_a_right_that_lacks_blocks_what_runs_outside_of_containers() -> None:
    amd = {"vendor": "amd", "name": "Radeon PRO W7900", "memory_gib": 48.0, "gfx": "gfx1100"}
    machine = computer(
        accelerators=[amd],
        software={"rocm": "7.2.1", "nvidia_driver": None, "absent": ["nvidia_driver"]},
        problems=[complaint("probe.amd.permission")],
    )
    finding = found_in(machine)["device.permission"]
    assert finding.commands == ("sudo usermod -aG render,video $USER",)
    assert offered(machine, "vllm", "rocm") == ("docker",)
    other = replace(machine, problems=(Problem(what="x", rule="probe.intel.permission"),))
    assert "docker" in offered(other, "vllm", "rocm")
    assert "pip" in offered(other, "vllm", "rocm")


@pytest.mark.parametrize(
    ("changes", "rule", "severity"),
    [
        ({"shm_gib": 0.0625}, "shm.small", "warning"),
        ({"shm_gib": 0.0625, "os": {"container": "docker"}}, "shm.container", "hint"),
        (
            {"shm_gib": 0.0625, "os": {"container": "docker"}, "accelerators": [GPU, GPU]},
            "shm.small-container",
            "warning",
        ),
        ({"disk_free_gib": 12.0, "accelerators": [SMALL]}, "disk.small", "warning"),
        ({"memory": {"limit_gib": 24.0}}, "memory.limit", "warning"),
        ({"software": {"python": "3.8.10"}}, "python.range", "hint"),
        ({"os": {"libc_version": "2.26"}}, "os.glibc", "warning"),
        ({"os": {"libc": "musl", "libc_version": "1.2.5"}}, "os.musl", "warning"),
        ({"arch": "aarch64"}, "hardware.arch", "warning"),
        ({"problems": [{"rule": "probe.tool.version", "what": "x"}]}, "probe.tool.version", "hint"),
        (
            {"problems": [{"rule": "probe.disk.failed", "what": "x"}]},
            "probe.disk.failed",
            "warning",
        ),
        ({"problems": [{"what": "an unknown field"}]}, "machine.problem", "hint"),
    ],
)
def test_smaller_things_are_told_too(changes: dict[str, Any], rule: str, severity: str) -> None:
    assert found_in(computer(**changes))[rule].severity == severity
    assert rule not in found_in(computer())


@pytest.mark.parametrize(
    ("free", "docker", "told"),
    [(5.0, True, True), (19.0, False, True), (30.0, True, True), (30.0, False, False)],
)
def test_a_small_disk_is_told_once_and_blocks_nothing(
    free: float, docker: bool, told: bool
) -> None:
    machine = computer(disk_free_gib=free, software={"docker": docker})
    found = {rule: f for rule, f in found_in(machine).items() if rule.startswith("disk.")}
    assert bool(found) is told
    for finding in found.values():
        assert (finding.severity, finding.blocks) == ("warning", ())
        assert finding.what.startswith(f"{free:.0f} GiB free")
    assert all(standing.methods for standing in examined(machine, "ollama")[1])


def test_only_the_frameworks_that_are_asked_for_are_judged() -> None:
    gpu = {**GPU, "name": "Quadro RTX 5000", "compute_capability": "7.5", "memory_gib": 16.0}
    findings, standings = examined(computer(accelerators=[gpu]), "sglang")
    assert {standing.framework for standing in standings} == {"sglang"}
    assert findings[0].rule == "hardware.capability"
    assert findings[0].severity == "error"
    assert found_in(computer(accelerators=[gpu]))["hardware.capability"].severity == "warning"


def test_the_worst_and_widest_come_first() -> None:
    machine = computer(
        software={"nvidia_driver": "550.54.15", "docker": False, "python": "3.8.2"},
        problems=[complaint("probe.nvidia.mismatch"), complaint("probe.tool.version")],
    )
    findings, _ = examined(machine)
    ranks = [SEVERITIES.index(finding.severity) for finding in findings]
    assert ranks == sorted(ranks)
    names = [finding.rule for finding in findings]
    assert names.index("driver.nvidia.old") < names.index("docker.missing")
    assert findings[0].rule == "probe.nvidia.mismatch"
    assert findings[-1].severity == "hint"


def test_what_blocks_is_what_is_not_offered() -> None:
    machine = computer(software={**OLD, "docker": False})
    findings, standings = examined(machine)
    blocked = {(b.framework, b.platform, b.method) for f in findings for b in f.blocks}
    for standing in (s for s in standings if s.kind == "accelerator"):
        closed = {obstacle.method for obstacle in standing.blocked}
        ways = {(standing.framework, standing.platform, method) for method in closed}
        assert ways <= blocked
        assert not closed & set(standing.methods)
        assert standing.ready is bool(standing.methods)


rules = st.from_regex(r"probe\.[a-z-]{1,12}\.[a-z-]{1,12}", fullmatch=True)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.one_of(st.none(), rules, st.text(max_size=12)), max_size=4), st.text())
def test_no_problem_of_the_probe_is_lost(found: list[str | None], what: str) -> None:
    problems = tuple(Problem(what=f"{what}{i}", rule=rule) for i, rule in enumerate(found))
    findings, _ = examined(replace(computer(), problems=problems), "ollama")
    told = {rule for finding in findings for rule in finding.rules}
    assert {rule or "machine.problem" for rule in found} <= told
    text = "\n".join(line for f in findings for line in (f.what, *f.details))
    assert all(problem.what in text for problem in problems)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_both_languages_tell_the_same(lang: str) -> None:
    machine = computer(software={**OLD, "docker": False}, shm_gib=0.06)
    english, other = examined(machine)[0], examined(machine, lang=lang)[0]
    assert [(f.rule, f.severity, f.blocks, f.commands) for f in english] == [
        (f.rule, f.severity, f.blocks, f.commands) for f in other
    ]
    if lang == "zh":
        assert all(
            re.search("[\u4e00-\u9fff]", f"{finding.what}{finding.fix}") for finding in other
        )


def test_equal_machines_give_equal_findings() -> None:
    machine = json.dumps(merged(SERVER, {"software": OLD, "shm_gib": 0.06}))
    first, second = (examined(decode(Machine, json.loads(machine))) for _ in range(2))
    assert first == second
