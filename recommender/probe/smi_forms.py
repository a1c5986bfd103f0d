"""The forms of nvidia-smi that other tools took over: table, ``-q``, ``--query-gpu``, ``-L``."""

import re
from collections.abc import Iterator

from recommender.facts.noun import noun
from recommender.probe.answers import (
    Told,
    csv_rows,
    listed,
    memory,
    size,
    split,
    used_and_total,
    values,
    word,
)
from recommender.probe.files import integer
from recommender.probe.tables import Record, bus_id, records

_CARD = re.compile(r"(\d{1,5})\s+(\S.*)")
# A device of ``-q`` starts with a line that has nothing but its place on the bus.
_LISTING = re.compile(
    r"^[ \t]*[GP]PU[ \t]+([0-9a-f]{4,8}:[0-9a-f:.]+)[ \t]*$", re.MULTILINE | re.IGNORECASE
)


@noun
class Card:
    """One device in a table: its number, the rest of its first cell, and all rows."""

    number: int
    label: str
    bus_id: str | None
    rows: Record

    @property
    def memory(self) -> tuple[float | None, float | None]:
        """Used and total memory in GiB, below the place on the bus."""
        if len(self.rows) < 2 or len(self.rows[1]) < 2:  # noqa: PLR2004  # cut in the middle
            return None, None
        return used_and_total(self.rows[1][1])

    @property
    def broken(self) -> bool:
        """Whether the driver cannot tell the memory for an error of the device."""
        return self.memory[1] is None and any("ERR!" in cell for row in self.rows for cell in row)

    def told(self, source: str, name: str) -> Told:
        """The device under this name."""
        used, total = self.memory
        return Told(
            source=source,
            name=name,
            number=self.number,
            bus_id=self.bus_id,
            used_gib=used,
            total_gib=total,
            usable_gib=0.0 if self.broken else None,
        )


def cards(text: str) -> Iterator[Card]:
    """Devices of a table with the number first and the place on the bus, or the memory, second."""
    for record in records(text):
        first = _CARD.match(record[0][0])
        if not first or len(record[0]) < 2:  # noqa: PLR2004  # tables of processes have one cell
            continue
        card = Card(number=int(first[1]), label=first[2], bus_id=bus_id(record[0][1]), rows=record)
        if card.bus_id or card.memory[1] is not None:
            yield card


def untabled(text: str, source: str) -> tuple[Told, ...]:
    """Devices of the other forms: details by key, CSV with a header, or a plain list."""
    _, blocks = split(text, _LISTING)
    detailed = tuple(_block(match[1], body, source) for match, body in blocks)
    return detailed or tuple(_row(row, source) for row in csv_rows(text)) or listed(text, source)


def _block(place: str, body: str, source: str) -> Told:
    told = values(body)
    used, total = memory(told)
    return Told(
        source=f"{source} -q",
        name=word(told.get("Product Name")),
        bus_id=bus_id(place),
        used_gib=used,
        total_gib=total,
    )


def _row(row: dict[str, str], source: str) -> Told:
    return Told(
        source=f"{source} --query",
        name=word(row["name"]),
        number=integer(row.get("index")),
        bus_id=bus_id(row.get("pci.bus_id")),
        used_gib=size(row.get("memory.used")),
        total_gib=size(row.get("memory.total")) or None,
    )
