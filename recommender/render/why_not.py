"""Why a framework does not run or lead somewhere, for people."""

from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

from recommender.errors import visible
from recommender.facts import Framework, Reason
from recommender.facts.why_not import Ahead, Obstacle, Step, WhyNot
from recommender.knowledge import document
from recommender.render.layout import hanging, marked
from recommender.words import Words

_MOST = 5


def show(found: WhyNot, framework: Framework, words: Words, console: Console) -> None:
    """Print every failed rule with its fact, source and fix, and what would change it."""
    key = "why.runs" if found.rank else "why.not"
    title = words.key(key, name=framework.name, rank=found.rank)
    console.print(Text(title, style="bold"))
    for problem in found.problems:
        marked(console, "! ", "yellow", words.said(problem.what))
    for obstacle in found.obstacles:
        _obstacle(obstacle, words, console)
    if found.obstacles:
        _change(found.change, words, console)
    if found.ahead:
        _ahead(found.ahead, framework, words, console)
    elif found.rank == 1:
        console.print(Text(words.key("why.first", name=framework.name)))


def _obstacle(obstacle: Obstacle, words: Words, console: Console) -> None:
    console.print()
    where = obstacle.device or words.key("device.cpu")
    place = f" · {visible(where)}" if obstacle.platform != obstacle.name or obstacle.device else ""
    console.print(Text(f"{obstacle.name}{place}", style="bold"))
    for reason in obstacle.reasons:
        _reason(reason, words, console)


def _reason(reason: Reason, words: Words, console: Console) -> None:
    marked(console, "x ", "red", reason.text)
    told = (("why.rule", reason.rule), ("why.fact", reason.fact), ("why.source", source(reason)))
    for key, value in told:
        if value:
            text = Text(words.labelled(words.key(key), visible(value)), style="dim")
            console.print(hanging(text, 5, 7, console))
    if reason.fix:
        marked(console, "→ ", "green", reason.fix, indent=5)


def source(reason: Reason) -> str | None:
    """Where a reason's fact was read: title, version and address, and the day of the check."""
    if reason.source is None:
        return None
    row = document("sources")["sources"].get(reason.source, {})
    known = (row.get("title", reason.source), row.get("version"), row.get("address"))
    shown = " · ".join(str(part) for part in known if part)
    return f"{shown} ({reason.checked})" if reason.checked else shown


def _change(steps: Iterable[Step] | None, words: Words, console: Console) -> None:
    console.print()
    console.print(Text(words.key("why.change"), style="bold"))
    if steps is None:
        console.print(hanging(Text(words.key("change.nothing")), 3, 5, console))
        return
    for step in steps:
        marked(console, "→ ", "green", step.text)


def _ahead(found: Ahead, framework: Framework, words: Words, console: Console) -> None:
    console.print()
    title = words.key("why.ahead", leader=found.framework, gap=found.gap)
    console.print(Text(title, style="bold"))
    for name, reasons in ((found.framework, found.theirs), (framework.id, found.own)):
        for reason in reasons[:_MOST]:
            told = words.labelled(f"{name} {reason.points:+g}", visible(reason.text))
            text = f"{told} [{reason.rule}]"
            console.print(hanging(Text(text), 3, 5, console))
    if found.turns:
        options = words.key("turn.first", options=list(found.turns))
        marked(console, "→ ", "green", options)
