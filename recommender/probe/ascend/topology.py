"""The matrix of ``npu-smi info -t topo``: how each chip reaches each other."""

import re
from typing import TypeAlias

from recommender.facts.machine import Link
from recommender.probe.ascend.chips import Chip, devices
from recommender.probe.files import integer
from recommender.probe.parts import Device

SOURCE = "npu-smi info -t topo"
# "NPU3 ..." and, for A3 modules, "Phy-ID3 ..."; network cards (NIC0) follow the chips.
_ROW = re.compile(r"\s*(NPU|Phy-ID)\s*(\d+)\s+(\S.*)")
_CELL = re.compile(r"X|SYS|PHB|PXB|PIX|NA|UB|SIO|(?:HCCS|XLink)(?:_SW)?")
_FABRIC = {"HCCS": "hccs", "HCCS_SW": "hccs", "XLink": "hccs", "XLink_SW": "hccs", "UB": "ub"}
# The two dies of one module.
_DIES = "SIO"
_PCIE = {"SYS", "PHB", "PXB", "PIX"}

Rows: TypeAlias = list[tuple[str, int | None, list[str]]]


def read(text: str) -> tuple[Device, ...]:
    """The chips that the matrix names; it tells their numbers only."""
    return devices(SOURCE, [_chip(word, number) for word, number, _ in _rows(text)])


def links(text: str) -> tuple[Link, ...]:
    """Chips by the fabric that joins them, by place; PCIe over all where a fabric does not."""
    cells = [row for _, _, row in _rows(text)]
    groups = [_group(place, row) for place, row in enumerate(cells)]
    joined = tuple(dict.fromkeys(group for group in groups if len(group.devices) > 1))
    every = tuple(range(len(cells)))
    whole = any(link.devices == every for link in joined)
    over_pcie = any(cell in _PCIE for row in cells for cell in row)
    rest = (Link(kind="pcie", devices=every),) if over_pcie and not whole else ()
    return (*joined, *rest)


def _chip(word: str, number: int | None) -> Chip:
    return Chip(npu_id=number) if word == "NPU" else Chip(details={"phy_id": number})


def _group(place: int, row: list[str]) -> Link:
    """What one chip is joined to, itself included: a fabric joins all of its members."""
    fast = [cell for cell in row if cell in _FABRIC]
    kind = _FABRIC[fast[0]] if fast else _DIES.lower()
    members = {at for at, cell in enumerate(row) if cell in _FABRIC or cell == _DIES}
    return Link(kind=kind, devices=tuple(sorted({place, *members})))


def _rows(text: str) -> Rows:
    """Square rows only: the header has no cells, and a row that is cut tells nothing."""
    found = [match for match in map(_ROW.fullmatch, text.splitlines()) if match]
    rows = [(match[1], integer(match[2]), _cells(match[3])) for match in found]
    kept = [row for row in rows if row[2]]
    size = len(kept)
    return [(word, number, cells[:size]) for word, number, cells in kept if len(cells) >= size]


def _cells(text: str) -> list[str]:
    """Cells up to the first word that is none: the processors near the chip (``0-23``)."""
    cells = []
    for word in text.split():
        if not _CELL.fullmatch(word):
            break
        cells.append(word)
    return cells
