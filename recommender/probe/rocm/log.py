"""What ``rocm-smi`` and Hygon's ``hy-smi`` print, in every form: JSON, CSV, lines and tables.

Whatever the form, a device is a table of words by names. The names change their capitals from
release to release, the values may be ids where names are expected; so both are looked at twice.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any

from recommender.facts.machine import Link
from recommender.facts.noun import noun
from recommender.probe import parts, tables
from recommender.probe.context import Findings
from recommender.probe.files import clean, integer
from recommender.probe.normal import gib
from recommender.probe.parts import Device, Part
from recommender.probe.rocm import gfx, links
from recommender.probe.rocm.maker import Maker

# AMD calls its devices GPU, Hygon DCU and since DTK 24 HCU.
_LINE = re.compile(
    r"\s*(?:GPU|DCU|HCU)\s?\[?(\d+)\]?(?: XCP\[\d+\])?\s*:\s*([^:]+?)\s*:\s*(.*?)\s*", re.IGNORECASE
)
_CARD = re.compile(r"(?:card|gpu|dcu|hcu)\[?(\d{1,4})\]?", re.IGNORECASE)
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_SIZE = re.compile(r"(vram|vis_vram|gtt) total (used )?memory \((\w+)\)")
_PER_GIB = {"b": 1 << 30, "kib": 1 << 20, "kb": 1 << 20, "mib": 1 << 10, "mb": 1 << 10, "gib": 1}
_HEADS = ("GPU", "DCU", "HCU", "Device")
_COLUMNS = re.compile(r"\s{2,}")
# "0  1  0x744c, 25824  45.0°C": number, KFD node and device id of a row in newer tables.
_ROW = re.compile(r"\s*(\d{1,4})\s+(?:(\d+)\s+(0x[0-9a-f]{4}),|\S)", re.IGNORECASE)
# The tables cut names after so many letters; one that just fits is whole if its bracket closes.
_CUT = 20
_WHOLE = re.compile(r"[^\[\]]*\[[^\[\]]+\]")
_PAIR = re.compile(r"\(topology\) link type between drm devices (\d{1,4}) and (\d{1,4})")
_MATRIX, _MATRIX_ROW = "Link Type between two GPUs", re.compile(r"[GDH][PC]U(\d{1,4})")
_DRIVER = re.compile(r"^[ \t]*Driver version\s*:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
_NOTHING = {"", "n/a", "none", "unknown", "not supported", "unsupported"}
_NAMES = ("device name", "card series", "product name", "card model")
_NO_AFFINITY = 0xFFFFFFFF
_MOST = 1 << 64


@noun
class Log:
    """Values by lower-case names, of each device by its number and of the computer.

    ``kinds`` are the kinds of the links between two devices by number, where they are told.
    """

    devices: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    system: Mapping[str, str] = field(default_factory=dict)
    kinds: Mapping[tuple[int, int], str] = field(default_factory=dict)


def read(text: str, maker: Maker) -> Findings:
    """Devices, their links and the driver's version in one output; nothing where there is none."""
    log = _log(_COLOUR.sub("", text))
    found = [_device(number, row, maker) for number, row in sorted(log.devices.items())]
    version = _word(log.system.get("driver version"))
    return Findings(
        devices=tuple(found),
        links=_links(log),
        software={f"versions.{maker.driver}": (version, maker.tool)} if version else {},
    )


def _log(text: str) -> Log:
    told = _json(tables.json_in(text))
    if told.devices:
        return told
    rows: dict[int, dict[str, str]] = {}
    for number, values in (*_csv(text), *_lines(text), *_table(text)):
        rows.setdefault(number, {}).update(values)
    kinds = dict(_matrix(text))
    for number, _ in kinds:
        rows.setdefault(number, {})
    driver = _DRIVER.search(text)
    system = {"driver version": driver[1]} if driver else told.system
    return Log(devices=rows, system=system, kinds=kinds)


def _json(value: Any) -> Log:
    if not isinstance(value, dict):
        return Log()
    told = value.get("system")
    system = _plain(told) if isinstance(told, dict) else {}
    cards = ((_CARD.fullmatch(name), row) for name, row in value.items())
    pairs = ((_PAIR.fullmatch(name), kind) for name, kind in system.items())
    return Log(
        devices={int(m[1]): _plain(row) for m, row in cards if m and isinstance(row, dict)},
        system=system,
        kinds={(int(m[1]), int(m[2])): kind for m, kind in pairs if m},
    )


def _plain(row: Mapping[str, Any]) -> dict[str, str]:
    return {str(name).strip().lower(): clean(str(value)) for name, value in row.items()}


def _csv(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows below a line that begins with ``device,``."""
    names: list[str] = []
    for line in text.splitlines():
        cells = [clean(cell).strip('"') for cell in line.split(",")]
        if cells[0].lower() == "device":
            names = [cell.lower() for cell in cells]
        elif (match := _CARD.fullmatch(cells[0])) and len(cells) == len(names):
            yield int(match[1]), dict(zip(names[1:], cells[1:], strict=True))


def _lines(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Lines such as ``GPU[0] : Card Series: Instinct MI210``."""
    for match in filter(None, map(_LINE.fullmatch, text.splitlines())):
        number = int(match[1][:9])
        yield number, {match[2].lower(): clean(match[3])}


def _table(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows of the overview, whose heading begins with what the devices are called."""
    names: list[str] = []
    last: int | None = None
    for line in text.splitlines():
        cells = _COLUMNS.split(line.strip())
        if cells[0] in _HEADS and len(cells) > 3:  # noqa: PLR2004  # else it is a sentence
            names, last = [cell.lower() for cell in cells], None
        elif line.strip().startswith("==") and last is not None:
            names, last = [], None
        elif names and (match := _ROW.match(line)):
            last = int(match[1])
            yield last, _cells(names, cells, match)
        elif last is not None and _is_whole(line.strip()):
            yield last, {"device name": clean(line)}


def _is_whole(name: str) -> bool:
    return 0 < len(name) < _CUT or (len(name) == _CUT and bool(_WHOLE.fullmatch(name)))


def _matrix(text: str) -> Iterator[tuple[tuple[int, int], str]]:
    """Kinds of links in the square table of ``--showtopotype``."""
    _, _, below = text.partition(_MATRIX)
    for line in below.partition("\n===")[0].splitlines():
        first, *kinds = line.split() or [""]
        if match := _MATRIX_ROW.fullmatch(first):
            yield from (((int(match[1]), place), kind) for place, kind in enumerate(kinds))


def _cells(names: list[str], cells: list[str], row: "re.Match[str]") -> dict[str, str]:
    """The columns that identify a device; those of a row may be fewer than the headings."""
    if len(cells) == len(names) and "bus" in names:
        values = dict(zip(names, cells, strict=True))
        known = {
            "pci bus": values["bus"],
            "gfx version": values.get("gfx ver", ""),
            "node id": values.get("node", ""),
            "device id": f"0x{values.get('did', '').removeprefix('0x')}",
        }
    else:
        known = {"node id": row[2] or "", "device id": row[3] or ""}
    return {name: value for name, value in known.items() if value}


def _device(number: int, row: Mapping[str, str], maker: Maker) -> Device:
    sizes = dict(_sizes(row))
    target = gfx.in_text(row.get("gfx version"))
    pci_id, name = _pci_id(row, maker), _name(row)
    integrated = gfx.in_processor(target, pci_id, name)
    mode = _word(row.get("compute partition"))
    facts = {
        "vendor": maker.word,
        "index": number,
        "name": name,
        "memory_gib": sizes.get("vram"),
        # An integrated GPU may map more: only the kernel knows what it grants.
        "usable_gib": None if integrated else sizes.get("vram"),
        "used_gib": sizes.get("vram used"),
        "gtt_gib": sizes.get("gtt"),
        "gfx": target,
        "integrated": integrated,
        "unified": integrated,
        "partition": None if mode == "SPX" else mode,
        "pci_id": pci_id,
        "bus_id": tables.bus_id(row.get("pci bus")),
        "numa_node": _numa(row),
        "details": {
            "index": number,
            "sku": _word(row.get("card sku")),
            "virtual_function": True if name and name.endswith(" VF") else None,
            "vis_vram_gib": sizes.get("vis_vram"),
            "node": integer(row.get("node id")),
        },
    }
    return parts.device(Part(source=maker.tool, facts=facts))


def _sizes(row: Mapping[str, str]) -> Iterator[tuple[str, float]]:
    for name, value in row.items():
        match, amount = _SIZE.fullmatch(name), integer(value)
        per_gib = _PER_GIB.get(match[3]) if match else None
        # A total of 0 is what a device without its own memory, or without answer, has.
        if match and per_gib and amount is not None and (0 if match[2] else 1) <= amount < _MOST:
            yield f"{match[1]}{' used' if match[2] else ''}", gib(amount, per_gib) or 0.0


def _name(row: Mapping[str, str]) -> str | None:
    words = (_word(row.get(key)) for key in _NAMES)
    return next((word for word in words if word and integer(word) is None), None)


def _pci_id(row: Mapping[str, str], maker: Maker) -> str | None:
    """The device id; a tool that cannot tell it prints the vendor's, 0x1002, in its place.

    The card's model is the device since rocm-smi tells subsystem and target for themselves,
    before it was the subsystem (source: showProduct of rocm_smi.py, which got these in ROCm 6.1);
    the series is the device where it has no name.
    """
    model = ("card model",) if not {"subsystem id", "gfx version"}.isdisjoint(row) else ()
    keys = ("device id", "gpu id", *model, "card series", "device name")
    numbers = (integer(_word(row.get(key))) for key in keys)
    known = (n for n in numbers if n and n <= 0xFFFF and f"{n:04x}" != maker.pci_vendor)  # noqa: PLR2004
    number = next(known, None)
    return None if number is None else f"{maker.pci_vendor}:{number:04x}"


def _numa(row: Mapping[str, str]) -> int | None:
    """The node on whose bus the device is; -1, or all bits, stands for none."""
    number = integer(row.get("(topology) numa affinity"))
    return number if number is not None and 0 <= number < _NO_AFFINITY else None


def _links(log: Log) -> tuple[Link, ...]:
    places = {number: place for place, number in enumerate(sorted(log.devices))}
    joined = [
        (places[one], places[other])
        for (one, other), kind in log.kinds.items()
        if kind.upper() == "XGMI" and one in places and other in places
    ]
    return links.grouped(len(places), joined) if log.kinds else ()


def _word(text: str | None) -> str | None:
    word = clean(text or "")
    return None if word.lower() in _NOTHING else word
