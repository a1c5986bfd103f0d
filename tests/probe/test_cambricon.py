"""Cambricon: what cnmon prints, and the driver's files."""

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recommender.probe.cambricon import understood
from tests.probe.conftest import Root

Probed = Callable[..., dict[str, Any]]
Program = Callable[[str, str], Path]

HEADER = """Thu Mar  5 10:00:00 2026
+------------------------------------------------------------------------------+
| CNMON v6.2.10                                                 Driver v6.2.10 |
+-------------------------------+----------------------+-----------------------+
| Card  VF  Name       Firmware |               Bus-Id | Util        Ecc-Error |
| Fan   Temp      Pwr:Usage/Cap |         Memory-Usage | Mode     Compute-Mode |
|===============================+======================+=======================|
"""
LINE = "+-------------------------------+----------------------+-----------------------+\n"
# In the fourth release the driver stands in each row, and there is no place on the bus.
FOURTH = """+------------------------------------------------------------------------------+
| CNMON v4.15.3                                                                |
+-------------------------------+----------------------+-----------------------+
| Card  VF  Name       Firmware | Inited        Driver | Util        Ecc-Error |
| Fan   Temp      Pwr:Usage/Cap |         Memory-Usage |         vMemory-Usage |
|===============================+======================+=======================|
| 0     /   MLU270-S4    v1.1.4 | On           v4.15.3 | 0%          0         |
|  0%   30C         20 W/  70 W |   100 MiB/ 16384 MiB | 10240 MiB/1048576 MiB |
+-------------------------------+----------------------+-----------------------+
"""
INFO = """Card 3
    Product Name                   : MLU590-M9
    Firmware                       : v1.2.7
    Driver                         : v5.10.31
    Health State
        Device                     : {health}
    PCI
        Domain ID                  : 0000
        Bus num                    : 6b
        Device                     : 00
        Function                   : 0
    Physical Memory Usage
        Total                      : 81920 MiB
        Used                       : 2048 MiB
        Free                       : 79872 MiB
    Virtual Memory Usage
        Total                      : 1048576 MiB
        Used                       : 10240 MiB
"""
BUS = "0000:4b:00.0"


def row(card: int = 0, vf: str = "/", memory: str = "512 MiB/ 81920 MiB", ecc: str = "0") -> str:
    return (
        f"| {card}     {vf}   MLU590-M9    v1.2.7 | {BUS:>20} | 0%          {ecc:>9} |\n"
        f"|  0%   35C          90 W/550 W | {memory:>20} | FULL          Default |\n{LINE}"
    )


def printing(text: str) -> str:
    return f"printf '%s' {shlex.quote(text)}"


def proc(root: Root, driver: str = "v5.10.30") -> Root:
    text = f"Device name: MLU370-S4\nDriver Version: {driver}\nMLU Firmware Version: 1.1.6\n"
    root.pci(BUS, "cabc:0370", "120000", "cambricon-drv").file("dev/cambricon_dev0")
    return root.file(f"proc/driver/cambricon/mlus/{BUS}/information", text)


def rules(text: str) -> list[str | None]:
    return [problem.rule for problem in understood(text).problems]


def test_table() -> None:
    found = understood(HEADER + row())
    (one,) = found.accelerators
    assert (one.name, one.bus_id, one.memory_gib, one.used_gib) == ("MLU590-M9", BUS, 80.0, 0.5)
    assert found.software["versions.cambricon-driver"] == ("6.2.10", "cnmon")
    assert found.problems == ()


def test_table_of_the_fourth_release() -> None:
    found = understood(FOURTH)
    (one,) = found.accelerators
    assert (one.name, one.bus_id, one.memory_gib, one.used_gib) == ("MLU270-S4", None, 16.0, 0.098)
    assert found.software["versions.cambricon-driver"] == ("4.15.3", "cnmon")
    assert found.problems == ()


def test_virtual_function() -> None:
    (one,) = understood(HEADER + row(vf="1")).accelerators
    assert one.details["virtual_function"] is True


@pytest.mark.parametrize("memory", ["N/A/ N/A", "0 MiB/ 0 MiB", "xxx MiB/ xxxxx MiB"])
def test_unknown_memory(memory: str) -> None:
    text = HEADER + row(memory=memory)
    assert understood(text).accelerators[0].memory_gib is None
    assert rules(text) == ["probe.cambricon.memory"]


def test_broken_card() -> None:
    text = HEADER + row(0) + row(1, memory="ERR!/ERR!")
    assert [one.usable_gib for one in understood(text).accelerators] == [None, 0.0]
    assert rules(text) == ["probe.cambricon.memory", "probe.cambricon.unhealthy"]


@pytest.mark.parametrize(("ecc", "count"), [("12", 1), ("0", 0), ("N/A", 0), ("ERR!", 0)])
def test_errors_of_the_memory(ecc: str, count: int) -> None:
    assert rules(HEADER + row(ecc=ecc)).count("probe.cambricon.ecc") == count


@pytest.mark.parametrize(("health", "usable"), [("Good", None), ("Bad", 0.0), ("N/A", None)])
def test_details(health: str, usable: float | None) -> None:
    found = understood(INFO.format(health=health))
    (one,) = found.accelerators
    assert (one.bus_id, one.memory_gib, one.used_gib) == ("0000:6b:00.0", 80.0, 2.0)
    assert (one.usable_gib, one.details["index"]) == (usable, 3)
    assert len(found.problems) == (usable is not None)


def test_details_without_a_number_or_a_size() -> None:
    text = "Product Name : MLU370-X4\nDriver : v5.10.2\nProduct Name : MLU370-X4\n"
    found = understood(text)
    assert [one.memory_gib for one in found.accelerators] == [None, None]
    assert [one.rule for one in found.problems] == ["probe.cambricon.memory"] * 2
    assert found.software["versions.cambricon-driver"][0] == "5.10.2"


def test_row_without_its_firmware() -> None:
    text = HEADER + row().replace("/   MLU590-M9    v1.2.7", "MLU590-M9")
    (one,) = understood(text).accelerators
    assert (one.name, one.memory_gib) == ("MLU590-M9", 80.0)


def test_file_of_details() -> None:
    entry = {
        "CardNum": 1,
        "ProductName": "MLU370-S4",
        "PhysicalMemUsage": {"Total": 24 << 10, "Used": 1 << 10},
    }
    (one,) = understood(json.dumps({"CnmonInfo": [entry, None, 3]})).accelerators
    assert (one.name, one.memory_gib, one.used_gib) == ("MLU370-S4", 24.0, 1.0)


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("cnmon: Cambricon driver is not loaded", "driver"),
        ("open /dev/cambricon_ctl: Permission denied", "permission"),
        ("No MLU devices found", "no-devices"),
    ],
)
def test_failures(text: str, end: str) -> None:
    assert rules(text) == [f"probe.cambricon.{end}"]


@pytest.mark.parametrize(
    "text", ["", "\0", "| 0 |", "| 0     /   X  v1 | a |\n", '{"CnmonInfo": 1}']
)
def test_other_texts(text: str) -> None:
    assert understood(text).accelerators == ()


@pytest.mark.parametrize("length", range(0, 900, 41))
def test_table_that_is_cut(length: int) -> None:
    found = understood((HEADER + row(0) + row(1))[:length])
    assert {one.memory_gib for one in found.accelerators} <= {80.0, None}


def test_driver_alone(root: Root, probed: Probed) -> None:
    machine = probed(path=proc(root).path)
    (one,) = machine["accelerators"]
    assert (one["name"], one["bus_id"], one["memory_gib"]) == ("MLU370-S4", BUS, None)
    assert machine["software"]["versions"]["cambricon-driver"] == "5.10.30"
    assert [problem["rule"] for problem in machine["problems"]] == ["probe.cambricon.tool"]


def test_toolkit_elsewhere(root: Root, probed: Probed) -> None:
    proc(root).file("opt/neuware/version.txt", "Neuware Version 3.10.1\n")
    assert probed(NEUWARE_HOME="/opt/neuware")["software"]["neuware"] == "3.10.1"


def test_hidden_devices(root: Root, probed: Probed, program: Program) -> None:
    proc(root)
    folder = program("cnmon", printing(HEADER + row(0)))
    machine = probed(path=folder, MLU_VISIBLE_DEVICES="")
    assert [one["visible"] for one in machine["accelerators"]] == [False]
    assert [problem["rule"] for problem in machine["problems"]] == ["probe.cambricon.hidden"]


def test_tool_that_hangs(root: Root, probed: Probed, program: Program) -> None:
    proc(root)
    machine = probed(path=program("cnmon", "sleep 60"))
    assert machine["accelerators"][0]["name"] == "MLU370-S4"
    assert [problem["rule"] for problem in machine["problems"]] == ["probe.cambricon.timeout"]
