"""Columns side by side: wrapped for CJK as well, without trailing blanks."""

from collections.abc import Sequence
from itertools import zip_longest

from rich.console import Console
from rich.text import Text

from recommender.render.layout import wrapped

_GAP = 2


def show(
    head: Sequence[Text], rows: Sequence[Sequence[Text]], first: int, console: Console
) -> None:
    """Print rows of paragraphs.

    Args:
        head: a heading a column; a column without any text stands empty.
        rows: as many cells in each as ``head`` has.
        first: columns of the first one; 0 shares the width among all.
        console: where to print; its width is shared by the others.
    """
    others = len(head) - bool(first)
    room = console.width - first - _GAP * (len(head) - 1)
    widths = [room // others] * len(head)
    if first:
        widths[0] = first
    for cells in (head, *rows):
        for line in _lines(cells, widths):
            console.print(line, soft_wrap=True)


def _lines(cells: Sequence[Text], widths: Sequence[int]) -> list[Text]:
    """The lines of one row, each column padded to its width."""
    every = [wrapped(cell, width) for cell, width in zip(cells, widths, strict=True)]
    return [_joined(parts, widths) for parts in zip_longest(*every, fillvalue=Text())]


def _joined(parts: Sequence[Text], widths: Sequence[int]) -> Text:
    line = Text()
    start = 0
    for part, width in zip(parts, widths, strict=True):
        if part.plain:
            line.pad_right(start - line.cell_len)
            line.append_text(part)
        start += width + _GAP
    return line
