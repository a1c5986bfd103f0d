"""Text under a hanging indent, without trailing blanks, for any width and for CJK."""

from rich.console import Console
from rich.text import Text


def hanging(text: Text, first: int, rest: int, console: Console) -> Text:
    """``text`` wrapped to the console's width.

    Args:
        text: one paragraph.
        first: columns before its first line.
        rest: columns before its other lines.
        console: where it goes; its width counts.
    """
    head, *more = _wrapped(text, console.width - first, console)
    lines = [Text.assemble(" " * first, head)]
    remaining = Text(" ").join(more)
    if remaining:
        lines += [
            Text.assemble(" " * rest, line)
            for line in _wrapped(remaining, console.width - rest, console)
        ]
    return Text("\n").join(lines)


def _wrapped(text: Text, width: int, console: Console) -> list[Text]:
    lines = list(text.wrap(console, max(width, 20))) or [Text()]
    for line in lines:
        line.rstrip()
    return lines
