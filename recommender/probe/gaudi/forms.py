"""The forms of what hl-smi prints: its table, its log (``-q``, ``-L``), and CSV (``-Q``)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from recommender.facts.machine import Problem
from recommender.probe import answers, asking
from recommender.probe.answers import Told, size, word
from recommender.probe.asking import Tool
from recommender.probe.bounds import bounded
from recommender.probe.context import Findings
from recommender.probe.files import integer
from recommender.probe.tables import Record, bus_id, records

# One device, by the names of the fields of ``hl-smi -Q``.
Row: TypeAlias = Mapping[str, str]

TOOL = Tool(
    vendor="intel",
    label="Gaudi",
    program="hl-smi",
    rules="probe.gaudi",
    nodes=r"accel\d+|hl\d+",
    places=("usr/bin/hl-smi", "usr/local/bin/hl-smi", "opt/habanalabs/bin/hl-smi"),
    install="Install the Gaudi driver and tools (habanalabs-dkms, habanalabs-firmware-tools) and "
    "load the driver (sudo modprobe habanalabs).",
    start="Start a container with --runtime=habana -e HABANA_VISIBLE_DEVICES=all.",
    grant="Make the devices readable and writable (sudo chmod a+rw /dev/accel/accel*).",
)
# Product by the number of the model.
_PRODUCTS = ((r"HL-?20\d", "Gaudi"), (r"HL-?2[2-9]\d", "Gaudi 2"), (r"HL-?3\d\d", "Gaudi 3"))
_MODEL = re.compile(r"HL-\d{3}\w*")
# It writes MiB, Mib or MB and always means MiB; without its unit a number may be cut off.
_MEMORY = re.compile(r"\s*\d+ ?Mi?B\s*", re.IGNORECASE)
# No Gaudi has less.
_SMALLEST_GIB = 16
_VERSION = re.compile(r"\d+\.\d+\.\d+(?:-\w+)?")
_DRIVER = re.compile(r"^[| \t]*Driver Version\s*:\s*(\S+)", re.MULTILINE)
_HL_SMI = re.compile(r"HL-SMI Version\s*:\s*(\S+)", re.IGNORECASE)
_FIRST = re.compile(r"(\d+)\s+(\S+)(?:\s.*)?")
_COLUMNS = 3
_BLOCK = re.compile(r"^\[(\d{1,4})\] AIP .*$", re.MULTILINE)


def understood(text: str) -> Findings:
    """Devices and versions in what hl-smi printed in any form, or why it could not tell them."""
    short = bounded(text)
    source, rows = _any(short)
    versions = {
        "habana": answers.version(_DRIVER, short) or _told_version(rows),
        "versions.hl-smi": answers.version(_HL_SMI, short),
    }
    software = {name: (known, source) for name, known in versions.items() if known}
    if not rows:
        failed = () if software else asking.complaint(TOOL, short)
        return Findings(software=software, problems=failed)
    devices = tuple(_told(row, source) for row in rows)
    found = asking.told(TOOL, *devices, software=software)
    return replace(found, problems=(*found.problems, *_sick(devices)))


def broken(state: str | None) -> bool:
    """Whether the driver's word for a device's state is another than Operational."""
    return state is not None and state.lower() != "operational"


def _any(text: str) -> tuple[str, tuple[Row, ...]]:
    forms = (
        ("hl-smi -Q", _with_header),
        ("hl-smi -Q", _without_header),
        ("hl-smi", _table),
        ("hl-smi -q", _log),
    )
    for source, form in forms:
        rows = tuple(form(text))
        if rows:
            return source, rows
    return "hl-smi", ()


def _with_header(text: str) -> Iterator[Row]:
    """CSV, whichever fields were asked for; without units they stand in the header only."""
    for row in answers.csv_rows(text):
        if _MODEL.fullmatch(row["name"]):
            sizes = {name: cell for name, cell in row.items() if name.startswith("memory.")}
            bare = {name: f"{cell} MiB" for name, cell in sizes.items() if cell.isdecimal()}
            yield {**row, **bare}


def _without_header(text: str) -> Iterator[Row]:
    """CSV whose cells are known by their form only; the largest of the sizes is the total.

    Unless it is too small for one: a row that is cut may have only the memory in use.
    """
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.split(",")]
        name = next(filter(_MODEL.fullmatch, cells), None)
        if name is None or len(cells) == 1:
            continue
        sizes = {size(cell) or 0.0: cell for cell in filter(_MEMORY.fullmatch, cells)}
        largest = max(sizes, default=0.0)
        yield {
            "name": name,
            "index": next((cell for cell in cells if cell.isdecimal()), ""),
            "bus_id": line,
            "driver_version": next(filter(_VERSION.fullmatch, cells), ""),
            "memory.total": sizes[largest] if largest >= _SMALLEST_GIB else "",
        }


def _table(text: str) -> Iterator[Row]:
    """The boxed table: two lines a device, of three columns."""
    for record in records(text):
        first = _FIRST.fullmatch(record[0][0])
        if first and len(record[0]) >= _COLUMNS and bus_id(record[0][1]):
            used, _, total = _usage(record).partition("/")
            yield {
                "index": first[1],
                "name": first[2],
                "bus_id": record[0][1],
                "memory.used": used,
                "memory.total": total,
            }


def _usage(record: Record) -> str:
    cells = (row[1] for row in record[1:] if len(row) > 1)
    return next((cell for cell in cells if "/" in cell), "")


def _log(text: str) -> Iterator[Row]:
    """``[0] AIP (accel0) 0000:43:00.0`` and below it keys and values."""
    for match, body in answers.split(text, _BLOCK)[1]:
        told = answers.values(body)
        keys = {key.rpartition("/")[2].lower(): value for key, value in told.items()}
        yield {
            "index": match[1],
            "name": keys.get("product name", ""),
            "bus_id": keys.get("bus id", match[0]),
            "memory.used": told.get("Memory Usage/Used", ""),
            "memory.total": told.get("Memory Usage/Total", ""),
            "module_id": keys.get("module id", ""),
            "state": keys.get("module status", ""),
        }


def _told(row: Row, source: str) -> Told:
    name, state = word(row.get("name")), word(row.get("state"))
    return Told(
        source=source,
        name=name,
        bus_id=bus_id(row.get("bus_id")),
        number=integer(row.get("index")),
        used_gib=_size(row.get("memory.used", "")),
        total_gib=_size(row.get("memory.total", "")) or None,
        usable_gib=0.0 if broken(state) else None,
        details={
            "product": next((word for form, word in _PRODUCTS if re.match(form, name or "")), None),
            "module_id": integer(row.get("module_id")),
            "state": state,
        },
    )


def _size(cell: str) -> float | None:
    return size(cell) if _MEMORY.fullmatch(cell) else None


def _told_version(rows: Sequence[Row]) -> str | None:
    return next(filter(None, (word(row.get("driver_version")) for row in rows)), None)


def _sick(devices: Sequence[Told]) -> tuple[Problem, ...]:
    sick = (one for one in devices if one.usable_gib == 0)
    return tuple(asking.unhealthy(TOOL, one, f'"{one.details.get("state")}"') for one in sick)
