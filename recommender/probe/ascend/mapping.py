"""The map of ``npu-smi info -m``: a line a chip, columns by the labels of its header.

The labels differ by chip: A3 has ``Chip Phy-ID`` besides ``Chip Logic ID``, the 950 instead of it,
with ``Slot ID``. A board's controllers (``Mcu``, ``3559``) are listed with ``-`` for their number.
"""

import re
from collections.abc import Iterator
from typing import TypeAlias

from recommender.probe.ascend.chips import Chip, devices, named, said
from recommender.probe.files import integer
from recommender.probe.parts import Device

SOURCE = "npu-smi info -m"
_LABEL = re.compile(r"NPU ID|Slot ID|Device ID|Chip Logic ID|Chip Phy-ID|Chip ID|Chip Name")
_NUMBERS = ("Chip Logic ID", "Chip Phy-ID")
_LEAST_COLUMNS = 3

Line: TypeAlias = dict[str, str]


def read(text: str) -> tuple[Device, ...]:
    """The chips of the map with their numbers; the board's controllers are left out."""
    lines = [line for line in _lines(text) if _is_chip(line)]
    return devices(SOURCE, [_chip(line) for line in lines])


def _lines(text: str) -> Iterator[Line]:
    labels: list[str] = []
    for line in text.splitlines():
        found = _LABEL.findall(line)
        if "NPU ID" in found and len(found) >= _LEAST_COLUMNS:
            labels = found
        elif labels:
            values = line.split(maxsplit=len(labels) - 1)
            yield dict(zip(labels, values, strict=False))


def _is_chip(line: Line) -> bool:
    numbers = [line[label] for label in _NUMBERS if label in line]
    return bool(numbers) and all(map(str.isdecimal, [line["NPU ID"], *numbers]))


def _chip(line: Line) -> Chip:
    return Chip(
        npu_id=integer(line["NPU ID"]),
        chip_id=integer(line.get("Chip ID")),
        facts=named(said(line.get("Chip Name"))),
        details={
            "logic_id": integer(line.get("Chip Logic ID")),
            "phy_id": integer(line.get("Chip Phy-ID")),
        },
    )
