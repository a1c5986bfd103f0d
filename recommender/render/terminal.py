"""The answer on one screen, for people."""

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from recommender.facts import Answer, Candidate, Launch, Problem, Reason, Rejection
from recommender.render.lines import fold, visible
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
    console.print(_line(machine_line(answer.machine, words)), style="bold")
    console.print(_line(workload_line(answer, words)))
    for problem in answer.problems:
        console.print(_problem(problem))
    console.print()
    if answer.ranking:
        _pick(answer, answer.ranking[0], names, words, console)
        _others(answer.ranking[1:], names, words, console)
    else:
        console.print(words.key("table.nothing"), style="bold")
    _rejected(answer.rejected, names, words, console)
    if answer.ranking:
        console.print()
        console.print(_next(answer, words), style="dim")


def _line(text: str) -> Text:
    return Text(visible(text))


def _problem(problem: Problem) -> Text:
    fix = f" → {problem.fix}" if problem.fix else ""
    return Text.assemble(("! ", "yellow"), visible(problem.what), (visible(fix), "dim"))


def _pick(
    answer: Answer, pick: Candidate, names: dict[str, str], words: Words, console: Console
) -> None:
    points = words.key("table.points", points=pick.score)
    title = f"1  {names[pick.framework]} {pick.version or ''} · {pick.platform}"
    gap = max(console.width - Text(title).cell_len - Text(points).cell_len, 2)
    console.print(Text.assemble((title, "bold green"), " " * gap, points))
    for reason in strongest(pick.reasons, _REASONS):
        sign = ("+ ", "green") if reason.points >= 0 else ("- ", "red")
        console.print(_indented(Text.assemble(sign, visible(reason.text)), 3))
    for warning in pick.warnings:
        console.print(_indented(Text.assemble(("! ", "yellow"), visible(warning.text)), 3))
    if pick.launch:
        _commands(pick.launch, answer.machine.os.family == "windows", words, console)


def strongest(reasons: Sequence[Reason], count: int) -> list[Reason]:
    """The reasons that moved the score most, and what the fit says."""
    moved = [reason for reason in reasons if reason.points]
    return sorted(moved, key=lambda reason: -abs(reason.points))[:count]


def _indented(text: Text, columns: int) -> Padding:
    return Padding(text, (0, 0, 0, columns), expand=False)


def _commands(launch: Launch, windows: bool, words: Words, console: Console) -> None:  # noqa: FBT001
    joiner = " `" if windows and not launch.notes else " \\"
    for note in launch.notes:
        console.print(_indented(Text.assemble(("! ", "yellow"), note), 3))
    for label in ("install", "serve", "check"):
        lines: tuple[str, ...] = getattr(launch, label)
        if not lines:
            continue
        console.print(_indented(Text(words.key(f"table.{label}"), style="dim"), 3))
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
        console.print(_hanging(head, _why_not_first(item, words), console))


def _titled(item: Candidate, names: dict[str, str]) -> str:
    return f"{item.rank}  {names[item.framework]} · {item.platform}"


def _why_not_first(item: Candidate, words: Words) -> str:
    """What speaks most against it, else what speaks for it."""
    against = [reason for reason in item.reasons if reason.points < 0]
    if against:
        return min(against, key=lambda reason: reason.points).text
    best = strongest(item.reasons, 1)
    return best[0].text if best else words.key("table.no-reason")


def _hanging(head: Text, body: str, console: Console) -> Text:
    """``head`` and ``body`` on lines that continue under the body."""
    column = min(head.cell_len, console.width // 2)
    folded = Text(visible(body)).wrap(console, max(console.width - head.cell_len, 20))
    return Text(f"\n{' ' * column}").join([Text.assemble(head, folded[0]), *folded[1:]])


def _rejected(
    rejected: Sequence[Rejection], names: dict[str, str], words: Words, console: Console
) -> None:
    if not rejected:
        return
    console.print()
    console.print(words.key("table.rejected"), style="bold")
    for item in rejected:
        reason = item.reasons[0]
        fix = f" → {reason.fix}" if reason.fix else ""
        head = Text.assemble(("   x ", "red"), f"{names[item.framework]}: ")
        console.print(_hanging_at(head, visible(reason.text + fix), 5, console))


def _hanging_at(head: Text, body: str, column: int, console: Console) -> Text:
    text = Text.assemble(head, body)
    folded = list(_wrapped(text, column, console))
    return Text(f"\n{' ' * column}").join(folded)


def _wrapped(text: Text, column: int, console: Console) -> Iterator[Text]:
    first, *rest = text.wrap(console, console.width) or [Text()]
    yield first
    remaining = Text(" ").join([part.copy() for part in rest])
    if remaining:
        yield from remaining.wrap(console, console.width - column)


def _next(answer: Answer, words: Words) -> str:
    return words.key("table.next", framework=answer.ranking[0].framework)
