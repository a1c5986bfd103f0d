"""Names of PCI devices out of the database that most systems carry (``pci.ids``)."""

import re
from collections.abc import Iterable

from recommender.probe import parts
from recommender.probe.files import Files, clean
from recommender.probe.parts import Device, Part

# Debian's, Fedora's and Arch's, the project's own, and that of update-pciids.
_PLACES = (
    *("usr/share/misc/pci.ids", "usr/share/hwdata/pci.ids", "usr/share/pci.ids"),
    "var/lib/pciutils/pci.ids",
)
# The database has 1.6 MB.
_BYTES = 1 << 22
# A vendor's devices end where the next line begins that is neither indented nor a remark.
_NEXT_VENDOR = re.compile(r"\n[^\t#\n]")
_BRACKETED = re.compile(r"\[([^\[\]]+)\]$")
# Makers of whose chips the database gives the product in brackets; others put families there.
_PRODUCT_IN_BRACKETS = frozenset(("10de", "1002", "8086", "1da3"))
# What is written for a device without a name.
_NAMELESS = re.compile(r"(?:Device|Unknown device)(?: [0-9a-f]{4})?")


def completed(files: Files, devices: Iterable[Device]) -> tuple[Device, ...]:
    """The devices; those without a name have that of the database, where it knows them.

    It is read only if there is such a device, and then once.
    """
    devices = tuple(devices)
    wanted = {d.accelerator.pci_id for d in devices if not d.accelerator.name} - {None}
    text, source = _database(files) if wanted else ("", "")
    names = {pci_id: _find(text, *pci_id.split(":", 1)) for pci_id in wanted if pci_id}
    return tuple(
        parts.completed(device, Part(source=f"/{source}", facts={"name": name}))
        if not device.accelerator.name and (name := names.get(device.accelerator.pci_id or ""))
        else device
        for device in devices
    )


def shown(vendor: str, text: str) -> str | None:
    """The name to show: of ``GA102 [GeForce RTX 3090]`` the product.

    Products that share a number stay together, as in ``Radeon RX 6700/6700 XT``. None where the
    text is no name.
    """
    text = clean(" ".join(text.split()))
    product = _BRACKETED.search(text) if vendor in _PRODUCT_IN_BRACKETS else None
    name = product[1] if product else text
    return None if not name or _NAMELESS.fullmatch(name) else name


def _database(files: Files) -> tuple[str, str]:
    texts = ((files.text(place, _BYTES), place) for place in _PLACES)
    return next(((text, place) for text, place in texts if text), ("", _PLACES[0]))


def _find(text: str, vendor: str, device: str = "") -> str | None:
    start = text.find(f"\n{vendor}  ")
    if start < 0:
        return None
    place = text.find(f"\n\t{device}  ", start)
    if place < 0 or _NEXT_VENDOR.search(text, start + 1, place):
        return None
    return shown(vendor, text[place + 8 : place + 200].partition("\n")[0])
