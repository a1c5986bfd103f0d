"""AWS Neuron: made-up devices of the driver, and a neuron-ls on the path."""

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recommender.facts.machine import Link
from recommender.probe.neuron import understood
from tests.probe.conftest import Root

Probed = Callable[..., dict[str, Any]]
Program = Callable[[str, str], Path]

FOLDER = "sys/devices/virtual/neuron_device"
OLD_TABLE = """
+--------------+---------+--------+-----------+-----------+------+------+
|   PCI BDF    | LOGICAL | NEURON |  MEMORY   |  MEMORY   | EAST | WEST |
|              |   ID    | CORES  | CHANNEL 0 | CHANNEL 1 |      |      |
+--------------+---------+--------+-----------+-----------+------+------+
| 0000:00:1c.0 |       0 |      4 | 4096 MB   | 4096 MB   |    1 |    0 |
| 0000:00:1d.0 |       1 |      4 | 4096 MB   | 4096 MB   |    0 |    1 |
+--------------+---------+--------+-----------+-----------+------+------+
"""
TABLE = """instance-type: trn1.32xlarge
instance-id: i-0a1b2c3d4e5f60718
+--------+--------+--------+-----------+---------+---------+---------+
| NEURON | NEURON | NEURON | CONNECTED |   PCI   |   CPU   |  NUMA   |
| DEVICE | CORES  | MEMORY |  DEVICES  |   BDF   | AFFINITY|  NODE   |
+--------+--------+--------+-----------+---------+---------+---------+
| 0      | 2      | 32 GB  | 1, 2      | 10:1c.0 | 0-31    | 0       |
| 1      | 2      | 32 GB  | 0, 2      | 10:1d.0 | 0-31    | 0       |
| 2      | 2      | 32 GB  | 0, 1      | a0:1c.0 | 32-63   | -1      |
+--------+--------+--------+-----------+---------+---------+---------+
"""


def entry(number: int, **facts: object) -> dict[str, object]:
    told = {"neuron_device": number, "bdf": f"00:1{number:x}.0", "nc_count": 2}
    return {**told, "memory_size": 32 << 30, "neuron_processes": [], **facts}


def printing(text: str) -> str:
    return f"printf '%s' {shlex.quote(text)}"


def devices(root: Root, count: int, kind: str = "Trn1") -> Root:
    """A computer with the driver's files of that many devices, and their nodes."""
    for number in range(count):
        root.file(f"dev/neuron{number}").file(f"{FOLDER}/neuron{number}/core_count", "2\n")
        root.file(f"{FOLDER}/neuron{number}/info/architecture/instance_type", f"{kind}\n")
    return root


def rules(machine: dict[str, Any]) -> list[str]:
    return [problem["rule"] for problem in machine["problems"]]


@pytest.mark.parametrize("bdf", ["00:1e.0", "0000:00:1e.0", "00000000:00:1E.0"])
def test_json(bdf: str) -> None:
    text = json.dumps([entry(0, bdf=bdf, instance_type="inf2.xlarge")])
    (one,) = understood(text).accelerators
    assert (one.bus_id, one.memory_gib, one.compute_units) == ("0000:00:1e.0", 32.0, 2)
    assert (one.name, one.chip) == ("Inferentia2", "inf2")


def test_json_behind_lines_of_a_log() -> None:
    lines = "INFO reading\ninstance-type: trn2.48xlarge\nlogical-neuroncore-config: 2\n"
    (one,) = understood(lines + json.dumps([entry(5)])).accelerators
    assert (one.chip, one.details["device_id"]) == ("trn2", 5)
    assert one.details["logical_nc_config"] == 2


def test_json_is_put_in_the_order_of_the_numbers() -> None:
    found = understood(json.dumps([entry(2, connected_to=[0]), entry(1), entry(0)]))
    assert [one.details["device_id"] for one in found.accelerators] == [0, 1, 2]
    assert found.links == (Link(kind="neuronlink", devices=(0, 2)),)


@pytest.mark.parametrize("size", [0, -1, None, "", True, "much", 10**400])
def test_json_without_a_size(size: object) -> None:
    found = understood(json.dumps([entry(3, memory_size=size)]))
    assert found.accelerators[0].memory_gib is None
    assert [problem.rule for problem in found.problems] == ["probe.neuron.memory"]


@pytest.mark.parametrize("wrong", [[], {}, ["x"], [{"neuron_device": None}], [None]])
def test_json_of_nothing(wrong: object) -> None:
    assert understood(json.dumps(wrong) + '"neuron_device"').accelerators == ()


def test_table() -> None:
    found = understood(TABLE)
    assert [one.memory_gib for one in found.accelerators] == [32.0, 32.0, 32.0]
    assert [one.numa_node for one in found.accelerators] == [0, 0, None]
    assert found.accelerators[2].bus_id == "0000:a0:1c.0"
    assert {one.name for one in found.accelerators} == {"Trainium1"}
    assert found.links == (Link(kind="neuronlink", devices=(0, 1, 2)),)


def test_table_of_the_first_releases() -> None:
    found = understood(OLD_TABLE)
    assert [one.memory_gib for one in found.accelerators] == [8.0, 8.0]
    assert [one.bus_id for one in found.accelerators] == ["0000:00:1c.0", "0000:00:1d.0"]


def test_table_with_further_lines_of_processes() -> None:
    text = """
+--------+--------+--------+---------+-------+---------+
| NEURON | NEURON | NEURON |   PCI   |  PID  | COMMAND |
| DEVICE | CORES  | MEMORY |   BDF   |       |         |
+--------+--------+--------+---------+-------+---------+
| 0      | 2      | 32 GB  | 00:1f.0 | 81    | a       |
|        |        |        |         | 82    | b       |
+--------+--------+--------+---------+-------+---------+
"""
    assert len(understood(text).accelerators) == 1


@pytest.mark.parametrize("length", range(0, len(TABLE), 37))
def test_table_that_is_cut(length: int) -> None:
    whole = understood(TABLE).accelerators
    for cut in understood(TABLE[:length]).accelerators:
        assert cut.details["device_id"] in {one.details["device_id"] for one in whole}


@pytest.mark.parametrize(
    "text",
    [
        'level=fatal msg="Failed to load system" error="failed to discover Neuron devices"',
        "Failed to open the neuron driver. instance i-0a1b2c3d4e5f60718",
    ],
)
def test_failures(text: str) -> None:
    (problem,) = understood(text).problems
    assert problem.rule == "probe.neuron.driver"
    assert "i-0a1b" not in problem.what


@pytest.mark.parametrize("text", ["", "\0\0", "hello", "[" * 5000, "| a | b |\n" * 500])
def test_other_texts(text: str) -> None:
    assert understood(text).accelerators == ()


def test_sysfs_alone(root: Root, probed: Probed) -> None:
    devices(root, 2).file(f"{FOLDER}/neuron0/connected_devices", "1\n")
    machine = probed()
    assert [one["name"] for one in machine["accelerators"]] == ["Trainium1", "Trainium1"]
    assert [one["memory_gib"] for one in machine["accelerators"]] == [None, None]
    assert machine["links"] == [{"kind": "neuronlink", "devices": [0, 1]}]
    assert rules(machine) == ["probe.neuron.tool"]


@pytest.mark.parametrize(
    ("variables", "count"),
    [
        ({}, 4),
        ({"NEURON_LOGICAL_NC_CONFIG": 1}, 8),
        ({"NEURON_RT_VIRTUAL_CORE_SIZE": 2}, 4),
        ({"NEURON_LOGICAL_NC_CONFIG": -1}, None),
    ],
)
def test_paired_cores(root: Root, probed: Probed, variables: Any, count: int | None) -> None:
    devices(root, 1, "Trn2").file(f"{FOLDER}/neuron0/core_count", "8\n")
    (device,) = probed(**variables)["accelerators"]
    assert device["compute_units"] == count


def test_memory_that_is_taken(root: Root, probed: Probed) -> None:
    devices(root, 1)
    for core in range(2):
        place = f"{FOLDER}/neuron0/neuron_core{core}/stats/memory_usage/device_mem/present"
        root.file(place, f"{1 << 30}\n")
    assert probed()["accelerators"][0]["used_gib"] == 2.0


def test_tool_and_sysfs(root: Root, probed: Probed, program: Program) -> None:
    devices(root, 2).file("sys/module/neuron/version", "2.19.64.0\n")
    machine = probed(path=program("neuron-ls", printing(json.dumps([entry(0), entry(1)]))))
    assert [one["name"] for one in machine["accelerators"]] == ["Trainium1", "Trainium1"]
    assert [one["memory_gib"] for one in machine["accelerators"]] == [32.0, 32.0]
    assert machine["software"]["neuron"] == "2.19.64.0"
    assert machine["problems"] == []


def test_tool_without_json(root: Root, probed: Probed, program: Program) -> None:
    devices(root, 3)
    script = f'[ "$1" = -j ] && {{ echo "unknown shorthand flag"; exit 1; }}\n{printing(TABLE)}'
    machine = probed(path=program("neuron-ls", script))
    assert [one["memory_gib"] for one in machine["accelerators"]] == [32.0, 32.0, 32.0]
    assert machine["problems"] == []


def test_tool_fails(root: Root, probed: Probed, program: Program) -> None:
    devices(root, 1)
    script = "echo 'FATA[0000] Failed to discover neuron devices' >&2; exit 1"
    machine = probed(path=program("neuron-ls", script))
    assert machine["accelerators"][0]["name"] == "Trainium1"
    assert rules(machine) == ["probe.neuron.driver"]


def test_name_by_the_bus(root: Root, probed: Probed, program: Program) -> None:
    root.pci("0000:00:10.0", "1d0f:7064", "088000", "neuron").file("dev/neuron0")
    (device,) = probed(path=program("neuron-ls", printing(json.dumps([entry(0)]))))["accelerators"]
    assert (device["name"], device["chip"]) == ("Inferentia1", "inf1")


@pytest.mark.parametrize(
    ("cores", "flags"),
    [("0", [True, False]), ("3", [False, True]), ("1-2", [True, True]), ("0,2", [True, True])],
)
def test_visible_cores(root: Root, probed: Probed, cores: str, flags: list[bool]) -> None:
    machine = probed(path=devices(root, 2).path, NEURON_RT_VISIBLE_CORES=cores)
    assert [one["visible"] for one in machine["accelerators"]] == flags


def test_all_cores_hidden(root: Root, probed: Probed) -> None:
    devices(root, 1)
    assert "probe.neuron.hidden" in rules(probed(NEURON_RT_VISIBLE_CORES="8-9"))


def test_errors_of_the_memory(root: Root, probed: Probed) -> None:
    place = "stats/hardware/mem_ecc_uncorrected/total"
    devices(root, 2).file(f"{FOLDER}/neuron1/{place}", "4\n")
    assert "probe.neuron.ecc" in rules(probed())
