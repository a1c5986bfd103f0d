"""T-Head: what ppu-smi prints."""

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recommender.probe.t_head import understood
from tests.probe.conftest import Root

Probed = Callable[..., dict[str, Any]]
Program = Callable[[str, str], Path]

HEADER = """+---------------------------------------------------------------------------------+
| PPU-SMI 1.19          Driver Version: 1.4.3-77aa01  HGGC Version: 12.3          |
+---------------------------------+------------------------+----------------------+
| PPU  Name        Persistence M. | Bus-Id                 | Volatile Uncorr. ECC |
| Fan  Temp  Perf   Pwr:Usage/Cap | Memory-Usage           | PPU-Util  Compute M. |
|                                 |                        |               MIG M. |
+=================================+========================+======================+
"""
LINE = "+---------------------------------+------------------------+----------------------+\n"
INSTANCES = """
+-----------------------------------------------------------------------------+
| MIG devices:                                                                |
+------------------+---------------------+----------+-------------------------+
| PPU  GI  CI  MIG |        Memory-Usage |      Vol |         Shared          |
|      ID  ID  DEV |                     |  CU  Unc | CpyEng ENC DEC OFA JPEG |
|                  |                     |      ECC |                         |
+==================+=====================+==========+=========================+
|  0   2   0    0  |    10MiB / 24576MiB |  16    0 |   1     0   0   0   0   |
+------------------+---------------------+----------+-------------------------+
|  0   3   0    1  |  2048MiB / 49152MiB |  32    0 |   2     0   0   0   0   |
+------------------+---------------------+----------+-------------------------+
"""
QUERY = """==============PPU-SMI LOG==============
Driver Version                            : 1.4.3
HGGC Version                              : 12.3
SDK Version                               : 1.5.1-99aa11
Attached PPUs                             : 1
PPU 00000000:0A:00.0
    Product Name                          : PPU-ZW810
    FB Memory Usage
        Total                             : 98304 MiB
        Used                              : 1024 MiB
"""
CSV = "index, name, memory.used [MiB], memory.total [MiB]\n0, PPU-ZW810, 1024 MiB, 98304 MiB\n"
BUS = "0000:0a:00.0"


def row(
    number: int = 0, memory: str = "1024MiB / 98304MiB", ecc: str = "0", mig: str = "Disabled"
) -> str:
    return (
        f"| {number}  PPU-ZW810         N/A        | 00000000:{10 + number:02X}:00.0       "
        f"| {ecc:>20} |\n"
        f"| N/A  24C   N/A       74W / 400W | {memory:<22} |   4%        Default  |\n"
        f"|                                 |                        | {mig:>20} |\n{LINE}"
    )


def printing(text: str) -> str:
    return f"printf '%s' {shlex.quote(text)}"


def rules(text: str) -> list[str | None]:
    return [problem.rule for problem in understood(text).problems]


@pytest.mark.parametrize("text", [HEADER + row(), QUERY, CSV], ids=["table", "-q", "csv"])
def test_forms(text: str) -> None:
    (one,) = understood(text).accelerators
    assert (one.name, one.memory_gib, one.used_gib) == ("PPU-ZW810", 96.0, 1.0)
    assert one.partition is None


@pytest.mark.parametrize(
    ("text", "name", "version"),
    [
        (HEADER + row(), "t-head-driver", "1.4.3-77aa01"),
        (HEADER + row(), "ppu-smi", "1.19"),
        (QUERY, "hggc", "12.3"),
        (QUERY, "ppu-sdk", "1.5.1-99aa11"),
    ],
)
def test_versions(text: str, name: str, version: str) -> None:
    assert understood(text).software[f"versions.{name}"] == (version, "ppu-smi")


def test_list() -> None:
    (one,) = understood("PPU 0: PPU-ZW810 (UUID: GPU-0123-4567)\n").accelerators
    assert (one.name, one.details["unique_id"]) == ("PPU-ZW810", "GPU-0123-4567")


def test_instances() -> None:
    found = understood(HEADER + row(0, mig="Enabled") + row(1) + INSTANCES)
    assert [one.memory_gib for one in found.accelerators] == [24.0, 48.0, 96.0]
    assert [one.partition for one in found.accelerators] == ["mig", "mig", None]
    assert [one.details.get("gi") for one in found.accelerators] == [2, 3, None]
    assert found.problems == ()


def test_mode_without_an_instance() -> None:
    text = HEADER + row(1, mig="Enabled") + INSTANCES
    assert [one.usable_gib for one in understood(text).accelerators] == [0.0]
    assert rules(text) == ["probe.t-head.mig-empty"]


@pytest.mark.parametrize(("ecc", "count"), [("3", 1), ("0", 0), ("N/A", 0), ("Disabled", 0)])
def test_errors_of_the_memory(ecc: str, count: int) -> None:
    assert rules(HEADER + row(ecc=ecc)).count("probe.t-head.ecc") == count


@pytest.mark.parametrize(
    ("memory", "ends"),
    [("N/A / N/A", ["memory"]), ("ERR! / ERR!", ["memory", "unhealthy"])],
)
def test_unknown_memory(memory: str, ends: list[str]) -> None:
    text = HEADER + row(memory=memory)
    (one,) = understood(text).accelerators
    assert (one.memory_gib, one.usable_gib) == (None, 0.0 if len(ends) > 1 else None)
    assert rules(text) == [f"probe.t-head.{end}" for end in ends]


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("PPU-SMI has failed because it couldn't communicate with the PPU driver.", "driver"),
        ("Insufficient Permissions", "permission"),
        ("No devices were found", "no-devices"),
    ],
)
def test_failures(text: str, end: str) -> None:
    assert rules(text) == [f"probe.t-head.{end}"]


@pytest.mark.parametrize("text", ["", "\0", HEADER, INSTANCES, "PPU 0000", "| 0 |\n" * 999])
def test_other_texts(text: str) -> None:
    assert understood(text).accelerators == ()


@pytest.mark.parametrize("length", range(0, 1400, 53))
def test_table_that_is_cut(length: int) -> None:
    found = understood((HEADER + row(0) + row(1) + INSTANCES)[:length])
    assert {one.memory_gib for one in found.accelerators} <= {96.0, None}


def test_nodes_alone(root: Root, probed: Probed) -> None:
    root.file("dev/alixpu").file("dev/alixpu_ppu1")
    machine = probed()
    assert machine["accelerators"] == []
    assert [one["rule"] for one in machine["problems"]] == ["probe.t-head.tool"]


def test_tool_of_the_toolkit(root: Root, probed: Probed, program: Program) -> None:
    root.pci(BUS, "1ded:6001", "120000", "alixpu").file("dev/alixpu_ppu1")
    folder = program("ppu-smi", printing(HEADER + row()))
    place = root.path / "usr/local/PPU_SDK/bin"
    place.mkdir(parents=True)
    (folder / "ppu-smi").rename(place / "ppu-smi")
    (one,) = probed()["accelerators"]
    assert (one["bus_id"], one["memory_gib"], one["driver"]) == (BUS, 96.0, "alixpu")


def test_recorded_root_asks_nothing(root: Root, program: Program, tmp_path: Path) -> None:
    from recommender.probe import probe

    root.pci(BUS, "1ded:6001", "120000", "alixpu").file("dev/alixpu_ppu1")
    asked = tmp_path / "asked"
    folder = program("ppu-smi", f"touch {asked}")
    probe(root.path, env={"PATH": str(folder)}, live=False)
    assert not asked.exists()
