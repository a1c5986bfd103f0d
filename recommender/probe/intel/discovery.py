"""What ``xpu-smi discovery`` and ``xpumcli discovery`` print: tables, JSON and CSV.

The table has two columns, with lines around the cells or (2.1) without; only the order of its
labels and values is relied on.
"""

import csv
import re
from collections.abc import Iterator, Mapping
from typing import Any

from recommender.probe.intel.fields import Fields, label
from recommender.probe.tables import json_values

_ROW = re.compile(r"(?:(\d+)[\s|]+)?([A-Z][\w ./()-]*):(.*)")
_STARTS = {"device_name", "device_type"}
_NEEDED = _STARTS | {"pci_bdf_address", "device_state"}
_LISTED = re.compile(r"^GPU (\d+): (.+?) \(UUID: \S*\)\s*$", re.MULTILINE)
# More beginnings of JSON than a real answer has: in hostile text each one costs time.
_MOST_OPENINGS = 200


def table(text: str) -> Iterator[Fields]:
    """GPUs of the two-column table: a number or a label that comes again begins the next one."""
    if "Device Information" not in text and "PCI BDF Address" not in text:
        return
    fields: dict[str, str] = {}
    for line in text.splitlines():
        match = _ROW.fullmatch(line.strip(" |\t"))
        if match is None:
            continue
        number, name, value = match[1], label(match[2]), match[3].strip()
        if number is not None or (name in _STARTS and name in fields):
            yield from _complete(fields)
            fields = {} if number is None else {"device_id": number}
        fields.setdefault(name, value)
    yield from _complete(fields)


def listed(text: str) -> Iterator[Fields]:
    """GPUs of ``xpu-smi --list-gpus``, one a line."""
    for number, name in _LISTED.findall(text):
        yield {"device_id": number, "device_name": name}


def rows(text: str) -> Iterator[Fields]:
    """GPUs of the CSV that ``discovery --dump`` and ``--query-gpu`` print, by its header."""
    header: list[str] = []
    for line in text.splitlines():
        cells = next(csv.reader([line], skipinitialspace=True), [])
        if len(cells) > 1 and "device_name" in map(label, cells):
            header = cells
        elif header and len(cells) == len(header):
            yield dict(map(_cell, header, cells))


def documents(text: str) -> Iterator[Mapping[str, Any]]:
    """JSON objects in the text, those in lists included; warnings may stand around them."""
    for value in json_values(text, _MOST_OPENINGS):
        yield from _objects(value)


def described(document: Mapping[str, Any]) -> Iterator[Fields]:
    """The GPU that a JSON object describes, if it describes one."""
    fields = {label(name): str(value) for name, value in document.items()}
    yield from _complete(fields)


def _cell(head: str, cell: str) -> tuple[str, str]:
    """A cell with its label; asked for ``nounits``, the tool writes the unit in the header only."""
    unit = head.partition("[")[2].rstrip("] ")
    return label(head), f"{cell} {unit}" if unit and cell.isdecimal() else cell


def _objects(value: Any) -> Iterator[Mapping[str, Any]]:
    inner = value.get("device_list", value) if isinstance(value, dict) else value
    candidates = inner if isinstance(inner, list) else [inner]
    return (candidate for candidate in candidates if isinstance(candidate, dict))


def _complete(fields: dict[str, str]) -> Iterator[Fields]:
    if not _NEEDED.isdisjoint(fields):
        yield fields
