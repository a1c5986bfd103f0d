"""One display adapter of Windows as a device, whichever program told of it."""

import re
from collections.abc import Iterator

from recommender.facts.machine import Problem
from recommender.facts.noun import noun
from recommender.probe.files import clean, integer
from recommender.probe.normal import BYTES_PER_GIB, gib
from recommender.probe.parts import Device, Part, device
from recommender.probe.windows.texts import Record

# PCI or ACPI vendor -> our word; the words that their products' names have.
_IDS = {
    "10de": "nvidia",
    "1002": "amd",
    "8086": "intel",
    "1ed5": "moore-threads",
    "17cb": "qualcomm",
    "qcom": "qualcomm",
}
_WORDS = (
    ("nvidia", ("nvidia", "geforce", "quadro", "tesla")),
    ("amd", ("amd", "radeon", "ati technologies")),
    ("intel", ("intel",)),
    ("qualcomm", ("qualcomm", "adreno")),
    ("moore-threads", ("moore threads", "mtt s")),
)
# Adapters of remote desktops, of screens on USB and of virtual machines draw but do not compute.
_VIRTUAL = re.compile(
    r"virtual|remote|indirect|mirror|iddcx|displaylink|link display|citrix|parsec|rdp\b|spacedesk",
    re.IGNORECASE,
)
_IDENTITY = re.compile(r"VEN_([0-9A-Z]{4})&(?:amp;)?DEV_([0-9A-Z]{4})", re.IGNORECASE)
_ADRENO = re.compile(r"\\QCOM", re.IGNORECASE)
_PLACE = re.compile(r"\((\d+),(\d+),(\d+)\)|bus (\d+), device (\d+), function (\d+)")
# Graphics that are part of a processor, by the names of their drivers.
_INTEGRATED = re.compile(
    r"radeon(\(tm\))? (graphics|r[2-7] graphics|[678]\d0m|80[456]0s)"
    r"|vega \d+ graphics|adreno"
    r"|\bu?hd graphics|\biris\b(?!.*\bmax\b)|intel\(r\) graphics|arc\(tm\) graphics"
    r"|\b1[34]0[tv]\b|\bb3[79]0\b",
    re.IGNORECASE,
)
_MEBIBYTES = re.compile(r"(\d+) MB", re.IGNORECASE)
# AdapterRAM has 32 bits, which some programs take as signed: what does not fit is told as the
# largest whole MiB below 4 GiB, or more.
_FULL, _MOST = 0xFFF00000, 1 << 32
_CODES = {
    10: "cannot start",
    22: "is disabled in the Device Manager",
    28: "has no driver",
    31: "has no driver that Windows could load",
    43: "was stopped by Windows because its driver reported a fault",
    52: "has a driver without a valid signature",
}
_NO_DRIVER = 28
_ASK_REGISTRY = (
    r"reg query HKLM\SYSTEM\CurrentControlSet\Control\Class\{4d36e968-e325-11ce-bfc1-08002be10318}"
    " /s /v HardwareInformation.qwMemorySize"
)


@noun
class Adapter:
    """What a record says; ``full`` where its memory is only known to be 4 GiB or more."""

    vendor: str
    name: str | None = None
    pci_id: str | None = None
    bus_id: str | None = None
    driver_version: str | None = None
    memory: int | None = None
    full: bool = False
    code: int | None = None


def adapter(record: Record) -> Adapter | None:
    """The GPU that the record is about; None where it is none."""
    name = _first(record, "name", "driverdesc", "card name", "caption", "description")
    maker = _first(record, "adaptercompatibility", "providername", "manufacturer")
    identity = _first(record, "pnpdeviceid", "matchingdeviceid", "device key")
    ids = _IDENTITY.search(identity)
    vendor = _vendor(ids[1] if ids else "", identity, f"{name} {maker}")
    if vendor is None or _VIRTUAL.search(name):
        return None
    # Windows' own driver draws on any card; the card's identity tells whose it is.
    basic = name.startswith("Microsoft ")
    memory, full = _memory(record)
    return Adapter(
        vendor=vendor,
        name=None if basic else name or None,
        pci_id=f"{ids[1]}:{ids[2]}".lower() if ids and ids[1].lower() in _IDS else None,
        bus_id=_bus_id(record.get("locationinformation", "")),
        driver_version=None if basic else _version(record, vendor),
        memory=None if basic else memory,
        full=full and not basic,
        code=_NO_DRIVER if basic else integer(record.get("configmanagererrorcode")),
    )


def part(found: Adapter, source: str) -> Device:
    """The adapter as a device; one with a problem has nothing to give."""
    memory = gib(found.memory, BYTES_PER_GIB)
    shared = _is_integrated(found)
    facts = {
        "vendor": found.vendor,
        "name": found.name,
        "memory_gib": memory,
        "usable_gib": 0.0 if found.code else None,
        "integrated": shared,
        "unified": shared,
        "driver_bound": found.code != _NO_DRIVER,
        "pci_id": found.pci_id,
        "bus_id": found.bus_id,
    }
    return device(Part(source=source, facts=facts))


def problems(found: Adapter) -> Iterator[Problem]:
    """What is wrong with the adapter, or could not be read."""
    name = found.name or f"The GPU {found.pci_id}"
    if found.code:
        what = _CODES.get(found.code, f"has a problem (code {found.code})")
        yield Problem(
            what=f"{name} {what}.",
            fix="Install the driver of its maker, or look into the Device Manager: devmgmt.msc",
            rule="probe.windows.no-driver" if found.code == _NO_DRIVER else "probe.windows.device",
        )
    elif found.memory is None and not _is_integrated(found):
        told = 'only as "4 GB or more"' if found.full else "not at all"
        yield Problem(
            what=f"Windows tells the memory of {name} {told}.",
            fix=f"Run this and give the size by --gpu: {_ASK_REGISTRY}",
            rule="probe.windows.memory",
        )


def _first(record: Record, *keys: str) -> str:
    return next((clean(record[key]) for key in keys if record.get(key)), "")


def _vendor(number: str, identity: str, text: str) -> str | None:
    if number.lower() in _IDS:
        return _IDS[number.lower()]
    if _ADRENO.search(identity):
        return "qualcomm"
    words = text.casefold()
    named = (vendor for vendor, names in _WORDS if any(name in words for name in names))
    return next(named, None)


def _memory(record: Record) -> tuple[int | None, bool]:
    """Bytes, and whether only the lowest 32 bits are known to be full."""
    exact = integer(record.get("hardwareinformation.qwmemorysize"))
    dedicated = _MEBIBYTES.match(record.get("dedicated memory", ""))
    if not exact and dedicated:
        exact = int(dedicated[1]) << 20
    if exact:
        return exact, False
    short = integer(_first(record, "hardwareinformation.memorysize", "adapterram"))
    if not short:
        return None, False
    short += _MOST if short < 0 else 0
    return (None, True) if _FULL <= short <= _MOST else (short, False)


def _version(record: Record, vendor: str) -> str | None:
    """The driver's version; NVIDIA's own number is the last five digits of what Windows shows."""
    told = _first(record, "driverversion", "driver version").split("(")[0].strip()
    digits = told.replace(".", "")[-5:]
    if vendor == "nvidia" and told.count(".") == 3 and digits.isdecimal():  # noqa: PLR2004  # four parts
        return f"{digits[:3]}.{digits[3:]}"
    return told or None


def _bus_id(place: str) -> str | None:
    match = _PLACE.search(place)
    if not match:
        return None
    bus, number, function = (int(digits) for digits in match.groups() if digits)
    return f"0000:{bus:02x}:{number:02x}.{function:x}"


def _is_integrated(found: Adapter) -> bool | None:
    if found.vendor == "intel" and found.bus_id:
        # The graphics of the processor is always device 2 of the root bus.
        return found.bus_id == "0000:00:02.0"
    return None if found.name is None else bool(_INTEGRATED.search(found.name))
