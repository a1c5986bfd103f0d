"""MetaX: what mx-smi prints."""

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recommender.facts.machine import Link
from recommender.probe.metax import understood
from tests.probe.conftest import Root

Probed = Callable[..., dict[str, Any]]
Program = Callable[[str, str], Path]

LINE = "+---------------------+---------------------+----------------------+\n"
VERSIONS = """+---------------------------------------------------------------------------------+
| MX-SMI {tool}                       Kernel Mode Driver Version: {driver}            |
| MACA Version: {maca}            BIOS Version: 1.24.3.0                       |
"""
# The second release knew neither a board nor a mode of the slices.
OLD = """mx-smi  version: 2.1.9

Attached GPUs                                     : 2
+---------------------------------------------------------------------------------+
| MX-SMI 2.1.9                        Kernel Mode Driver Version: 2.9.8           |
| MACA Version: 2.29.0.19             BIOS Version: 1.20.3.0                      |
|------------------------------------+---------------------+----------------------+
| GPU         NAME                   | Bus-id              | GPU-Util             |
| Temp        Pwr:Usage/Cap          | Memory-Usage        |                      |
|====================================+=====================+======================|
| 0           MetaX C280             | 0000:0a:00.0        | 0%                   |
| 35C         40W / 280W             | 850/32768 MiB       |                      |
+------------------------------------+---------------------+----------------------+
| 1           MetaX C280             | 0000:8a:00.0        | 99%                  |
| 61C         201W / 280W            | 31744/32768 MiB     |                      |
+------------------------------------+---------------------+----------------------+
| Process:                                                                        |
|  GPU                    PID         Process Name                 GPU Memory     |
|                                                                  Usage(MiB)     |
|=================================================================================|
|  1                      5102        python3                      30720          |
+---------------------------------------------------------------------------------+
"""
LIST = """mx-smi  version: 2.2.4
GPU#0    MXC280      0000:0a:00.0   Available (UUID: GPU-aaaa)
GPU#1    MXC280      0000:8a:00.0   Not Available (UUID: GPU-bbbb)
"""
MEMORY = """GPU#0  MXC280  0000:0a:00.0
    Memory
        vis_vram total                   : 33554432 KB
        vis_vram used                    : 870400 KB
        vram total                       : 33554432 KB
        vram used                        : 870400 KB
GPU#1  MXC280  0000:8a:00.0
    Memory
        vis_vram total                   : 16777216 KB
        vis_vram used                    : 1048576 KB
"""
TOPOLOGY = """Attached GPUs                                     : 3
Device link type matrix
        GPU0    GPU1    GPU2    Node Affinity  CPU Affinity
GPU0    X       MX      NODE    0              0-31
GPU1    MX      X       NODE    0              0-31
GPU2    NODE    NODE    X       0              0-31
"""
BUS = "0000:0a:00.0"


def table(*rows: str, maca: str = "3.1.0.14") -> str:
    return VERSIONS.format(tool="2.2.8", driver="3.0.11", maca=maca) + LINE + "".join(rows)


def row(
    number: int, memory: str = "900/65536", state: str = "Available", mode: str = "Disabled"
) -> str:
    return (
        f"| {number}   MetaX C500   Off | 0000:{10 + number:02x}:00.0 | 0%   {mode} |\n"
        f"| 37C  50W / 350W  P0 | {memory} MiB | {state} |\n{LINE}"
    )


def printing(text: str) -> str:
    return f"printf '%s' {shlex.quote(text)}"


def rules(text: str) -> list[str | None]:
    return [problem.rule for problem in understood(text).problems]


def test_old_table() -> None:
    found = understood(OLD)
    assert [one.name for one in found.accelerators] == ["MetaX C280", "MetaX C280"]
    assert [one.bus_id for one in found.accelerators] == [BUS, "0000:8a:00.0"]
    assert [one.memory_gib for one in found.accelerators] == [32.0, 32.0]
    assert [one.used_gib for one in found.accelerators] == [0.83, 31.0]
    assert {name: told for name, (told, _) in found.software.items()} == {
        "versions.metax-driver": "2.9.8",
        "versions.mx-smi": "2.1.9",
        "maca": "2.29.0.19",
    }


def test_second_device_of_a_board() -> None:
    text = (
        "| 0     MetaX N260 | 0           Off | 0000:0a:00.0        | 0%          Disabled |\n"
        "| 57W / 350W       | 35C          P0 | 826/32768 MiB       | Available            |\n"
        "|                  | 1           Off | 0000:0b:00.0        | 0%          Disabled |\n"
        "|                  | 35C          P0 | 827/32768 MiB       | Available            |\n"
    )
    found = understood(table() + text).accelerators
    assert [one.name for one in found] == ["MetaX N260", "MetaX N260"]
    assert [one.details["index"] for one in found] == [0, 1]


def test_unknown_toolkit() -> None:
    assert "maca" not in understood(table(row(0), maca="unknown")).software


@pytest.mark.parametrize("memory", ["N/A/N/A", "0/0", "NA/NA"])
def test_unknown_memory(memory: str) -> None:
    text = table(row(0, memory=memory))
    assert understood(text).accelerators[0].memory_gib is None
    assert rules(text) == ["probe.metax.memory"]


def test_device_that_is_not_available() -> None:
    text = table(row(0), row(1, state="Not Available"))
    assert [one.usable_gib for one in understood(text).accelerators] == [None, 0.0]
    assert rules(text) == ["probe.metax.unhealthy"]


def test_slices_that_are_not_shown() -> None:
    text = table(row(0, mode="Enabled"))
    assert understood(text).accelerators[0].memory_gib == 64.0
    assert rules(text) == ["probe.metax.sgpu"]


def test_slices() -> None:
    slices = (
        "| 003   0   1   25%   512/16384 MiB   0% |\n| 004   0   2   50%   0/32768 MiB   0% |\n"
    )
    found = understood(table(row(0, mode="Enabled"), row(1)) + slices)
    assert [one.memory_gib for one in found.accelerators] == [16.0, 32.0, 64.0]
    assert [one.partition for one in found.accelerators] == ["sgpu 25%", "sgpu 50%", None]
    assert found.accelerators[0].details["card_gib"] == 64.0
    assert found.problems == ()


def test_list() -> None:
    found = understood(LIST)
    assert [one.details["unique_id"] for one in found.accelerators] == ["GPU-aaaa", "GPU-bbbb"]
    assert [one.usable_gib for one in found.accelerators] == [None, 0.0]


def test_memory_alone() -> None:
    found = understood(MEMORY).accelerators
    assert [one.memory_gib for one in found] == [32.0, 16.0]
    assert [one.used_gib for one in found] == [0.83, 1.0]


def test_json() -> None:
    entry = {"device_id": "1", "unavailable_reason": "driver error"}
    found = understood(json.dumps({BUS: entry, "0000:8a:00.0": {"device_id": 0}, "x": 3}))
    assert [one.bus_id for one in found.accelerators] == [BUS, "0000:8a:00.0"]
    assert found.accelerators[0].details["state"] == "unavailable (driver error)"
    assert found.accelerators[0].usable_gib == 0.0


def test_topology() -> None:
    found = understood(TOPOLOGY)
    assert (found.accelerators, found.problems) == ((), ())
    assert found.links == (Link(kind="metaxlink", devices=(0, 1)),)


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("mx-smi: no MetaX device is found, or not ready", "no-devices"),
        ("Failed to load metax driver", "driver"),
        ("Operation not permitted", "permission"),
    ],
)
def test_failures(text: str, end: str) -> None:
    assert rules(text) == [f"probe.metax.{end}"]


@pytest.mark.parametrize("text", ["", "\0", table(), "| 0 | 1 |\n" * 999, '{"device_id": []}'])
def test_other_texts(text: str) -> None:
    assert understood(text).accelerators == ()


@pytest.mark.parametrize("length", range(0, len(OLD), 61))
def test_table_that_is_cut(length: int) -> None:
    found = understood(OLD[:length])
    assert {one.memory_gib for one in found.accelerators} <= {32.0, None}


def test_links_between_slices(root: Root, probed: Probed, program: Program) -> None:
    root.file("dev/mxcd")
    slices = "| 003   0   1   25%   0/16384 MiB   0% |\n| 004   0   2   25%   0/16384 MiB   0% |\n"
    shown = table(row(0, mode="Enabled"), row(1), row(2)) + slices
    script = f'[ "$1" = topo ] && {{ {printing(TOPOLOGY)}; exit; }}\n{printing(shown)}'
    machine = probed(path=program("mx-smi", script))
    assert machine["links"] == [{"kind": "metaxlink", "devices": [0, 1, 2]}]


def test_container_without_its_toolkit(root: Root, probed: Probed, program: Program) -> None:
    root.pci(BUS, "9999:4001", "038000", "metax").pci(
        "0000:8a:00.0", "9999:4001", "038000", "metax"
    )
    root.file(".dockerenv").file("dev/mxcd")
    machine = probed(path=program("mx-smi", printing(table(row(0), maca="unknown"))))
    assert [one["bus_id"] for one in machine["accelerators"]] == [BUS]
    assert machine["problems"] == []


def test_virtual_functions_for_guests(root: Root, probed: Probed, program: Program) -> None:
    guest = "0000:0a:00.1"
    root.pci(BUS, "9999:4001", "038000", "metax").pci(guest, "9999:4001", "038000", "metax")
    root.file(f"sys/bus/pci/devices/{guest}/physfn/vendor").file("dev/mxcd")
    machine = probed(path=program("mx-smi", printing(table(row(0)))))
    assert [one["bus_id"] for one in machine["accelerators"]] == [BUS]


@pytest.mark.parametrize("name", ["MACA_VISIBLE_DEVICES", "CUDA_VISIBLE_DEVICES"])
def test_hidden_devices(root: Root, probed: Probed, program: Program, name: str) -> None:
    root.file("dev/mxcd")
    folder = program("mx-smi", printing(table(row(0), row(1))))
    machine = probed(path=folder, **{name: "1"})
    assert [one["visible"] for one in machine["accelerators"]] == [False, True]
