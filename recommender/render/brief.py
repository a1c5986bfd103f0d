"""One thing on one line: what does not fit is cut where a clause ends."""

import re

from rich.console import Console
from rich.text import Text

from recommender.errors import visible

# Where a reader may stop: before a bracket, after a mark between clauses.
_CLAUSES = re.compile(r"(?: \(|[;:,] |[；：，（。])")  # noqa: RUF001
_BLANKS = re.compile(r"\s+|(?<=[\u3400-\u9fff])(?=[\u3400-\u9fff])")
# A line that stops earlier leaves too much of it empty.
_LEAST_SHARE = 0.6
_SIGN = "…"


def one_line(text: Text, width: int) -> Text:
    """``text`` if it fits into so many columns, else its beginning and a sign that there is more.

    Args:
        text: one paragraph.
        width: columns; never less than one word is shown.
    """
    if text.cell_len <= width:
        return text
    ends = [_end(text.plain, width, pattern) for pattern in (_CLAUSES, _BLANKS)]
    clause, word = ends
    whole = Text(text.plain[:clause]).cell_len >= _LEAST_SHARE * width
    shown = text[: clause if whole else word] if word or whole else text[: _room(text.plain, width)]
    shown.rstrip()
    return Text.assemble(shown, f" {_SIGN}")


def _end(plain: str, width: int, pattern: re.Pattern[str]) -> int:
    """The last place that ``pattern`` allows, with room for the sign after it."""
    limit = _room(plain, width)
    starts = (found.start() for found in pattern.finditer(plain))
    return max((start for start in starts if start <= limit), default=0)


def _room(plain: str, width: int) -> int:
    """How many characters fit beside the sign."""
    used = 0
    for count, char in enumerate(plain):
        used += Text(char).cell_len
        if used > width - 2:
            return count
    return len(plain)


def line(console: Console, head: Text, *parts: str | tuple[str, str], narrowest: int = 30) -> None:
    """Print ``head`` and what is said of it on one line.

    A console that leaves fewer than ``narrowest`` columns beside the head gets two lines.
    """
    shown = (
        visible(part) if isinstance(part, str) else (visible(part[0]), part[1]) for part in parts
    )
    text = Text.assemble(*shown)
    room = console.width - head.cell_len
    if room >= narrowest:
        console.print(Text.assemble(head, one_line(text, room)), soft_wrap=True)
        return
    head.rstrip()
    console.print(head, soft_wrap=True)
    console.print(Text.assemble("     ", one_line(text, console.width - 5)), soft_wrap=True)
