"""The others in a line each: the runners-up, what cannot run, what stands beside."""

import re
from collections.abc import Collection, Sequence

from rich.console import Console
from rich.text import Text

from recommender.errors import visible
from recommender.facts import Answer, Candidate, Considered, Reason, Rejection
from recommender.facts.turn import Turned
from recommender.render.brief import line
from recommender.render.pick import signed, strongest
from recommender.words import Words


def runners_up(
    ranking: Sequence[Candidate], names: dict[str, str], words: Words, console: Console
) -> None:
    """Print rank, name, platform, points and what tells each candidate from the first."""
    first, ranking = ranking[0], ranking[1:]
    if not ranking:
        return
    shared = {(reason.rule, reason.points) for reason in first.reasons}
    console.print()
    width = max(Text(_titled(item, names)).cell_len for item in ranking)
    for item in ranking:
        title = Text(_titled(item, names), style="bold")
        title.pad_right(width - title.cell_len)
        head = Text.assemble(title, f" {item.score:>6g}  ")
        told = _telling(item, shared, words)
        line(console, head, (told.plain[:2], str(told.spans[0].style)), told.plain[2:])


def _titled(item: Candidate, names: dict[str, str]) -> str:
    return f"{item.rank}  {names[item.framework]} · {item.platform}"


def _telling(item: Candidate, shared: Collection[tuple[str, float]], words: Words) -> Text:
    """That it is close, else what speaks most against it, else what speaks for it.

    What the first of the ranking has with the same points, as in ``shared``, tells nothing.
    """
    close = next((warning for warning in item.warnings if warning.rule == "ranking.close"), None)
    if close:
        return Text.assemble(("≈ ", "yellow"), visible(close.text))
    own = [reason for reason in item.reasons if (reason.rule, reason.points) not in shared]
    against = [reason for reason in own if reason.points < 0]
    if against:
        return signed(min(against, key=lambda reason: reason.points))
    best = strongest(own, 1) or strongest(item.reasons, 1)
    return signed(best[0]) if best else Text.assemble(("· ", "dim"), words.key("table.no-reason"))


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
    alone = [item for item in refused if item not in together]
    width = max((Text(names[item.framework]).cell_len for item in alone), default=0)
    for item in alone:
        _refused(item.reasons[0], names[item.framework], width, console)
    if together:
        _together(together, names, words, console)


def _refused(reason: Reason, name: str, width: int, console: Console) -> None:
    title = Text(name, style="bold")
    title.pad_right(width - title.cell_len)
    head = Text.assemble("   ", ("x ", "red"), title, "  ")
    fix = f" → {reason.fix}" if reason.fix else ""
    told = without_title(reason.text, name)
    # A way out that is cut in the middle helps nobody; -v tells it whole.
    fits = Text(told + fix).cell_len <= console.width - head.cell_len
    line(console, head, told, (fix if fits else "", "dim"))


def without_title(text: str, name: str) -> str:
    """A refusal without the framework, version and platform that it begins with."""
    within = r"(?:[^()（）]|[(（][^()（）]*[)）])*"  # noqa: RUF001
    title = rf"{re.escape(name)}(?: [^\s(（]+ ?[(（]{within}[)）])?(?:: |：| )"  # noqa: RUF001
    return re.sub(f"^{title}", "", text)


def _together(
    refused: Sequence[Rejection], names: dict[str, str], words: Words, console: Console
) -> None:
    first = refused[0].reasons[0]
    listed = [names[item.framework] for item in refused]
    told = words.key("table.no-backend", names=listed, device=first.params["device"])
    line(console, Text.assemble("   ", ("x ", "red")), told)


def _without_backend(item: Rejection) -> bool:
    """Whether the framework has nothing for any device here."""
    first = item.reasons[0]
    return first.rule == f"{item.framework}.device" and bool(first.params.get("device"))


def beside(considered: Sequence[Considered], words: Words, console: Console) -> None:
    """Print what else an expert would name here."""
    if not considered:
        return
    console.print()
    console.print(words.key("table.beside"), style="bold")
    for item in considered:
        over = words.key("table.over", names=list(item.over)) if item.over else ""
        head = Text.assemble("   ", ("~ ", "cyan"), (item.name, "bold"), "  ")
        line(console, head, item.reasons[0].text, (over, "dim"))


def turns(answer: Answer, names: dict[str, str], words: Words, console: Console) -> None:
    """Print which options would make another framework the pick, where that was asked for."""
    found = answer.turns if isinstance(answer, Turned) else ()
    if not found:
        return
    console.print()
    console.print(words.key("table.turns"), style="bold")
    width = max(Text(names[turn.framework]).cell_len for turn in found)
    for turn in found:
        title = Text(names[turn.framework], style="bold")
        title.pad_right(width - title.cell_len)
        head = Text.assemble("   ", ("→ ", "cyan"), title, "  ")
        line(console, head, words.key("table.turn", options=list(turn.options)))
