"""The facts of one Intel GPU under the words of Intel's tools, whichever form they print."""

import re
from collections.abc import Mapping
from typing import Any, TypeAlias

from recommender.probe.files import clean
from recommender.probe.parts import Part
from recommender.probe.tables import bus_id

# Label -> value, both as printed; labels are those of ``xpu-smi discovery -j``.
Fields: TypeAlias = Mapping[str, str]

# The same fact has other labels in tables, in CSV and in the fields of ``--query-gpu``.
_ALIASES = {
    "name": "device_name",
    "gpu_name": "device_name",
    "index": "device_id",
    "pci_bus_id": "pci_bdf_address",
    "memory_total": "memory_physical_size",
    "memory_ecc_state": "ecc_state",
    "function_type": "device_function_type",
    "firmware_version": "gfx_firmware_version",
}
_UNKNOWN = {"", "n/a", "unknown", "-1"}
_LABEL = re.compile(r"[^a-z0-9]+")
_SIZE = re.compile(r"(\d{1,18}(?:\.\d+)?)\s*([KMGT]?)i?B", re.IGNORECASE)
_POWERS = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4}
_INTEGRATED = "0000:00:02.0"


def label(text: str) -> str:
    """A label without its unit and punctuation: ``memory.total [MiB]`` is ``memory_total``."""
    name = _LABEL.sub("_", text.partition("[")[0].lower()).strip("_")
    return _ALIASES.get(name, name)


def part(fields: Fields, source: str) -> Part:
    """One GPU; what the tool does not know is left out."""
    known = {name: clean(text) for name, text in fields.items()}
    known = {name: text for name, text in known.items() if text.lower() not in _UNKNOWN}
    address = bus_id(known.get("pci_bdf_address"))
    eus = _integer(known.get("number_of_eus"))
    facts = {
        "vendor": "intel",
        "name": known.get("device_name"),
        "memory_gib": _memory(known),
        "used_gib": _size(known.get("memory_used")),
        "compute_units": eus,
        **shared(integrated=None if address is None else address == _INTEGRATED),
        "pci_id": _pci_id(known.get("pci_device_id")),
        "bus_id": address,
        "details": _details(known, eus),
    }
    return Part(source=source, facts=facts)


def shared(*, integrated: bool | None) -> dict[str, bool | None]:
    """A GPU inside of the processor shares the main memory; one on a card does not."""
    return {"integrated": integrated, "unified": integrated}


def _details(known: Fields, eus: int | None) -> dict[str, Any]:
    function = known.get("device_function_type")
    return {
        "eus": eus,
        "tiles": _integer(known.get("number_of_tiles")),
        "ecc": known.get("ecc_state"),
        "firmware": known.get("gfx_firmware_version"),
        "state": known.get("device_state"),
        "health": known.get("gfx_firmware_status"),
        "sku": known.get("sku_type"),
        "virtual_function": None if function is None else function.lower() == "virtual",
    }


def _memory(known: Fields) -> float | None:
    """Physical size in GiB; 0 is how the tools write that they cannot tell it."""
    exact = known.get("memory_physical_size_byte")
    return _size(f"{exact} B") or _size(known.get("memory_physical_size")) or None


def _size(text: str | None) -> float | None:
    """A size as GiB with three decimals; a number without its unit may be cut off: None."""
    match = _SIZE.fullmatch(text or "")
    if match is None:
        return None
    return round(float(match[1]) * 1024.0 ** (_POWERS[match[2].upper()] - 3), 3)


def _integer(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) <= len("999999999") else None


def _pci_id(text: str | None) -> str | None:
    """``8086:e20b`` of ``0xe20b``, ``e20b`` or ``0x20a``."""
    digits = (text or "").lower().removeprefix("0x")
    return f"8086:{digits:0>4}" if re.fullmatch(r"[0-9a-f]{1,4}", digits) else None
