"""The pick: why it leads, what to mind, and the commands to copy."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from recommender.errors import visible
from recommender.facts import Answer, Candidate, Launch, Reason
from recommender.render.layout import hanging, marked
from recommender.render.lines import fold
from recommender.render.speed import speed_line
from recommender.words import Words

_REASONS, _WARNINGS = 3, 3


def show(answer: Answer, names: dict[str, str], words: Words, console: Console) -> None:
    """Print the first of the ranking: its strongest reasons, fit, speed, warnings and commands."""
    pick = answer.ranking[0]
    title(pick, names, words, console)
    wished = answer.workload.concurrency
    for reason in _shown(pick):
        console.print(hanging(_marked(reason, pick, wished), 3, 5, console))
    console.print(hanging(Text(f"≈ {speed_line(pick.speed, words)}"), 3, 5, console))
    for warning in pick.warnings[:_WARNINGS]:
        marked(console, "! ", "yellow", warning.text)
    more = len(pick.warnings) - _WARNINGS
    if more > 0:
        marked(console, "! ", "yellow", words.key("table.more-warnings", count=more))
    if pick.launch:
        commands(pick.launch, answer.machine.os.family == "windows", words, console)


def title(item: Candidate, names: dict[str, str], words: Words, console: Console) -> None:
    """Print rank, name, version and platform, and to the right points and confidence."""
    sure = words.key(f"confidence.{item.confidence}")
    points = f"{words.key('table.points', points=item.score)} · {sure}"
    name = f"{item.rank}  {names[item.framework]} {item.version or ''} · {item.platform}"
    gap = console.width - Text(name).cell_len - Text(points).cell_len
    style = "bold green" if item.rank == 1 else "bold"
    if gap >= 2:  # noqa: PLR2004  # a gap that is seen
        console.print(Text.assemble((name, style), " " * gap, points))
    else:
        console.print(Text(name, style=style))
        console.print(f"   {points}")


def _shown(pick: Candidate) -> list[Reason]:
    """The reasons that moved the score most, and what was estimated of the fit."""
    said = {warning.rule for warning in pick.warnings}
    reasons = [reason for reason in pick.reasons if reason.rule not in said]
    fit = [reason for reason in reasons if reason.layer == "estimate"]
    others = [reason for reason in reasons if reason.layer != "estimate"]
    return [*strongest(others, _REASONS), *fit]


def _marked(reason: Reason, pick: Candidate, wished: int) -> Text:
    """A reason after its sign; an estimate that falls short of the wish is one to mind."""
    held = pick.fit.concurrent_requests if pick.fit else None
    short = held is not None and held < wished
    if short and reason.layer == "estimate" and not reason.points:
        return Text.assemble(("! ", "yellow"), visible(reason.text))
    return signed(reason)


def signed(reason: Reason) -> Text:
    """A reason after the sign of its points."""
    sign = ("+ ", "green") if reason.points >= 0 else ("- ", "red")
    return Text.assemble(sign, visible(reason.text))


def strongest(reasons: Sequence[Reason], count: int) -> list[Reason]:
    """The reasons that moved the score most."""
    moved = [reason for reason in reasons if reason.points]
    return sorted(moved, key=lambda reason: -abs(reason.points))[:count]


def commands(launch: Launch, windows: bool, words: Words, console: Console) -> None:  # noqa: FBT001
    """Print the lines to copy, with what they cannot say."""
    joiner = " `" if windows and not launch.notes else " \\"
    for note in launch.notes:
        marked(console, "! ", "yellow", note)
    for label in ("install", "serve", "check"):
        lines: tuple[str, ...] = getattr(launch, label)
        if not lines:
            continue
        console.print(Text(f"   {words.key(f'table.{label}')}", style="dim"))
        for command in lines:
            for text in fold(visible(command), console.width - 6, joiner):
                console.print(Text(f"     {text}", style="cyan"), soft_wrap=True)
