"""Ascend chips by their device nodes and by the bus: all that is seen where npu-smi tells nothing.

The driver makes a node ``davinciN`` a chip and three for all of them; a container has those that
it was started with, while its bus shows all of the host.
"""

import re

from recommender.probe.ascend.chips import VENDOR, pci_family
from recommender.probe.context import Context, PciDevice
from recommender.probe.files import Files
from recommender.probe.parts import Device, Part, device

PCI_VENDOR = "19e5"
# Any node of a group will do: the driver of the 950 has another name for that of the memory.
_SHARED = (("davinci_manager",), ("devmm_svm", "asdrv_svm"), ("hisi_hdc",))
_CHIP = re.compile(r"davinci(\d+)")


def devices(context: Context) -> tuple[Device, ...]:
    """A device a node; those of the bus where there is no node. Names and sizes are unknown."""
    own = context.bound(PCI_VENDOR)
    numbers = _numbers(context.files)
    if not numbers:
        return tuple(_on_bus(seen) for seen in own)
    families = {pci_family(seen.pci_id) for seen in own}
    # Which node is which device on the bus is not known, so all must agree.
    family = families.pop() if len(families) == 1 else None
    return tuple(_node(number, family) for number in numbers)


def lost(bus_id: str) -> Device:
    """A device on the bus that the driver holds but does not offer."""
    facts = {"vendor": VENDOR, "usable_gib": 0.0, "bus_id": bus_id, "driver_bound": True}
    return device(Part(source="npu-smi info", facts=facts))


def missing(files: Files) -> tuple[str, ...]:
    """Nodes that every program needs and that are not there (``davinci_manager``, ...)."""
    absent = [names[0] for names in _SHARED if not any(files.exists(f"dev/{n}") for n in names)]
    return (*absent, *(() if _numbers(files) else ("davinci0",)))


def denied(files: Files) -> tuple[str, ...]:
    """Nodes that are there, but that this user may not open."""
    shared = [name for names in _SHARED for name in names]
    every = [*shared, *(f"davinci{number}" for number in _numbers(files))]
    there = [name for name in every if files.exists(f"dev/{name}")]
    return tuple(n for n in there if not files.openable(f"dev/{n}"))


def _numbers(files: Files) -> list[int]:
    matches = (_CHIP.fullmatch(name) for name in files.names("dev"))
    return sorted(int(match[1]) for match in matches if match)


def _node(number: int, family: str | None) -> Device:
    facts = {
        "vendor": VENDOR,
        "chip": family,
        "driver_bound": True,
        "details": {"phy_id": number},
    }
    return device(Part(source=f"/dev/davinci{number}", facts=facts))


def _on_bus(seen: PciDevice) -> Device:
    facts = {
        "vendor": VENDOR,
        "chip": pci_family(seen.pci_id),
        "driver_bound": True,
        "bus_id": seen.bus_id,
    }
    return device(Part(source=f"/sys/bus/pci/devices/{seen.bus_id}", facts=facts))
