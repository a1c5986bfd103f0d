"""One list of devices out of what the vendors' readers and the bus tell."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from recommender.facts.machine import Accelerator, Link, Machine, Software
from recommender.probe import parts, pci
from recommender.probe.context import Findings, PciDevice, Read
from recommender.probe.parts import Device, completed
from recommender.probe.signs import READERS

_VERSIONS = "versions."


def merged(found: Mapping[str, Findings], bus: tuple[PciDevice, ...]) -> Findings:
    """All findings as one: each device once, with what the bus knows of it; indexes run through.

    Args:
        found: what each reader found, by its name.
        bus: what lies on the PCI bus.

    """
    last = {name for name in found if name in READERS and READERS[name].last_resort}
    told = [a for name, one in found.items() if name not in last for a in one.accelerators]
    found = {name: untold(one, told) if name in last else one for name, one in found.items()}
    every = tuple(found.values())
    devices: list[Device] = []
    links: list[Link] = []
    for findings in (*every, Findings(devices=tuple(_untold(found, bus)))):
        links += [_shifted(link, len(devices)) for link in findings.links]
        devices += findings.devices
    places = {device.bus_id: device for device in bus}
    numbered = (_placed(device, index, places) for index, device in enumerate(devices))
    return Findings(
        devices=tuple(numbered),
        links=tuple(links),
        software={name: read for one in every for name, read in one.software.items()},
        problems=(
            *(problem for one in every for problem in one.problems),
            *pci.problems(bus, _explained(found)),
        ),
    )


def machine(known: Machine, found: Findings) -> Machine:
    """``known`` with the devices, links, versions and problems of ``found``."""
    return replace(
        known,
        accelerators=found.accelerators,
        links=found.links,
        software=_with(known.software, found.software),
        problems=(*known.problems, *found.problems),
    )


def evidence(found: Findings) -> dict[str, str]:
    """Where the facts of ``found`` were read, by their paths in the machine."""
    devices = {
        f"accelerators.{index}.{name}": source
        for index, device in enumerate(found.devices)
        for name, source in device.evidence.items()
    }
    return {
        **devices,
        **{f"software.{name}": source for name, (_, source) in found.software.items()},
    }


def untold(found: Findings, told: Sequence[Accelerator]) -> Findings:
    """``found`` without the devices that other readers told of.

    Args:
        found: what a last resort gave.
        told: what the others did. A device without an address is taken to be among those of its
            vendor.

    """
    vendors = {one.vendor for one in told}
    addresses = {one.bus_id for one in told}
    left = tuple(
        one
        for one in found.devices
        if one.accelerator.bus_id not in addresses
        and (one.accelerator.bus_id or one.accelerator.vendor not in vendors)
    )
    return replace(found, devices=left)


def _explained(found: Mapping[str, Findings]) -> set[str]:
    """PCI vendors whose reader found something wrong."""
    named = (name for name, findings in found.items() if findings.problems and name in READERS)
    return {vendor for name in named for vendor in READERS[name].pci}


def _untold(found: Mapping[str, Findings], bus: tuple[PciDevice, ...]) -> Iterator[Device]:
    """Devices of the bus that no reader told of.

    Where a reader told devices without an address, its own on the bus are those.
    """
    told: set[str | None] = set()
    nameless: set[str] = set()
    for name, findings in found.items():
        addresses = {accelerator.bus_id for accelerator in findings.accelerators}
        told |= addresses.union(findings.not_ours)
        if None in addresses and name in READERS:
            nameless.update(READERS[name].pci)
    for device in bus:
        known = device.bus_id in told or (device.driver_bound and device.pci_id[:4] in nameless)
        # A virtual function is a share of its card, for a guest; the card is told by itself.
        if not known and not device.virtual_function:
            yield parts.device(pci.part(device))


def _placed(device: Device, index: int, places: dict[str, PciDevice]) -> Device:
    seen = places.get(device.accelerator.bus_id or "")
    whole = completed(device, pci.part(seen)) if seen else device
    return replace(whole, accelerator=replace(whole.accelerator, index=index))


def _shifted(link: Link, places: int) -> Link:
    return replace(link, devices=tuple(device + places for device in link.devices))


def _with(installed: Software, found: Mapping[str, Read]) -> Software:
    values: dict[str, Any] = {
        name: value for name, (value, _) in found.items() if not name.startswith(_VERSIONS)
    }
    versions = {
        name.removeprefix(_VERSIONS): value
        for name, (value, _) in found.items()
        if name.startswith(_VERSIONS)
    }
    return replace(
        installed,
        absent=tuple(name for name in installed.absent if name not in values),
        versions={**installed.versions, **versions},
        **values,
    )
