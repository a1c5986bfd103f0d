"""The answer on one screen, for people."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from recommender.errors import visible
from recommender.facts import Answer, Candidate, Considered, Launch, Problem, Reason, Rejection
from recommender.render.layout import hanging, marked
from recommender.render.lines import fold
from recommender.render.speed import speed_line
from recommender.render.summary import machine_line, workload_line
from recommender.words import Words

_REASONS = 3


def show(answer: Answer, names: dict[str, str], words: Words, console: Console) -> None:
    """Print the answer: what was found, the pick with reasons and commands, and the others.

    Args:
        answer: what to show.
        names: the display name of every framework by id.
        words: the language.
        console: where to print; its width is used.
    """
    for line, style in (
        (machine_line(answer.machine, words), "bold"),
        (workload_line(answer.workload, answer.model, words), ""),
    ):
        console.print(hanging(Text(visible(line), style=style), 0, 2, console))
    for problem in answer.problems:
        console.print(hanging(problem_text(problem, words), 0, 2, console))
    console.print()
    if answer.ranking:
        _pick(answer, answer.ranking[0], names, words, console)
        _others(answer.ranking[1:], names, words, console)
    else:
        console.print(words.key("table.nothing"), style="bold")
    rejected(answer.rejected, names, words, console)
    _beside(answer.also_consider, words, console)
    if answer.ranking:
        console.print()
        console.print(_next(answer, words), style="dim")


def problem_text(problem: Problem, words: Words) -> Text:
    """A problem with its fix on one paragraph."""
    fix = f" → {words.said(problem.fix)}" if problem.fix else ""
    what = visible(words.said(problem.what))
    return Text.assemble(("! ", "yellow"), what, (visible(fix), "dim"))


def _pick(
    answer: Answer, pick: Candidate, names: dict[str, str], words: Words, console: Console
) -> None:
    sure = words.key(f"confidence.{pick.confidence}")
    points = f"{words.key('table.points', points=pick.score)} · {sure}"
    title = f"1  {names[pick.framework]} {pick.version or ''} · {pick.platform}"
    gap = max(console.width - Text(title).cell_len - Text(points).cell_len, 2)
    console.print(Text.assemble((title, "bold green"), " " * gap, points))
    for reason in _shown(pick):
        console.print(hanging(_signed(reason), 3, 5, console))
    console.print(hanging(Text(f"≈ {speed_line(pick.speed, words)}"), 3, 5, console))
    for warning in pick.warnings:
        marked(console, "! ", "yellow", warning.text)
    if pick.launch:
        commands(pick.launch, answer.machine.os.family == "windows", words, console)


def _shown(pick: Candidate) -> list[Reason]:
    """The reasons that moved the score most, and what was estimated of the fit."""
    said = {warning.rule for warning in pick.warnings}
    reasons = [reason for reason in pick.reasons if reason.rule not in said]
    fit = [reason for reason in reasons if reason.layer == "estimate"]
    others = [reason for reason in reasons if reason.layer != "estimate"]
    return [*strongest(others, _REASONS - 1), *fit]


def _signed(reason: Reason) -> Text:
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


def _others(
    ranking: Sequence[Candidate], names: dict[str, str], words: Words, console: Console
) -> None:
    if not ranking:
        return
    console.print()
    width = max(Text(_titled(item, names)).cell_len for item in ranking)
    for item in ranking:
        title = _titled(item, names)
        pad = " " * (width - Text(title).cell_len)
        head = Text.assemble((title + pad, "bold"), f" {item.score:>6g}  ")
        text = Text.assemble(head, _telling(item, words))
        console.print(hanging(text, 0, min(head.cell_len, console.width // 2), console))


def _titled(item: Candidate, names: dict[str, str]) -> str:
    return f"{item.rank}  {names[item.framework]} · {item.platform}"


def _telling(item: Candidate, words: Words) -> Text:
    """That it is close, else what speaks most against it, else what speaks for it."""
    close = next((warning for warning in item.warnings if warning.rule == "ranking.close"), None)
    if close:
        return Text.assemble(("≈ ", "yellow"), visible(close.text))
    against = [reason for reason in item.reasons if reason.points < 0]
    if against:
        return _signed(min(against, key=lambda reason: reason.points))
    best = strongest(item.reasons, 1)
    return _signed(best[0]) if best else Text(words.key("table.no-reason"))


def rejected(
    refused: Sequence[Rejection], names: dict[str, str], words: Words, console: Console
) -> None:
    """Print what cannot run here and why, those without a backend on one line."""
    if not refused:
        return
    console.print()
    console.print(words.key("table.rejected"), style="bold")
    alike = [item for item in refused if _without_backend(item)]
    together = alike if len(alike) > 1 else []
    for item in refused:
        if item not in together:
            _crossed(item.reasons[0].text, item.reasons[0].fix, console)
    if together:
        listed = [names[item.framework] for item in together]
        first = together[0].reasons[0]
        other_hardware = words.key("fix.device", **first.params)
        line = words.key("table.no-backend", names=listed, device=first.params["device"])
        _crossed(line, first.fix if first.fix != other_hardware else None, console)


def _crossed(text: str, fix: str | None, console: Console) -> None:
    marked(console, "x ", "red", text, (f" → {fix}", "dim") if fix else "")


def _without_backend(item: Rejection) -> bool:
    """Whether the framework has nothing for any device here."""
    first = item.reasons[0]
    return first.rule == f"{item.framework}.device" and bool(first.params.get("device"))


def _beside(considered: Sequence[Considered], words: Words, console: Console) -> None:
    if not considered:
        return
    console.print()
    console.print(words.key("table.beside"), style="bold")
    for item in considered:
        over = words.key("table.over", names=list(item.over)) if item.over else ""
        reason = words.labelled("", item.reasons[0].text)
        marked(console, "~ ", "cyan", (item.name, "bold"), (over, "dim"), reason)


def _next(answer: Answer, words: Words) -> str:
    return words.key("table.next", framework=answer.ranking[0].framework)
