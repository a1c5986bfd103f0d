"""Moore Threads: what mthreads-gmi prints."""

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recommender.probe.moore_threads import understood
from tests.probe.conftest import Root

Probed = Callable[..., dict[str, Any]]
Program = Callable[[str, str], Path]

HEADER = """Mon Feb  2 09:30:00 2026
---------------------------------------------------------------
    mthreads-gmi:{tool}           Driver Version:{driver}
---------------------------------------------------------------
ID   Name           |PCIe                |%GPU  Mem
     Device Type    |Pcie Lane Width     |Temp  MPC Capable
                                         |      ECC Mode
+-------------------------------------------------------------+
""".format(tool="1.10.1", driver="2.5.0")
FOOTER = """
---------------------------------------------------------------
Processes:
ID   PID       Process name                         GPU Memory
                                                         Usage
+-------------------------------------------------------------+
0    918       /usr/bin/gnome-shell                     120MiB
1    7|8       (odd)                                    12MiB
---------------------------------------------------------------
"""
QUERY = """
==============MTHREADS-GMI LOG==============
Timestamp                              : Mon Feb  2 09:30:00 2026
Driver Version                         : 2.7.0
Attached GPUs                          : 2
GPU0 00000000:03:00.0
    Product Name                       : MTT S70
    DeviceType                         : Physical
    FB Memory Usage
        Total                          : 7168MiB
        Used                           : 1024MiB
        Free                           : 6144MiB
    Utilization
        Gpu                            : 0%
    Ecc Mode
        Current                        : Disabled
GPU1 00000000:83:00.0
    Product Name                       : MTT S70
    FB Memory Usage
        Total                          : N/A
        Used                           : N/A
"""
BUS = "0000:03:00.0"


def row(number: int = 0, memory: str = "2MiB(16384MiB)", kind: str = "Physical") -> str:
    bus = f"00000000:{3 + number:02x}:00.0"
    return (
        f"{number}    MTT S80        |{bus}    |0%    {memory}\n"
        f"     {kind:<15}|16x(16x)            |44C   YES\n"
        "                                         |      N/A\n"
        "+-------------------------------------------------------------+\n"
    )


def printing(text: str) -> str:
    return f"printf '%s' {shlex.quote(text)}"


def rules(text: str) -> list[str | None]:
    return [problem.rule for problem in understood(text).problems]


def test_table() -> None:
    found = understood(HEADER + row(0) + row(1, "8192MiB(16384MiB)") + FOOTER)
    assert [one.name for one in found.accelerators] == ["MTT S80", "MTT S80"]
    assert [one.bus_id for one in found.accelerators] == [BUS, "0000:04:00.0"]
    assert [one.memory_gib for one in found.accelerators] == [16.0, 16.0]
    assert [one.used_gib for one in found.accelerators] == [0.002, 8.0]
    assert found.software == {
        "versions.mthreads-driver": ("2.5.0", "mthreads-gmi"),
        "versions.mthreads-gmi": ("1.10.1", "mthreads-gmi"),
    }


@pytest.mark.parametrize(
    ("kind", "virtual"), [("Virtual", True), ("Physical", None), ("MPC Parent", None)]
)
def test_type(kind: str, virtual: bool | None) -> None:
    details = understood(HEADER + row(kind=kind)).accelerators[0].details
    assert (details["device_type"], details.get("virtual_function")) == (kind, virtual)


@pytest.mark.parametrize(
    ("memory", "ends"),
    [
        ("N/A(N/A)", ["memory"]),
        ("0MiB(0MiB)", ["memory"]),
        ("N/A", ["memory"]),
        ("ERR!", ["memory", "unhealthy"]),
    ],
)
def test_unknown_memory(memory: str, ends: list[str]) -> None:
    text = HEADER + row(memory=memory)
    (one,) = understood(text).accelerators
    assert one.memory_gib is None
    assert one.usable_gib == (0.0 if len(ends) > 1 else None)
    assert rules(text) == [f"probe.moore-threads.{end}" for end in ends]


def test_details() -> None:
    found = understood(QUERY)
    assert [one.memory_gib for one in found.accelerators] == [7.0, None]
    assert [one.bus_id for one in found.accelerators] == [BUS, "0000:83:00.0"]
    assert found.accelerators[0].details["ecc"] == "Disabled"
    assert found.software["versions.mthreads-driver"][0] == "2.7.0"
    assert rules(QUERY) == ["probe.moore-threads.memory"]


def test_details_without_indentation() -> None:
    text = "\n".join(line.strip() for line in QUERY.splitlines())
    assert understood(text).accelerators == understood(QUERY).accelerators


def test_details_as_json() -> None:
    entry = {
        "Index": "1",
        "Product Name": "MTT S3000",
        "PCI": {"Bus": "0x5e", "Device": "0x00"},
        "FB Memory Usage": {"Total": "32768MiB", "Used": "64MiB"},
    }
    found = understood(json.dumps({"Driver Version": "2.9.1", "GPU": [entry, "x", {}]}))
    (one,) = found.accelerators
    assert (one.name, one.memory_gib, one.used_gib) == ("MTT S3000", 32.0, 0.062)
    assert found.software["versions.mthreads-driver"][0] == "2.9.1"


def test_box_of_one_device() -> None:
    text = (
        "+===============================+=================================+\n"
        "| GPU  Name                     | 2 MTT S4000                     |\n"
        "+-------------------------------+---------------------------------+\n"
        "| Memory Usage                  | 47.50 GiB Total : 1.25 GiB Used |\n"
        "+-------------------------------+---------------------------------+\n"
    )
    (one,) = understood(text).accelerators
    assert (one.name, one.memory_gib, one.used_gib) == ("MTT S4000", 47.5, 1.25)


def test_list() -> None:
    text = "GPU 0: MTT S4000 (UUID: GPU-11112222)\nGPU 1: MTT S4000 (UUID: GPU-33334444)\n"
    found = understood(text)
    assert [one.details["unique_id"] for one in found.accelerators] == [
        "GPU-11112222",
        "GPU-33334444",
    ]


def test_version_of_the_toolkit() -> None:
    text = 'musa_toolkits:\n{"version":"4.0.1", "git branch":"main"}\n'
    assert understood(text).software["musa"] == ("4.0.1", "mthreads-gmi")


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("Failed to initialize the MTML library: driver not loaded", "driver"),
        ("Insufficient permission to open /dev/mtgpu.0", "permission"),
        ("No devices were found", "no-devices"),
    ],
)
def test_failures(text: str, end: str) -> None:
    assert rules(text) == [f"probe.moore-threads.{end}"]


@pytest.mark.parametrize(
    "text", ["", "\0", "0  x|y|z", FOOTER, HEADER, '{"Product Name"', "|" * 9999]
)
def test_other_texts(text: str) -> None:
    assert understood(text).accelerators == ()


@pytest.mark.parametrize("length", range(0, 800, 37))
def test_table_that_is_cut(length: int) -> None:
    found = understood((HEADER + row(0) + row(1))[:length])
    assert {one.memory_gib for one in found.accelerators} <= {16.0, None}


@pytest.fixture
def computer(root: Root) -> Root:
    return root.pci(BUS, "1ed5:0201", "030000", "mtgpu").file("dev/mtgpu.0")


def test_toolkit_elsewhere(computer: Root, probed: Probed, program: Program) -> None:
    computer.file("opt/musa/version.json", json.dumps({"musa_toolkits": {"version": "3.1.0"}}))
    folder = program("mthreads-gmi", printing(HEADER + row()))
    assert probed(path=folder, MUSA_HOME="/opt/musa")["software"]["musa"] == "3.1.0"


@pytest.mark.parametrize("text", ["[]", "{", '{"musa_toolkits": 4}', '{"musa_toolkits": {}}', ""])
def test_strange_file_of_the_toolkit(computer: Root, probed: Probed, text: str) -> None:
    computer.file("usr/local/musa/version.json", text)
    assert probed()["software"]["musa"] is None


def test_device_that_the_tool_leaves_out(computer: Root, probed: Probed, program: Program) -> None:
    computer.pci("0000:83:00.0", "1ed5:0201", "030000", "mtgpu")
    machine = probed(path=program("mthreads-gmi", printing(HEADER + row())))
    assert [one["usable_gib"] for one in machine["accelerators"]] == [None, 0.0]
    assert [one["rule"] for one in machine["problems"]] == ["probe.moore-threads.lost"]


@pytest.mark.parametrize(
    ("script", "end"),
    [("sleep 60", "timeout"), ("echo what", "unread"), ("exit 3", "unread"), ("", "tool")],
)
def test_no_answer(computer: Root, probed: Probed, program: Program, script: str, end: str) -> None:
    assert (computer.path / "dev").is_dir()
    machine = probed(path=program("mthreads-gmi" if script else "other", script or "true"))
    assert [one["bus_id"] for one in machine["accelerators"]] == [BUS]
    assert [one["rule"] for one in machine["problems"]] == [f"probe.moore-threads.{end}"]
