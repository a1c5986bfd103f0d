"""Ascend on a host or in a container: made-up device nodes and an npu-smi on the path."""

import os
import shlex
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recommender.probe import probe
from tests.probe.conftest import Root

Probed = Callable[..., dict[str, Any]]
Program = Callable[[str, str], Path]

SHARED = ("davinci_manager", "devmm_svm", "hisi_hdc")
DRIVER = "devdrv_device_driver"
HEADER = "| NPU Name | Health | Power(W) |\n| Chip | Bus-Id | AICore(%) Memory HBM-Usage(MB) |\n"
FAILED = "echo 'dcmi module initialize failed. ret is -8005'"


def row(npu: int, bus: str, used: int = 2900) -> str:
    upper = f"| {npu}  910B2 | OK | 95.0 41 0 / 0 |"
    return f"{upper}\n| 0 | {bus} | 0  0 / 0  {used} / 65536 |\n"


def printing(text: str) -> str:
    return f"printf '%s' {shlex.quote(text)}"


def host(root: Root, *buses: str, numbers: tuple[int, ...] = (0, 1)) -> Root:
    """A computer with NPUs on the bus and the nodes of its driver."""
    for bus in buses:
        root.pci(bus, "19e5:d802", "120000", DRIVER)
    return root.files({f"dev/{name}": "" for name in (*SHARED, *(f"davinci{n}" for n in numbers))})


def rules(machine: dict[str, Any]) -> list[str]:
    return [problem["rule"] for problem in machine["problems"]]


def test_npu_smi_off_the_path(root: Root, probed: Probed, program: Program) -> None:
    host(root, "0000:01:00.0")
    folder = program("npu-smi", printing(HEADER + row(0, "0000:01:00.0")))
    place = root.path / "usr/local/sbin"
    place.mkdir(parents=True)
    (folder / "npu-smi").rename(place / "npu-smi")
    (device,) = probed()["accelerators"]
    assert (device["name"], device["memory_gib"], device["driver"]) == ("910B2", 64.0, DRIVER)


def test_npu_smi_is_never_asked_twice_at_once(
    root: Root, probed: Probed, program: Program, tmp_path: Path
) -> None:
    host(root, "0000:01:00.0", "0000:02:00.0")
    lock = tmp_path / "lock"
    script = f"mkdir {lock} || {{ echo busy; exit 1; }}\nsleep 0.1\n"
    script += printing(HEADER + row(0, "0000:01:00.0") + row(1, "0000:02:00.0"))
    script += f'\nrmdir {lock}\necho "$*" >> {tmp_path / "asked"}'
    machine = probed(path=program("npu-smi", script))
    assert len(machine["accelerators"]) == 2
    asked = (tmp_path / "asked").read_text(encoding="utf-8").splitlines()
    assert asked == ["info", "info -m", "info -t topo"]


def test_the_drivers_libraries_are_shown_to_npu_smi(
    root: Root, probed: Probed, program: Program
) -> None:
    host(root, "0000:01:00.0").file("usr/local/Ascend/driver/lib64/common/libc_sec.so")
    script = f"""
    case "$LD_LIBRARY_PATH" in
      *{root.path}/usr/local/Ascend/driver/lib64/common*) ;;
      *) echo 'npu-smi: error while loading shared libraries: libc_sec.so: no'; exit 127;;
    esac
    """
    machine = probed(path=program("npu-smi", script + printing(HEADER + row(0, "0000:01:00.0"))))
    assert [device["name"] for device in machine["accelerators"]] == ["910B2"]


def test_a_device_that_npu_smi_does_not_list_cannot_be_used(
    root: Root, probed: Probed, program: Program
) -> None:
    host(root, "0000:01:00.0", "0000:02:00.0")
    machine = probed(path=program("npu-smi", printing(HEADER + row(0, "0000:01:00.0"))))
    usable = {d["bus_id"]: d["usable_gib"] for d in machine["accelerators"]}
    assert usable == {"0000:01:00.0": 64.0, "0000:02:00.0": 0.0}
    assert rules(machine) == ["probe.ascend.not-offered"]


def test_a_container_is_given_a_part_of_the_hosts_devices(
    root: Root, probed: Probed, program: Program
) -> None:
    host(root, "0000:01:00.0", "0000:02:00.0", numbers=(1,)).file(".dockerenv")
    machine = probed(path=program("npu-smi", printing(HEADER + row(1, "0000:02:00.0"))))
    assert [device["bus_id"] for device in machine["accelerators"]] == ["0000:02:00.0"]
    assert machine["problems"] == []


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("1", [False, True]),
        ("0,1", [True, True]),
        ("1, 0", [False, True]),
        ("0,7,1", [True, False]),
        ("", [None, None]),
    ],
)
def test_visible_devices_are_logic_ids(
    root: Root, probed: Probed, program: Program, value: str, shown: list[bool | None]
) -> None:
    host(root, "0000:01:00.0", "0000:02:00.0", numbers=(4, 5))
    table = printing(HEADER + row(4, "0000:01:00.0") + row(5, "0000:02:00.0"))
    machine = probed(path=program("npu-smi", table), ASCEND_RT_VISIBLE_DEVICES=value)
    assert [device["visible"] for device in machine["accelerators"]] == shown
    assert machine["problems"] == []


def test_all_devices_hidden(root: Root, probed: Probed, program: Program) -> None:
    host(root, "0000:01:00.0")
    table = printing(HEADER + row(0, "0000:01:00.0"))
    machine = probed(path=program("npu-smi", table), ASCEND_RT_VISIBLE_DEVICES="9")
    assert rules(machine) == ["probe.ascend.hidden"]


def test_the_variable_of_the_container_runtime_hides_nothing(
    root: Root, probed: Probed, program: Program
) -> None:
    host(root, "0000:01:00.0")
    table = printing(HEADER + row(6, "0000:01:00.0"))
    machine = probed(path=program("npu-smi", table), ASCEND_VISIBLE_DEVICES="6")
    assert [device["visible"] for device in machine["accelerators"]] == [None]


def test_refused_although_all_nodes_are_there(root: Root, probed: Probed, program: Program) -> None:
    host(root, "0000:01:00.0", "0000:02:00.0")
    machine = probed(path=program("npu-smi", FAILED))
    assert [device["memory_gib"] for device in machine["accelerators"]] == [None, None]
    assert [device["chip"] for device in machine["accelerators"]] == ["910b", "910b"]
    assert rules(machine) == ["probe.ascend.driver"]
    assert "reboot" in machine["problems"][0]["fix"]


def test_refused_in_a_container_without_nodes(root: Root, probed: Probed, program: Program) -> None:
    root.pci("0000:01:00.0", "19e5:d500", "120000", DRIVER).file(".dockerenv")
    root.file("dev/davinci_manager")
    machine = probed(path=program("npu-smi", FAILED))
    (problem,) = machine["problems"]
    assert (problem["rule"], "container" in problem["what"]) == ("probe.ascend.driver", True)
    assert "/dev/hisi_hdc" in problem["what"]
    assert "--device /dev/davinci0" in problem["fix"]
    assert [device["chip"] for device in machine["accelerators"]] == ["310p"]


def test_refused_on_a_host_whose_driver_made_no_nodes(
    root: Root, probed: Probed, program: Program
) -> None:
    root.pci("0000:01:00.0", "19e5:d802", "120000", DRIVER)
    (problem,) = probed(path=program("npu-smi", FAILED))["problems"]
    assert "not loaded" in problem["what"]
    assert "reboot" in problem["fix"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may open every device node")
def test_refused_to_a_user_outside_of_the_drivers_group(
    root: Root, probed: Probed, program: Program
) -> None:
    host(root, "0000:01:00.0").file("etc/ascend_install.info", "UserGroup=npuusers\n")
    (root.path / "dev/hisi_hdc").chmod(0)
    (problem,) = probed(path=program("npu-smi", FAILED))["problems"]
    assert "/dev/hisi_hdc" in problem["what"]
    assert "sudo usermod -aG npuusers $USER" in problem["fix"]


@pytest.mark.parametrize(("container", "words"), [(True, "-v /usr/local/dcmi"), (False, "reboot")])
def test_no_npu_smi(root: Root, probed: Probed, container: bool, words: str) -> None:
    host(root, "0000:01:00.0")
    if container:
        root.file(".dockerenv")
    machine = probed()
    assert rules(machine) == ["probe.ascend.tool"]
    assert words in machine["problems"][0]["fix"]
    assert len(machine["accelerators"]) == 2


@pytest.mark.parametrize(
    ("script", "rule"),
    [
        ("exit 3", "probe.ascend.timeout"),
        ("kill -SEGV $$", "probe.ascend.timeout"),
        ("exec yes 'x : y'", "probe.ascend.unknown"),
        ("echo 'Illegal instruction'; exit 1", "probe.ascend.unknown"),
        ("echo 'There is no NPU card on this server.'", "probe.ascend.none"),
    ],
)
def test_a_broken_tool_leaves_the_nodes(
    root: Root, probed: Probed, program: Program, script: str, rule: str
) -> None:
    host(root, "0000:01:00.0", numbers=(0,))
    machine = probed(path=program("npu-smi", script))
    assert rules(machine) == [rule]
    assert [device["details"] for device in machine["accelerators"]] == [{"phy_id": 0}]


def test_a_tool_that_hangs_is_given_up(root: Root, probed: Probed, program: Program) -> None:
    host(root, "0000:01:00.0")
    start = time.monotonic()
    machine = probed(path=program("npu-smi", "sleep 60"))
    assert time.monotonic() - start < 4.8
    assert rules(machine) == ["probe.ascend.timeout"]


def test_nodes_without_a_bus(root: Root, probed: Probed) -> None:
    root.files({f"dev/{name}": "" for name in (*SHARED, "davinci3")})
    (device,) = probed()["accelerators"]
    assert (device["vendor"], device["chip"], device["details"]) == ("huawei", None, {"phy_id": 3})


def test_a_recorded_root_says_nothing_of_tools(root: Root) -> None:
    host(root, "0000:01:00.0", numbers=())
    machine = probe(root.path)
    assert [device.chip for device in machine.accelerators] == ["910b"]
    assert machine.problems == ()


TOOLKIT = "aarch64-linux/ascend_toolkit_install.info"
PACKAGE = "package_name=Ascend-cann-toolkit\nversion={}\n"


def test_the_environment_chooses_cann(root: Root, probed: Probed) -> None:
    host(root, "0000:01:00.0")
    root.file(f"usr/local/Ascend/ascend-toolkit/latest/{TOOLKIT}", PACKAGE.format("8.0.0"))
    root.file(f"opt/cann/{TOOLKIT}", PACKAGE.format("8.3.RC2"))
    assert probed()["software"]["cann"] == "8.0.0"
    assert probed(ASCEND_TOOLKIT_HOME="/opt/cann")["software"]["cann"] == "8.3.RC2"


def test_the_newest_of_several_cann_without_a_link(root: Root, probed: Probed) -> None:
    host(root, "0000:01:00.0")
    for version in ("8.9.0", "8.10.0", "8.5.0"):
        folder = f"usr/local/Ascend/cann-{version}"
        root.file(f"{folder}/share/info/runtime/version.info", f"Version={version}\n")
    assert probed()["software"]["cann"] == "8.10.0"


def test_no_cann(root: Root, probed: Probed) -> None:
    host(root, "0000:01:00.0").file("usr/local/Ascend/driver/version.info", "Version=23.0.7\n")
    software = probed()["software"]
    assert software["cann"] is None
    assert software["versions"] == {"ascend-driver": "23.0.7"}
