"""One list of devices out of what readers and the bus tell."""

from dataclasses import replace

from recommender.facts import Link, Machine, Problem, Software
from recommender.probe import merging
from recommender.probe.context import Findings, PciDevice
from recommender.probe.parts import Part, device


def on_bus(bus_id: str, ids: str = "19e5:d802", vendor: str = "huawei") -> PciDevice:
    return PciDevice(
        vendor=vendor, pci_id=ids, bus_id=bus_id, driver="drv", driver_bound=True, numa_node=1
    )


def told(name: str, bus_id: str | None = None, vendor: str = "huawei") -> Findings:
    part = Part(source="npu-smi", facts={"vendor": vendor, "name": name, "bus_id": bus_id})
    return Findings(devices=(device(part),))


def test_a_device_that_a_reader_told_gets_what_the_bus_knows() -> None:
    found = merging.merged({"ascend": told("910B3", "0000:c1:00.0")}, (on_bus("0000:c1:00.0"),))
    (one,) = found.devices
    assert (one.accelerator.name, one.accelerator.numa_node) == ("910B3", 1)
    assert one.evidence["name"] == "npu-smi"
    assert one.evidence["pci_id"] == "/sys/bus/pci/devices/0000:c1:00.0"


def test_devices_that_no_reader_told_come_last() -> None:
    bus = (on_bus("0000:01:00.0"), on_bus("0000:c1:00.0"))
    found = merging.merged({"ascend": told("910B3", "0000:c1:00.0")}, bus)
    assert [(a.index, a.bus_id) for a in found.accelerators] == [
        (0, "0000:c1:00.0"),
        (1, "0000:01:00.0"),
    ]


def test_devices_without_an_address_are_those_of_their_vendor_on_the_bus() -> None:
    bus = (on_bus("0000:01:00.0"), on_bus("0000:02:00.0", "10de:2330", "nvidia"))
    found = merging.merged({"ascend": told("310")}, bus)
    assert [a.vendor for a in found.accelerators] == ["huawei", "nvidia"]


def test_a_nameless_gaudi_does_not_hide_the_graphics_of_the_processor() -> None:
    bus = (
        on_bus("0000:00:02.0", "8086:46a6", "intel"),
        on_bus("0000:e9:00.0", "1da3:1060", "intel"),
    )
    found = merging.merged({"gaudi": told("HL-325L", vendor="intel")}, bus)
    assert [a.pci_id for a in found.accelerators] == [None, "8086:46a6"]


def test_devices_of_others_are_left_out() -> None:
    found = merging.merged({"amd": Findings(not_ours=("0000:c1:00.0",))}, (on_bus("0000:c1:00.0"),))
    assert found.devices == ()


def test_links_versions_and_problems_go_into_the_machine() -> None:
    second = Findings(
        devices=told("B").devices * 2,
        links=(Link(kind="hccs", devices=(0, 1)),),
        software={"cann": ("8.2", "/a"), "versions.npu-smi": ("25.5", "npu-smi")},
        problems=(Problem(what="x"),),
    )
    found = merging.merged({"nvidia": told("A"), "ascend": second}, ())
    known = Machine(
        software=Software(absent=("cann", "rocm"), versions={"nvidia-ctk": "1"}),
        problems=(Problem(what="w"),),
    )
    machine = merging.machine(known, found)
    assert machine.links == (Link(kind="hccs", devices=(1, 2)),)
    assert machine.software.cann == "8.2"
    assert machine.software.absent == ("rocm",)
    assert machine.software.versions == {"nvidia-ctk": "1", "npu-smi": "25.5"}
    assert [problem.what for problem in machine.problems] == ["w", "x"]
    assert merging.evidence(found)["software.versions.npu-smi"] == "npu-smi"
    assert merging.evidence(found)["accelerators.2.name"] == "npu-smi"


def test_shares_of_a_card_are_for_guests() -> None:
    share = replace(on_bus("0000:c1:00.1"), virtual_function=True, driver_bound=False)
    found = merging.merged({}, (on_bus("0000:c1:00.0"), share))
    assert [a.bus_id for a in found.accelerators] == ["0000:c1:00.0"]
    assert found.problems == ()
