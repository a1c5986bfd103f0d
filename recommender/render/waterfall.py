"""Reasons as a waterfall: how each moves the sum from nothing to the score."""

from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console
from rich.text import Text

from recommender.errors import visible
from recommender.facts import Reason
from recommender.render.layout import beside, hanging
from recommender.words import Words

# More columns say no more; narrower consoles have none to spare.
_WIDEST, _LEAST_CONSOLE = 24, 70
_STYLES = {True: "green", False: "red"}


def ordered(reasons: Iterable[Reason]) -> list[Reason]:
    """What speaks for it, the heaviest first, then what speaks against, then what only tells."""
    return sorted(reasons, key=lambda reason: (not reason.points, -reason.points))


def show(reasons: Sequence[Reason], words: Words, console: Console, indent: int = 3) -> None:
    """Print a step a reason: its points, where it moves the sum, and what it rests on.

    Args:
        reasons: all reasons of a candidate; their points sum to its score.
        words: the language.
        console: where to print; a narrow one gets no bars.
        indent: columns before each line.
    """
    width = min(_WIDEST, console.width // 5) if console.width >= _LEAST_CONSOLE else 0
    for reason, bar in steps(ordered(reasons), width):
        points = f"{reason.points:+6g}" if reason.points else " " * 5 + "·"
        gap = " " if width else ""
        head = Text.assemble(" " * indent, (f"{points} ", _style(reason)), bar, gap)
        console.print(beside(head, Text(visible(reason.text)), console))
        told = Text(basis(reason, words), style="dim")
        console.print(hanging(told, head.cell_len, head.cell_len, console))


def basis(reason: Reason, words: Words) -> str:
    """The layer, the rule, the source and the day of the check, as far as they are known."""
    layer = words.key(f"layer.{reason.layer}")
    return " · ".join(filter(None, (layer, reason.rule, reason.source, reason.checked)))


def steps(reasons: Sequence[Reason], width: int) -> Iterator[tuple[Reason, Text]]:
    """Each reason with its bar of ``width`` columns, on one scale that holds every sum."""
    sums = [0.0]
    for reason in reasons:
        sums.append(sums[-1] + reason.points)
    low, span = min(sums), max(max(sums) - min(sums), 1.0)
    for reason, before, after in zip(reasons, sums, sums[1:], strict=False):
        start, end = (round((value - low) / span * width) for value in sorted((before, after)))
        end = max(end, start + 1) if reason.points and width else end
        start = min(start, max(width - 1, 0))
        mark = "#" * (min(end, width) - start if reason.points else 0)
        bar = Text.assemble(" " * start, (mark, _style(reason)))
        bar.pad_right(width - bar.cell_len)
        yield reason, bar


def _style(reason: Reason) -> str:
    return _STYLES[reason.points > 0] if reason.points else "dim"
