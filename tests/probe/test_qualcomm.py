"""Qualcomm Cloud AI: what qaic-util prints, and the bus where it is missing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recommender.probe import qualcomm
from recommender.probe.context import Context, Findings, PciDevice
from recommender.probe.files import Files
from tests.probe.conftest import Root

Program = Callable[[str, str], Path]

PLACE = "0000:c3:00.0"
TEXT = """\
LRT QC_IMAGE_VERSION: LRT.AIC.6.9.2.1.14
Number of devices: 2
QID 0
\tStatus:Ready
\tPCI Address:0000:c3:00.0
\tPCI Info:Processing accelerators [1200] Qualcomm Device a100
\tFW Version:1.8.21
\tFW IMAGE_VARIANT:AIC100.REL
\tSKU Type:PCIe Pro
\tDram Total:32768 MB
\tDram Free:24576 MB
\tNsp Total:14
QID 3
\tStatus:Error
\tPCI Address:0000:c4:00.0
\tDram Total:33554432 KB
"""
JSON = """\
{"device_info": [{"qid": 1, "dev_status": "Ready", "pci_address": "0000:c3:00.0",
"dram_total": "16384 MB", "dram_free": "16000 MB", "sku_type": "M.2"}, "rest"]}
"""


def facts(found: Findings, *names: str) -> list[tuple[Any, ...]]:
    return [tuple(getattr(one, name) for name in names) for one in found.accelerators]


def rules(found: Findings) -> list[str | None]:
    return [one.rule for one in found.problems]


def test_each_device_of_the_text() -> None:
    found = qualcomm.understood(TEXT)
    assert facts(found, "name", "bus_id", "memory_gib", "used_gib", "usable_gib") == [
        ("Qualcomm Cloud AI 100", PLACE, 32.0, 8.0, None),
        (None, "0000:c4:00.0", 32.0, None, 0.0),
    ]
    details = found.accelerators[0].details
    assert (details["index"], details["sku"], details["nsp"]) == (0, "PCIe Pro", 14)
    assert found.software["versions.qaic-runtime"] == ("LRT.AIC.6.9.2.1.14", "qaic-util -q")
    assert rules(found) == ["probe.qualcomm.unhealthy"]


def test_the_same_as_json() -> None:
    found = qualcomm.understood(JSON)
    assert facts(found, "vendor", "bus_id", "memory_gib", "used_gib") == [
        ("qualcomm", PLACE, 16.0, 0.375)
    ]


@pytest.mark.parametrize("text", ["", "QID\n", '{"device_info": 3}', '{"device_info": [{}]}', "\0"])
def test_text_of_no_known_form_tells_nothing(text: str) -> None:
    assert qualcomm.understood(text) == Findings()


def test_a_device_without_its_memory_says_so() -> None:
    found = qualcomm.understood(TEXT[: TEXT.index("\tDram Total")])
    assert facts(found, "bus_id", "memory_gib") == [(PLACE, None)]
    assert rules(found) == ["probe.qualcomm.memory"]


def test_too_many_devices_are_no_answer_of_a_computer() -> None:
    assert len(qualcomm.understood("QID 0\n" * 5000).devices) <= 256


# The probe


def probed(root: Root, env: dict[str, str], *, live: bool = True) -> Findings:
    bus = PciDevice(vendor="qualcomm", pci_id="17cb:a100", bus_id=PLACE, driver_bound=True)
    return qualcomm.probe(Context(files=Files(root.path), env=env, live=live, pci=(bus,)))


def test_the_tool_is_asked(root: Root, program: Program) -> None:
    path = program("qaic-util", f'[ "$*" = -q ] && printf "%s" "{TEXT}"')
    found = probed(root, {"PATH": f"{path}:/usr/bin:/bin"})
    assert facts(found, "memory_gib") == [(32.0,), (32.0,)]


def test_the_bus_tells_the_chip_where_there_is_no_tool(root: Root) -> None:
    found = probed(root, {"PATH": "/nowhere"})
    assert facts(found, "name", "bus_id", "memory_gib") == [("Qualcomm Cloud AI 100", PLACE, None)]
    assert rules(found) == ["probe.qualcomm.tool"]


def test_a_tool_that_fails_is_quoted(root: Root, program: Program) -> None:
    path = program("qaic-util", "echo 'Failed to open device: Permission denied'; exit 1")
    found = probed(root, {"PATH": f"{path}:/usr/bin:/bin"})
    assert facts(found, "bus_id") == [(PLACE,)]
    assert rules(found) == ["probe.qualcomm.permission"]


def test_a_recorded_computer_is_not_asked(root: Root) -> None:
    found = probed(root, {}, live=False)
    assert (facts(found, "bus_id"), found.problems) == ([(PLACE,)], ())
