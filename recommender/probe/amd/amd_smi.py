"""What ``amd-smi`` prints, in every form: JSON, CSV, indented lines and its table.

Since ROCm 7 the JSON is wrapped in ``gpu_data``; sizes are an object of value and unit, text with
its unit or a number. Where it prints MB it means MiB.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from recommender.probe import parts, tables
from recommender.probe.context import Findings, Read
from recommender.probe.files import clean, integer
from recommender.probe.parts import Device, Part
from recommender.probe.rocm import gfx

SOURCE = "amd-smi"
# Values by lower-case path: ``asic.market_name``.
Row: TypeAlias = Mapping[str, Any]

_GPU_LINE = re.compile(r"([ \t]*)GPU:\s*(\d{1,4})\s*")
_VALUE = re.compile(r"( *)([A-Z][\w ]*?):(?: (.*))?")
_SIZE = re.compile(r"(\d{1,12}(?:\.\d{1,12})?)\s*([KMGT]?)i?B?", re.IGNORECASE)
_MIB_PER = {"": 1.0, "K": 1 / 1024, "M": 1.0, "G": 1024.0, "T": 1024.0**2}
_DRIVER = re.compile(r"amdgpu version\s*:\s*(?:Linuxversion)?(\d[^\s|(]*)", re.IGNORECASE)
_ROCM = re.compile(r"ROCm version\s*:\s*(\d[\w.]*)", re.IGNORECASE)
_TOOL = re.compile(r"AMD-?SMI(?: Tool)?:?\s+(\d+(?:\.\d+)+)")
# The table's first column: bus id and name, which is cut on its left with dots.
_NAMED = re.compile(r"[0-9a-fA-F:]+\.[0-7]\s+(.+)")
# Before these words stands who makes it. What ends with a bracket had a chip's name before it.
_LEGIBLE = re.compile(r"\.\.\.((?:Radeon|Instinct) [^\]]+)")
_MODE = re.compile(r"\b([SDTQC]PX)(?:/NPS\d)?\b")
_NOTHING = {"", "N/A", "NONE", "UNKNOWN"}
_MIB_PER_GIB = 1024
_WHOLE = "SPX"


def read(text: str) -> Findings:
    """Devices and versions in one output; nothing where there is none."""
    value = tables.json_in(text)
    rows = list(_json(value)) or list(_csv(text)) or list(_lines(text))
    found = [_device(row) for row in rows] if rows else list(_table(text))
    return Findings(
        devices=tuple(_boarded(found)),
        software={**_banner(text), **_versions(value, rows)},
    )


def _json(value: Any) -> Iterator[Row]:
    listed = value.get("gpu_data") if isinstance(value, dict) else value
    for item in listed if isinstance(listed, list) else ():
        if isinstance(item, dict) and "gpu" in item:
            yield dict(_flat(item, ""))


def _flat(value: Mapping[Any, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for name, item in value.items():
        path = f"{prefix}{str(name).lower()}"
        if isinstance(item, dict) and "unit" in item and "value" in item:
            yield path, f"{item['value']} {item['unit']}"
        elif isinstance(item, dict) and prefix.count(".") < 4:  # noqa: PLR2004  # no deeper fact
            yield from _flat(item, f"{path}.")
        else:
            yield path, item


def _csv(text: str) -> Iterator[Row]:
    names: list[str] = []
    for line in text.splitlines():
        cells = [clean(cell).strip('"') for cell in line.split(",")]
        if cells[0].lower() == "gpu":
            names = [cell.lower() for cell in cells]
        elif names and len(cells) == len(names) and cells[0].isdecimal():
            yield dict(zip(names, cells, strict=True))


def _lines(text: str) -> Iterator[Row]:
    """``GPU: 0`` begins a device, more indented names without a value begin its sections.

    The whole may be indented: then all devices begin as far to the right as the first.
    """
    row: dict[str, Any] | None = None
    sections: list[tuple[int, str]] = []
    margin = None
    for line in text.expandtabs().splitlines():
        match = _GPU_LINE.fullmatch(line)
        if match and margin in {None, match[1]}:
            if row is not None:
                yield row
            row, sections, margin = {"gpu": match[2]}, [], match[1]
        elif row is not None and (match := _VALUE.fullmatch(line.rstrip())):
            depth, name = len(match[1]), match[2].lower()
            sections = [section for section in sections if section[0] < depth]
            if match[3]:
                row[".".join([*(title for _, title in sections), name])] = match[3]
            else:
                sections.append((depth, name))
    if row is not None:
        yield row


def _table(text: str) -> Iterator[Device]:
    """Two rows a device: bus id and name; below them its number, mode and memory."""
    for record in tables.records(text):
        place = tables.bus_id(record[0][0])
        if place is None or len(record) < 2:  # noqa: PLR2004
            continue
        named = _NAMED.fullmatch(record[0][0])
        pair = tables.used_and_total(record[1][-1])
        mode = _MODE.search(record[1][0])
        row = {
            "gpu": record[1][0].split()[0] if record[1][0] else None,
            "bdf": place,
            "market_name": _uncut(clean(named[1])) if named else None,
            "vram_used": f"{pair[0]} MB" if pair else None,
            "vram_total": f"{pair[1]} MB" if pair else None,
            "compute_partition": mode[1] if mode else None,
        }
        yield _device(row)


def _uncut(name: str) -> str | None:
    """The name, where nothing but its maker may have been cut off."""
    if not name.startswith("..."):
        return name
    match = _LEGIBLE.fullmatch(name)
    return match[1] if match else None


def _device(row: Row) -> Device:
    name = _word(row, "asic.market_name", "market_name", "board.product_name", "product_name")
    target = gfx.in_text(_word(row, "target_graphics_version"))
    pci_id, total = _pci_id(row), _gib(row, *_TOTAL) or None
    integrated = gfx.in_processor(target, pci_id, name)
    mode = _word(row, "compute_partition", "accelerator_partition")
    number = integer(_word(row, "gpu"))
    facts = {
        "vendor": "amd",
        "index": number,
        "name": name,
        "memory_gib": total,
        # An integrated GPU may map more: only the kernel knows what it grants.
        "usable_gib": None if integrated else total,
        "used_gib": _gib(row, "mem_usage.used_vram", "vram_used") if total else None,
        "gtt_gib": _gib(row, "mem_usage.total_gtt") or None,
        "gfx": target,
        "compute_units": integer(_word(row, "num_compute_units")),
        "integrated": integrated,
        "unified": integrated,
        "partition": None if mode == _WHOLE else mode,
        "pci_id": pci_id,
        "bus_id": tables.bus_id(_word(row, "bdf")),
        "details": {
            "index": number,
            "node": integer(_word(row, "node_id")),
            "vis_vram_gib": _gib(row, "mem_usage.total_visible_vram") or None,
            "virtual_function": True if name and name.endswith(" VF") else None,
        },
    }
    return parts.device(Part(source=SOURCE, facts=facts))


_TOTAL = (
    *("vram.size", "vram.size_mb", "vram.vram_size_mb", "vram.vram_size"),
    *("mem_usage.total_vram", "vram_total", "size"),
)


def _boarded(found: Sequence[Device]) -> Iterator[Device]:
    """With the number of the physical GPU; partitions of one differ in the bus id's function."""
    boards = [
        (device.accelerator.bus_id or f"no {place}.").rpartition(".")[0]
        for place, device in enumerate(found)
    ]
    parts_of = Counter(boards)
    numbers = {board: number for number, board in enumerate(parts_of)}
    for device, board in zip(found, boards, strict=True):
        part = "XCP" if parts_of[board] > 1 else None
        facts = {"card": numbers[board], "partition": part}
        yield parts.completed(device, Part(source=SOURCE, facts=facts))


def _banner(text: str) -> dict[str, Read]:
    """Versions in the table's head or in ``amd-smi version``.

    In place of its own version the driver of the kernel has the kernel's, of which the table shows
    the first letters.
    """
    found = {"versions.amdgpu": _DRIVER, "rocm": _ROCM, "versions.amd-smi": _TOOL}
    matches = {name: pattern.search(text) for name, pattern in found.items()}
    return {name: (match[1], SOURCE) for name, match in matches.items() if match}


def _versions(value: Any, rows: Sequence[Row]) -> dict[str, Read]:
    driver = next(filter(None, (_word(row, "driver.version") for row in rows)), None)
    first = value[0] if isinstance(value, list) and value and isinstance(value[0], dict) else {}
    tool = (_word(first, "version") or "").partition("+")[0] if "tool" in first else None
    told = {
        "versions.amdgpu": driver or _word(first, "amdgpu_version"),
        "rocm": _word(first, "rocm_version"),
        "versions.amd-smi": tool,
    }
    return {name: (version, SOURCE) for name, version in told.items() if version}


def _pci_id(row: Row) -> str | None:
    device = integer(_word(row, "asic.device_id", "device_id"))
    vendor = integer(_word(row, "asic.vendor_id", "vendor_id")) or 0x1002
    return f"{vendor:04x}:{device:04x}" if device else None


def _gib(row: Row, *names: str) -> float | None:
    match = _SIZE.fullmatch(_word(row, *names) or "")
    if not match:
        return None
    mib = float(match[1]) * _MIB_PER[match[2].upper()]
    return round(mib / _MIB_PER_GIB, 3)


def _word(row: Row, *names: str) -> str | None:
    """The first of the names that has a value; a name fits the end of a path too."""
    for name in names:
        values = (item for path, item in row.items() if f".{path}".endswith(f".{name}"))
        words = (clean(str(item)) for item in values if isinstance(item, (str, int, float)))
        word = next((word for word in words if word.upper() not in _NOTHING), None)
        if word is not None:
            return word
    return None
