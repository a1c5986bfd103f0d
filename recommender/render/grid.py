"""Cells in columns as wide as what stands in them, without trailing blanks."""

from collections.abc import Collection, Sequence

from rich.console import Console
from rich.text import Text

_GAP = 2


def show(rows: Sequence[Sequence[Text]], console: Console, right: Collection[int] = ()) -> None:
    """Print rows of equally many cells, none of them broken; those of ``right`` end alike."""
    widths = _widths(rows)
    for row in rows:
        line = Text()
        for place, (cell, width) in enumerate(zip(row, widths, strict=True)):
            blanks = " " * (width - cell.cell_len)
            line = Text.assemble(line, *((blanks, cell) if place in right else (cell, blanks)))
            line.append(" " * _GAP)
        line.rstrip()
        console.print(line, soft_wrap=True)


def width_of(rows: Sequence[Sequence[Text]]) -> int:
    """How many columns of the console the rows take."""
    widths = _widths(rows)
    return sum(widths) + _GAP * (len(widths) - 1)


def _widths(rows: Sequence[Sequence[Text]]) -> list[int]:
    return [max(cell.cell_len for cell in column) for column in zip(*rows, strict=True)]
