"""``nvidia-smi --query-gpu``: comma-separated rows, with the line of their fields or without it."""

import re
from collections.abc import Iterator, Mapping, Sequence

from recommender.probe.context import Read
from recommender.probe.nvidia.told import Gpu, Reading, Size
from recommender.probe.nvidia.words import (
    MOST_GPUS,
    first_fault,
    is_refused,
    number,
    state,
    value,
    whole,
)
from recommender.probe.tables import bus_id

SOURCE = "nvidia-smi --query-gpu"
Fields = Mapping[str, str]

# Other names of the fields that are read (nvidia-smi --help-query-gpu).
_ALIASES = {
    "gpu_name": "name",
    "gpu_uuid": "uuid",
    "gpu_bus_id": "pci.bus_id",
    "kmd_version": "driver_version",
}
_KNOWN = {
    *("name", "uuid", "pci.bus_id", "index", "driver_version", "compute_cap", "ecc.mode.current"),
    *("memory.total", "memory.used", "memory.free", "memory.reserved", "mig.mode.current"),
}
# Rows of these questions are processes or pages, several to a GPU.
_NOT_GPUS = {"pid", "process_name", "retired_pages.address"}
_FIELD = re.compile(r"[a-z][\w.]*(?:\s\[[^\]]*\])?", re.IGNORECASE)

_NAME = re.compile(
    r"(?:NVIDIA|GeForce|Tesla|Quadro|GRID|TITAN|RTX|GTX|Graphics Device)\b(?!-SMI).{0,60}|"
    r"[ABHLVP]\d{2,3}-\S+.*|.*\(nvgpu\)",
    re.IGNORECASE,
)
_DRIVER = re.compile(r"\d{3}\.\d{2,3}(?:\.\d{2})?")
_CAPABILITY = re.compile(r"\d{1,2}\.\d")
_MIB = re.compile(r"\d+ MiB")
_INDEX = re.compile(r"\d{1,2}")


def read(text: str) -> Reading:
    """GPUs of the rows, and the driver's version where a row has it."""
    rows = [[cell.strip() for cell in line.split(",")] for line in text.splitlines()]
    header = next((place for place, row in enumerate(rows) if _is_header(row)), None)
    if header is None:
        found = [fields for row in rows if (fields := _guessed(row))]
    else:
        found = list(_named(rows[header], rows[header + 1 :]))
    gpus = (_gpu(fields, place) for place, fields in enumerate(found[:MOST_GPUS]))
    return Reading(gpus=tuple(gpus), software=_software(found))


def _is_header(row: Sequence[str]) -> bool:
    return all(map(_FIELD.fullmatch, row)) and not _KNOWN.isdisjoint(map(_field, row))


def _field(cell: str) -> str:
    name = cell.partition(" [")[0].lower()
    return _ALIASES.get(name, name)


def _named(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[Fields]:
    """Rows as fields; rows of another length are other lines."""
    fields = [_field(cell) for cell in header]
    if not _NOT_GPUS.isdisjoint(fields):
        return
    # "name" and "index" head other tables too; no other one has a field such as memory.total.
    certain = len(fields) > 1 and any("." in name or "_" in name for name in fields)
    for row in rows:
        if len(row) != len(fields) or not any(row) or _is_header(row):
            continue
        pairs = list(zip(fields, row, strict=True))
        # Of two names of one fact the first that tells it is believed.
        found = {**dict(pairs), **{name: cell for name, cell in reversed(pairs) if value(cell)}}
        if certain or _NAME.fullmatch(found.get("name", "")) or number(found.get("memory.total")):
            yield found


def _guessed(row: Sequence[str]) -> Fields:
    """What the cells of a row without a header are, by their form; empty if it is no GPU."""
    name = next((cell for cell in row if _NAME.fullmatch(cell)), None)
    if name is None or len(row) < 2:  # noqa: PLR2004  # a name alone may be any sentence
        return {}
    drivers = [cell for cell in row if _DRIVER.fullmatch(cell)]
    found = {
        "index": row[0] if _INDEX.fullmatch(row[0]) else "",
        "uuid": next((cell for cell in row if cell.startswith("GPU-")), ""),
        "pci.bus_id": next(filter(bus_id, row), ""),
        "compute_cap": next(filter(_CAPABILITY.fullmatch, row), ""),
        # Power is told with two decimals as well, versions of Linux have three parts.
        "driver_version": max(drivers, key=len, default="") if _is_clear(drivers) else "",
        "memory.total": _largest(row),
    }
    return {"name": name, **found} if any(found.values()) else {}


def _is_clear(drivers: Sequence[str]) -> bool:
    return len({len(cell) for cell in drivers}) == len(drivers)


def _largest(row: Sequence[str]) -> str:
    """The memory: the largest size, or the largest whole number where no cell has a unit."""
    sized = [cell for cell in row if _MIB.fullmatch(cell)]
    counts = [cell for cell in row if cell.isdecimal() and not _INDEX.fullmatch(cell)]
    return max(sized or counts, key=lambda cell: number(cell) or 0, default="")


def _gpu(fields: Fields, place: int) -> Gpu:
    index, total = whole(fields.get("index")), fields.get("memory.total")
    return Gpu(
        source=SOURCE,
        number=place if index is None else index,
        name=value(fields.get("name")),
        bus_id=bus_id(fields.get("pci.bus_id")),
        uuid=value(fields.get("uuid")),
        compute_capability=value(fields.get("compute_cap")),
        size=Size(
            total=number(total) or None,
            used=number(fields.get("memory.used")),
            reserved=number(fields.get("memory.reserved")),
            refused=is_refused(total),
        ),
        mig=state(fields.get("mig.mode.current")),
        ecc=state(fields.get("ecc.mode.current")),
        uncorrected=whole(fields.get("ecc.errors.uncorrected.volatile.total")),
        fabric=value(fields.get("fabric.state")),
        fault=first_fault(fields.get("gpu_recovery_action"), fields.get("name"), total),
    )


def _software(found: Sequence[Fields]) -> dict[str, Read]:
    versions = (value(fields.get("driver_version")) for fields in found)
    version = next((v for v in versions if v and v[0].isdecimal()), None)
    return {"nvidia_driver": (version, SOURCE)} if version else {}
