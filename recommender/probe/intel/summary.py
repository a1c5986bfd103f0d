"""The table that ``xpu-smi`` 2 prints when it is asked for nothing, and versions in any output."""

import re
from collections.abc import Iterator

from recommender.probe.context import Read
from recommender.probe.intel.fields import Fields
from recommender.probe.tables import Record, bus_id, records, used_and_total

# Number, name in a field of fixed width, persistence mode: the spaces before the mode are two.
_FIRST = re.compile(r"(\d+)  (.*)  (?:Off|On|N/A)")
_COLUMNS = 2
_LEVEL_ZERO = re.compile(r"Level Zero(?: Version)?: *(\d[\w.]*)")
_TOOL = re.compile(r"XPU-SMI v(\d[\w.]*)|CLI:\s+Version: *(\d[\w.]*)")
_DRIVER = re.compile(r"(?:Driver(?: Version)?:|\"driver_version\": \") *([\w.+-]{4,})")


def table(text: str) -> Iterator[Fields]:
    """GPUs of the summary; long names go on over the lines below."""
    for record in records(text):
        first = record[0]
        head = _FIRST.fullmatch(first[0])
        if head and len(first) >= _COLUMNS and bus_id(first[1]):
            yield _fields(head[1], head[2], record)


def versions(text: str, source: str) -> dict[str, Read]:
    """The loader of Level Zero, the tool and the driver as this output names them."""
    found = {
        "level_zero": _LEVEL_ZERO.search(text),
        "versions.xpu-smi": _TOOL.search(text),
        "versions.intel-driver": _DRIVER.search(text),
    }
    return {name: (next(filter(None, m.groups())), source) for name, m in found.items() if m}


def _fields(number: str, name: str, record: Record) -> Fields:
    told = {"device_id": number, "device_name": name, "pci_bdf_address": record[0][1]}
    for row in record[1:]:
        # A total without its unit may be cut off.
        whole = len(row) >= _COLUMNS and row[1].endswith("B")
        memory = used_and_total(row[1]) if whole else None
        if memory:
            used, total = memory
            return {**told, "memory_used": f"{used} MiB", "memory_physical_size": f"{total} MiB"}
        if not any(row[1:]):
            told["device_name"] = _joined(told["device_name"], row[0], len(name))
    return told


def _joined(name: str, more: str, width: int) -> str:
    """Pieces of a name that was cut every ``width`` characters, between words or inside of them."""
    missing = -len(name) % width if width else 0
    return f"{name}{' ' * missing}{more}"
