"""The whole answer: every reason with points, layer, source and date."""

from rich.console import Console
from rich.text import Text

from recommender.errors import visible
from recommender.facts import Answer, Candidate, Considered, Reason, Rejection
from recommender.render import others, pick, waterfall
from recommender.render.layout import hanging, marked
from recommender.render.speed import speed_line
from recommender.render.terminal import found, onward
from recommender.words import Words


def show(answer: Answer, names: dict[str, str], words: Words, console: Console) -> None:
    """Print what ``terminal.show`` prints, with nothing left out.

    Args:
        answer: what to show.
        names: the display name of every framework by id.
        words: the language.
        console: where to print; its width is used.
    """
    found(answer, words, console)
    if not answer.ranking:
        console.print(words.key("table.nothing"), style="bold")
    for item in answer.ranking:
        _candidate(answer, item, names, words, console)
    if answer.rejected:
        console.print(words.key("table.rejected"), style="bold")
    for refused in answer.rejected:
        _rejection(refused, names, words, console)
    if answer.also_consider:
        console.print(words.key("table.beside"), style="bold")
    for considered in answer.also_consider:
        _considered(considered, words, console)
    others.turns(answer, names, words, console)
    onward(answer, words, console)


def _candidate(
    answer: Answer, item: Candidate, names: dict[str, str], words: Words, console: Console
) -> None:
    pick.title(item, names, words, console)
    waterfall.show(item.reasons, words, console)
    console.print(hanging(Text(f"≈ {speed_line(item.speed, words)}"), 3, 5, console))
    for choice in item.fit.choices if item.fit else ():
        marked(console, "~ ", "cyan", choice)
    for warning in item.warnings:
        marked(console, "! ", "yellow", warning.text)
        _basis(warning, words, console)
    if item.launch:
        windows = answer.machine.os.family == "windows"
        pick.commands(item.launch, windows, words, console)
    console.print()


def _rejection(refused: Rejection, names: dict[str, str], words: Words, console: Console) -> None:
    console.print(Text(f"   {names[refused.framework]}", style="bold"))
    for reason in refused.reasons:
        told = others.without_title(reason.text, names[refused.framework])
        fix = (f" → {reason.fix}", "dim") if reason.fix else ""
        marked(console, "x ", "red", told, fix, indent=5)
        if reason.fact:
            text = f"{words.key('why.fact')}: {visible(reason.fact)}"
            console.print(hanging(Text(text, style="dim"), 7, 9, console))
        _basis(reason, words, console, indent=7)
    console.print()


def _considered(item: Considered, words: Words, console: Console) -> None:
    over = words.key("table.over", names=list(item.over)) if item.over else ""
    console.print(Text.assemble("   ", (item.name, "bold"), (over, "dim")))
    for reason in item.reasons:
        marked(console, "~ ", "cyan", reason.text, indent=5)
        _basis(reason, words, console, indent=7)


def _basis(reason: Reason, words: Words, console: Console, indent: int = 5) -> None:
    text = Text(waterfall.basis(reason, words), style="dim")
    console.print(hanging(text, indent, indent + 2, console))
