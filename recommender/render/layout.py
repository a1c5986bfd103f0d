"""Text under a hanging indent, without trailing blanks, for any width and for CJK."""

import re
from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from recommender.errors import visible

_NARROWEST = 20
# What a line may end after: a blank run, or a character of a script that is written without blanks.
_WIDE = "\u2e80-\u303f\u3400-\u9fff\uf900-\ufaff\uff00-\uffef"
# Marks that no line begins with.
_CLOSING = "、。，．：；？！）」』】》〉”’%"  # noqa: RUF001
# Marks that no line ends with.
_OPENING = "（「『【《〈“‘"  # noqa: RUF001
_PIECES = re.compile(rf"\s+|[{_OPENING}]*(?:[{_WIDE}]|[^\s{_WIDE}]+)[{_CLOSING}]*")


def hanging(text: Text, first: int, rest: int, console: Console) -> Text:
    """``text`` wrapped to the console's width.

    Args:
        text: one paragraph.
        first: columns before its first line.
        rest: columns before its other lines.
        console: where it goes; its width counts.
    """
    widths = (max(console.width - indent, _NARROWEST) for indent in (first, rest))
    lines = [
        Text.assemble(" " * (rest if position else first), line)
        for position, line in enumerate(_divided(text, *widths))
    ]
    return Text("\n").join(lines)


def wrapped(text: Text, width: int) -> list[Text]:
    """The lines of ``text``, each paragraph of it within so many columns."""
    return [
        line
        for paragraph in text.split("\n")
        for line in _divided(paragraph, width, width) or [Text()]
    ]


def beside(head: Text, text: Text, console: Console) -> Text:
    """``text`` wrapped in the columns to the right of ``head``."""
    wrapped = hanging(text, head.cell_len, head.cell_len, console)
    return Text.assemble(head, wrapped[head.cell_len :])


def listed(title: str, items: Sequence[str], console: Console) -> Text:
    """``title`` and the items after it, broken between items alone."""
    lines = [title]
    for position, item in enumerate(items):
        # A colon of Chinese brings its own room.
        first = "" if title.endswith("：") else " "  # noqa: RUF001
        joiner = " · " if position else first
        room = cell_len(lines[-1]) + len(joiner) + cell_len(item) <= console.width
        lines = [*lines[:-1], f"{lines[-1]}{joiner}{item}"] if room else [*lines, f"  {item}"]
    return Text("\n".join(lines))


def marked(
    console: Console, mark: str, style: str, *parts: str | tuple[str, str], indent: int = 3
) -> None:
    """Print a paragraph after a coloured mark; ``parts`` are plain, or text and style."""
    shown = (
        visible(part) if isinstance(part, str) else (visible(part[0]), part[1]) for part in parts
    )
    console.print(hanging(Text.assemble((mark, style), *shown), indent, indent + 2, console))


def _divided(text: Text, first: int, rest: int) -> list[Text]:
    """The lines of a paragraph of which the first may be wider or narrower than the others."""
    lines = text.divide(list(_breaks(text.plain, first, rest)))
    for line in lines:
        line.rstrip()
    return [_without_blanks(line) for line in lines]


def _without_blanks(line: Text) -> Text:
    blanks = len(line.plain) - len(line.plain.lstrip())
    return line.divide([blanks])[-1] if blanks else line


def _breaks(plain: str, first: int, rest: int) -> Iterator[int]:
    """Where lines after the first begin, so that no line is wider than allowed."""
    width, used = first, 0
    for found in _PIECES.finditer(plain):
        piece, at = found[0], found.start()
        if piece.isspace():
            used += len(piece)
            continue
        size = cell_len(piece)
        if used and used + size > width:
            yield at
            width, used = rest, 0
        while size > width:
            cut = _fitting(plain, at, width)
            yield cut
            size -= cell_len(plain[at:cut])
            at, width = cut, rest
        used += size


def _fitting(plain: str, start: int, width: int) -> int:
    """The end of what fits into a width."""
    end, used = start, 0
    while end < len(plain) and used + cell_len(plain[end]) <= width:
        used += cell_len(plain[end])
        end += 1
    return max(end, start + 1)
