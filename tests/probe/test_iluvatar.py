"""Iluvatar: what ixsmi prints."""

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recommender.probe.iluvatar import understood
from tests.probe.conftest import Root

Probed = Callable[..., dict[str, Any]]
Program = Callable[[str, str], Path]

HEADER = """+-----------------------------------------------------------------------------+
|  IX-ML: 3.2.3       Driver Version: 3.2.1       CUDA Version: 10.2          |
|-------------------------------+----------------------+----------------------|
| GPU  Name                     | Bus-Id               | Clock-SM  Clock-Mem  |
| Fan  Temp  Perf  Pwr:Usage/Cap|      Memory-Usage    | GPU-Util  Compute M. |
|===============================+======================+======================|
"""
LINE = "+-------------------------------+----------------------+----------------------+\n"
QUERY = """==============IXSMI LOG==============
Driver Version                            : 3.2.1
Attached GPUs                             : 2
GPU 00000000:3C:00.0
    Product Name                          : Iluvatar BI-V150
    FB Memory Usage
        Total                             : 32768 MiB
        Used                              : 256 MiB
GPU 00000000:3F:00.0
    Product Name                          : Iluvatar BI-V150
    FB Memory Usage
        Total                             : 32768 MiB
        Used                              : 128 MiB
"""
CSV = """index, name, memory.total [MiB], memory.used [MiB], pci.bus_id
0, Iluvatar BI-V150, 32768 MiB, 256 MiB, 00000000:3C:00.0
1, Iluvatar BI-V150, 32768 MiB, 128 MiB, 00000000:3F:00.0
"""
BUS = "0000:3c:00.0"


def row(number: int = 0, memory: str = "256MiB / 32768MiB", power: str = "98W / 350W") -> str:
    return (
        f"| {number}    Iluvatar BI-V150         | 00000000:{0x3C + 3 * number:02X}:00.0     "
        "| 1500MHz   1600MHz    |\n"
        f"| N/A  45C   P0    {power:<13}| {memory:<20} | 0%        Default    |\n{LINE}"
    )


def printing(text: str) -> str:
    return f"printf '%s' {shlex.quote(text)}"


def rules(text: str) -> list[str | None]:
    return [problem.rule for problem in understood(text).problems]


@pytest.mark.parametrize(
    "text", [HEADER + row(0) + row(1, "128MiB / 32768MiB"), QUERY, CSV], ids=["table", "-q", "csv"]
)
def test_forms(text: str) -> None:
    found = understood(text).accelerators
    assert [one.name for one in found] == ["Iluvatar BI-V150"] * 2
    assert [one.bus_id for one in found] == [BUS, "0000:3f:00.0"]
    assert [one.memory_gib for one in found] == [32.0, 32.0]
    assert [one.used_gib for one in found] == [0.25, 0.125]


def test_versions() -> None:
    assert understood(HEADER + row()).software == {
        "versions.iluvatar-driver": ("3.2.1", "ixsmi"),
        "versions.ixsmi": ("3.2.3", "ixsmi"),
    }


def test_list() -> None:
    (one,) = understood("GPU 0: Iluvatar BI-V100 (UUID: GPU-0123)\n").accelerators
    assert (one.name, one.details["unique_id"]) == ("Iluvatar BI-V100", "GPU-0123")


@pytest.mark.parametrize(
    ("memory", "ends"),
    [
        ("N/A / N/A", ["memory"]),
        ("0MiB / 0MiB", ["memory"]),
        ("ERR! / ERR!", ["memory", "unhealthy"]),
    ],
)
def test_unknown_memory(memory: str, ends: list[str]) -> None:
    text = HEADER + row(memory=memory)
    (one,) = understood(text).accelerators
    assert (one.memory_gib, one.usable_gib) == (None, 0.0 if len(ends) > 1 else None)
    assert rules(text) == [f"probe.iluvatar.{end}" for end in ends]


def test_sensor_that_fails() -> None:
    found = understood(HEADER + row(power="ERR! / 350W"))
    assert (found.accelerators[0].memory_gib, found.accelerators[0].usable_gib) == (32.0, None)


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("Failed to initialize IXML: driver not loaded", "driver"),
        ("ixsmi: Insufficient permissions", "permission"),
        ("No devices were found", "no-devices"),
    ],
)
def test_failures(text: str, end: str) -> None:
    assert rules(text) == [f"probe.iluvatar.{end}"]


@pytest.mark.parametrize("text", ["", "\0", HEADER, "index, name\n", "GPU 0: (UUID", "|" * 9999])
def test_other_texts(text: str) -> None:
    assert understood(text).accelerators == ()


@pytest.mark.parametrize("length", range(0, 1000, 37))
def test_table_that_is_cut(length: int) -> None:
    found = understood((HEADER + row(0) + row(1))[:length])
    assert {one.memory_gib for one in found.accelerators} <= {32.0, None}


def test_tool_of_the_toolkit(root: Root, probed: Probed, program: Program) -> None:
    root.pci(BUS, "1e3e:0001", "120000", "bi_driver").file("dev/iluvatar0")
    root.file("usr/local/corex/lib64/libixml.so")
    script = f'case "$LD_LIBRARY_PATH" in *corex/lib64*) ;; *) exit 127;; esac\n{printing(CSV)}'
    folder = program("ixsmi", script)
    (root.path / "usr/local/corex/bin").mkdir()
    (folder / "ixsmi").rename(root.path / "usr/local/corex/bin/ixsmi")
    machine = probed(CUDA_VISIBLE_DEVICES="0")
    assert [one["memory_gib"] for one in machine["accelerators"]] == [32.0, 32.0]
    assert [one["visible"] for one in machine["accelerators"]] == [True, False]


def test_container_without_nodes(root: Root, probed: Probed) -> None:
    root.pci(BUS, "1e3e:0001", "120000", "bi_driver").file(".dockerenv")
    machine = probed()
    assert [one["rule"] for one in machine["problems"]] == [
        "probe.iluvatar.no-devices",
        "probe.iluvatar.tool",
    ]
    assert "--device=/dev/iluvatar0" in machine["problems"][0]["fix"]


def test_closed_nodes(
    root: Root, probed: Probed, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    root.file("dev/iluvatar0").file("dev/iluvatar1")
    folder = program("ixsmi", "echo 'Failed to open /dev/iluvatar0: Permission denied'; exit 4")
    closed = str(root.path / "dev/iluvatar")
    monkeypatch.setattr("os.access", lambda path, _: not str(path).startswith(closed))
    machine = probed(path=folder)
    assert machine["accelerators"] == []
    assert {one["rule"] for one in machine["problems"]} == {"probe.iluvatar.permission"}
    assert "chmod a+rw /dev/iluvatar*" in machine["problems"][0]["fix"]
