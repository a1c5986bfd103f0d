"""The table of ``npu-smi info``: two lines a chip, read by cells and by the words of its header.

Widths, rules and columns changed from release to release. Until 25.x the first cell has NPU and
name (``0     910B3``), since then the 950 has a cell for each and no chip id. The lower line has
``used / total`` of the chip's main memory and, where the chip has it, of its HBM.
"""

import re
from collections.abc import Iterator
from typing import Any, TypeAlias

from recommender.probe import tables
from recommender.probe.ascend.chips import Chip, devices, family, named, said, sizes
from recommender.probe.files import integer
from recommender.probe.parts import Device

SOURCE = "npu-smi info"
_BAR = "|"
_NPU = re.compile(r"(\d+)\s+(\S.*)")
_IDS = re.compile(r"(\d+)?(?:\s+(\d+))?")
_BUS = re.compile(r"NA|-|[0-9a-f]{1,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-9a-f]+", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z]{2,}")
_PAIR = re.compile(r"(\d+|NA|-)\s*/\s*(\d+|NA|-)")
_PROCESSES = ("process id", "no running processes")
# What the lower line's second number is, by the word of the header.
_SECOND_IDS = (("phy-id", "phy_id"), ("device", "logic_id"))

Row: TypeAlias = tuple[str, ...]


class _Layout:
    """Where the header puts things; before one is seen, where most releases put them."""

    def __init__(self) -> None:
        self.seen = False
        self.skipped = False
        self.health = 1
        self.hbm = False
        self.second = ""

    def follow(self, row: Row) -> bool:
        """Whether the row is of the header or of the processes, not of a chip."""
        cells = [cell.lower() for cell in row]
        text = " ".join(cells)
        if any(word in text for word in _PROCESSES):
            self.skipped = True
        elif "health" in cells:
            self.seen, self.skipped = True, False
            self.health = cells.index("health")
        elif "bus-id" in cells:
            self.hbm = "hbm-usage" in text
            self.second = next((name for word, name in _SECOND_IDS if word in text), "")
        else:
            return self.skipped
        return True


def read(text: str) -> tuple[Device, ...]:
    """All chips of the table, none of the processes; rows that are cut tell what they have."""
    layout = _Layout()
    upper: Row | None = None
    chips: list[Chip] = []
    for row in _rows(text):
        if layout.follow(row):
            continue
        if upper and _is_lower(row, layout):
            chips.append(_chip(upper, row, layout))
            upper = None
        elif _is_upper(row, layout):
            chips += [_chip(upper, None, layout)] if upper else []
            upper = row
    chips += [_chip(upper, None, layout)] if upper else []
    return devices(SOURCE, chips)


def _rows(text: str) -> Iterator[Row]:
    """Cells of each line between bars. A last line without its last bar was cut in the middle."""
    lines = [line.strip() for line in text.splitlines()]
    if lines and not text.endswith("\n") and not lines[-1].endswith(_BAR):
        lines[-1] = lines[-1].rpartition(_BAR)[0]
    for line in lines:
        if line.startswith(_BAR):
            cells = line.removeprefix(_BAR).removesuffix(_BAR).split(_BAR)
            yield tuple(cell.strip() for cell in cells)


def _is_upper(row: Row, layout: _Layout) -> bool:
    match = _head(row, layout)
    if match is None or len(row) <= layout.health:
        return False
    # Whatever stands for the health: a chip must not vanish because of it.
    known = family(match[2]) is not None and _WORD.fullmatch(row[layout.health])
    return layout.seen or bool(known)


def _is_lower(row: Row, layout: _Layout) -> bool:
    ids = " ".join(row[: layout.health]).strip()
    bus = row[layout.health] if len(row) > layout.health else ""
    return bool(_IDS.fullmatch(ids) and _BUS.fullmatch(bus))


def _head(row: Row, layout: _Layout) -> re.Match[str] | None:
    return _NPU.fullmatch(" ".join(row[: layout.health]))


def _chip(upper: Row, lower: Row | None, layout: _Layout) -> Chip:
    head = _head(upper, layout)
    npu, name = (int(head[1]), said(head[2])) if head else (None, None)
    health = said(upper[layout.health])
    own = _lower(lower, layout, health) if lower else Chip()
    return Chip(
        npu_id=npu,
        chip_id=own.chip_id,
        facts={**named(name), **own.facts},
        details={"health": health, **own.details},
    )


def _lower(row: Row, layout: _Layout, health: str | None) -> Chip:
    ids = _IDS.fullmatch(" ".join(row[: layout.health]).strip())
    chip_id, second = (integer(ids[1]), integer(ids[2])) if ids else (None, None)
    bus = tables.bus_id(row[layout.health])
    pairs = _PAIR.findall(" ".join(row[layout.health + 1 :]))
    hbm = layout.hbm or len(pairs) > 1
    used, total = next(iter(pairs[1:] if hbm else pairs), ("", ""))
    facts: dict[str, Any] = sizes(integer(total), integer(used), health)
    details: dict[str, Any] = {layout.second: second} if layout.second else {}
    if pairs:
        # Without HBM and off the bus, the chip is the processor of this computer (Atlas 200, 310B).
        facts["unified"] = bus is None and not hbm
        details["hbm"] = hbm
    return Chip(chip_id=chip_id, facts={**facts, "bus_id": bus}, details=details)
