"""Intel Gaudi: what hl-smi prints in its releases, and hosts and containers with such devices."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recommender.facts.machine import Os
from recommender.probe import gaudi
from recommender.probe.context import Context, Findings, PciDevice
from recommender.probe.files import Files
from tests.probe.conftest import Root

Probed = Callable[..., dict[str, Any]]
Program = Callable[[str, str], Path]

FIRST, SECOND = "0000:19:00.0", "0000:1a:00.0"
TABLE = """\
+-----------------------------------------------------------------------------+
| HL-SMI Version:                              hl-1.22.0-fw-60.1.0.0          |
| Driver Version:                                     1.22.0-17cc6c0          |
| Nic Driver Version:                                 1.22.0-e5f4a1d          |
|-------------------------------+----------------------+----------------------+
| AIP  Name        Persistence-M| Bus-Id        Disp.A | Volatile Uncor-Events|
| Fan  Temp  Perf  Pwr:Usage/Cap|         Memory-Usage | AIP-Util  Compute M. |
|===============================+======================+======================|
|   0  HL-328              N/A  | 0000:19:00.0     N/A |                   0  |
| N/A   37C   P0  211W /  600W  | 20480MiB / 131072MiB |    33%           41% |
|-------------------------------+----------------------+----------------------+
|   1  HL-328              N/A  | 0000:1a:00.0     N/A |                   2  |
| N/A   35C   P0  198W /  600W  |   672MiB / 131072MiB |     0%            0% |
|-------------------------------+----------------------+----------------------+
| Compute Processes:                                               AIP Memory |
|  AIP       PID   Type   Process name                             Usage      |
|=============================================================================|
|   0      40112     C    python3                                  19808MiB   |
+=============================================================================+
"""
OLD = """\
+-----------------------------------------------------------------------------+
| HL-SMI Version:                            hl-1.6.1-fw-38.2.0.1             |
| Driver Version:                                      1.6.0-3a51be7          |
|-------------------------------+----------------------+----------------------+
|   0  HL-205              N/A  | 0000:19:00.0     N/A |                   0  |
| N/A   40C   N/A    99W / 350W |   1024Mib / 32768Mib |     0%           N/A |
|-------------------------------+----------------------+----------------------+
"""
LOG = """\
================ HL-SMI LOG ================

Driver Version                          : 1.15.1-62f612b
HL-SMI Version                          : hl-1.15.1-fw-49.0.0.0 (Mar 25 2024 - 18:02:11)
Attached AIPs                           : 2

[0] AIP (accel0) 0000:19:00.0
        Product Name                    : HL-225B
        Module status                   : Operational
        Module ID                       : 3
        PCI
                Bus                     : 0x19
                Bus Id                  : 0000:19:00.0
        Memory Usage
                Total                   : 98304 MB
                Used                    : 3072 MB
[1] AIP (accel1) 0000:1a:00.0
        Product Name                    : HL-225B
        Module status                   : Needs reset
        Module ID                       : 1
        PCI
                Bus Id                  : 0000:1a:00.0
        Memory Usage
                Total                   : 98304 MB
                Used                    : 768 MB
"""
WITH_HEADER = """\
uuid, memory.total [MiB], index, name, bus_id, driver_version
01P4-HL3090A0-18-U4V193-22-07-00, 131072 MiB, 4, HL-325L, 0000:19:00.0, 1.21.0-ca59b5a
"""
WITHOUT_HEADER = (
    "4, 01P4-HL3090A0-18-U4V193-22-07-00, HL-325L, 672 MiB, 131072 MiB, 1.21.0-ca59b5a\n"
)
BARE_NUMBERS = """\
index, name, memory.total [MiB], memory.used [MiB]
0, HL-288, 98304, 768
"""


def facts(found: Findings, *names: str) -> list[tuple[Any, ...]]:
    return [tuple(getattr(one, name) for name in names) for one in found.accelerators]


def rules(problems: Any) -> list[str]:
    return [one["rule"] if isinstance(one, dict) else one.rule for one in problems]


def products(found: Findings) -> set[Any]:
    return {one.details.get("product") for one in found.accelerators}


def test_the_table_with_a_second_driver() -> None:
    found = gaudi.understood(TABLE)
    assert facts(found, "name", "bus_id", "memory_gib", "used_gib", "unified") == [
        ("HL-328", FIRST, 128.0, 20.0, False),
        ("HL-328", SECOND, 128.0, 0.656, False),
    ]
    assert products(found) == {"Gaudi 3"}
    assert {name: read[0] for name, read in found.software.items()} == {
        "habana": "1.22.0-17cc6c0",
        "versions.hl-smi": "hl-1.22.0-fw-60.1.0.0",
    }


def test_the_unit_of_old_releases() -> None:
    found = gaudi.understood(OLD)
    assert facts(found, "name", "memory_gib", "used_gib") == [("HL-205", 32.0, 1.0)]
    assert products(found) == {"Gaudi"}


def test_the_log_tells_modules_and_states() -> None:
    found = gaudi.understood(LOG)
    assert facts(found, "name", "bus_id", "memory_gib", "used_gib", "usable_gib") == [
        ("HL-225B", FIRST, 96.0, 3.0, None),
        ("HL-225B", SECOND, 96.0, 0.75, 0.0),
    ]
    assert [one.details["module_id"] for one in found.accelerators] == [3, 1]
    assert products(found) == {"Gaudi 2"}
    assert rules(found.problems) == ["probe.gaudi.unhealthy"]


@pytest.mark.parametrize("text", [WITH_HEADER, WITHOUT_HEADER])
def test_columns_in_any_order(text: str) -> None:
    found = gaudi.understood(text)
    assert facts(found, "name", "memory_gib") == [("HL-325L", 128.0)]
    assert found.accelerators[0].details["index"] == 4
    assert found.software["habana"][0] == "1.21.0-ca59b5a"


def test_units_that_stand_in_the_header_only() -> None:
    found = gaudi.understood(BARE_NUMBERS)
    assert facts(found, "name", "memory_gib", "used_gib") == [("HL-288", 96.0, 0.75)]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("Error: failed to initialize HLML: driver is not loaded\n", "driver"),
        ("No devices found\n", "no-devices"),
        ("hl-smi: /dev/accel/accel0: Permission denied\n", "permission"),
    ],
)
def test_failures_are_worded_with_the_way_to_mend_them(text: str, rule: str) -> None:
    found = gaudi.understood(text)
    assert (found.devices, rules(found.problems)) == ((), [f"probe.gaudi.{rule}"])


@pytest.mark.parametrize(
    "text", ["", "\0", "HL-225\n", "0, HL-225", "| 0 | HL-225 |\n" * 9, ",,\n"]
)
def test_text_of_no_known_form_tells_no_memory(text: str) -> None:
    assert {one.memory_gib for one in gaudi.understood(text).accelerators} <= {None}


@pytest.mark.parametrize("text", [TABLE, OLD, LOG, WITH_HEADER, WITHOUT_HEADER])
def test_answers_cut_anywhere_tell_no_wrong_memory(text: str) -> None:
    right = {one[0] for one in facts(gaudi.understood(text), "memory_gib")} | {None}
    for end in range(0, len(text), 3):
        assert {one[0] for one in facts(gaudi.understood(text[:end]), "memory_gib")} <= right


# The probe


def host(root: Root, *addresses: str) -> None:
    for address in addresses:
        root.pci(address, "1da3:1060", "120000", "habanalabs")


def test_the_bus_tells_the_product_where_there_is_no_tool(root: Root, probed: Probed) -> None:
    host(root, FIRST)
    root.file("sys/module/habanalabs/version", "1.22.0-17cc6c0\n")
    found = probed()
    (one,) = found["accelerators"]
    assert (one["vendor"], one["memory_gib"], one["bus_id"]) == ("intel", None, FIRST)
    assert one["details"]["product"] == "Gaudi 3"
    assert found["software"]["habana"] == "1.22.0-17cc6c0"
    assert rules(found["problems"]) == ["probe.gaudi.tool"]


def test_the_table_is_read_where_no_fields_can_be_asked_for(
    root: Root, probed: Probed, program: Program
) -> None:
    host(root, FIRST, SECOND)
    path = program("hl-smi", f'[ "$1" = -Q ] && exit 1\nprintf "%s" "{TABLE}"')
    found = probed(path=path)
    assert [one["memory_gib"] for one in found["accelerators"]] == [128.0, 128.0]
    assert found["software"]["versions"]["hl-smi"] == "hl-1.22.0-fw-60.1.0.0"
    assert found["problems"] == []


def test_a_device_that_the_tool_does_not_show_cannot_be_used(
    root: Root, probed: Probed, program: Program
) -> None:
    host(root, FIRST, SECOND, "0000:b3:00.0")
    found = probed(path=program("hl-smi", f'printf "%s" "{TABLE}"'))
    usable = [one["usable_gib"] for one in found["accelerators"]]
    assert usable == [None, None, 0.0]
    assert rules(found["problems"]) == ["probe.gaudi.lost"]


def test_a_tool_that_hangs_is_given_up(root: Root, probed: Probed, program: Program) -> None:
    host(root, FIRST)
    found = probed(path=program("hl-smi", "sleep 60"))
    assert len(found["accelerators"]) == 1
    assert rules(found["problems"]) == ["probe.gaudi.timeout"]


@pytest.mark.parametrize(("modules", "expected"), [("1", [False, True]), ("7", [False, False])])
def test_modules_that_the_environment_leaves(
    root: Root, probed: Probed, program: Program, modules: str, expected: list[bool]
) -> None:
    host(root, FIRST, SECOND)
    healthy = LOG.replace("Needs reset", "Operational")
    found = probed(
        path=program("hl-smi", f'printf "%s" "{healthy}"'), HABANA_VISIBLE_MODULES=modules
    )
    assert [one["visible"] for one in found["accelerators"]] == expected
    assert rules(found["problems"]) == ([] if any(expected) else ["probe.gaudi.hidden"])


def contained(root: Root, program: Program, answer: str, *nodes: str) -> Findings:
    bus = tuple(
        PciDevice(vendor="intel", pci_id="1da3:1060", bus_id=address, driver_bound=True)
        for address in (FIRST, SECOND, "0000:b3:00.0")
    )
    root.files({f"dev/accel/{node}": "" for node in nodes})
    env = {"PATH": f"{program('hl-smi', answer)}:/usr/bin:/bin"}
    return gaudi.probe(Context(files=Files(root.path), env=env, os=Os(container="docker"), pci=bus))


def test_a_container_counts_the_devices_that_its_tool_shows(root: Root, program: Program) -> None:
    found = contained(root, program, f'printf "%s" "{TABLE}"', "accel0", "accel1")
    assert [one.bus_id for one in found.accelerators] == [FIRST, SECOND]
    assert found.not_ours == ("0000:b3:00.0",)
    assert found.problems == ()


def test_a_container_without_devices_is_told_how_to_get_them(root: Root, program: Program) -> None:
    found = contained(root, program, "echo 'No devices found'; exit 1")
    assert {one.usable_gib for one in found.accelerators} == {0.0}
    assert rules(found.problems) == ["probe.gaudi.devices"]
    assert "--runtime=habana" in (found.problems[0].fix or "")
