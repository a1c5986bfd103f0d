"""What the article says beside what is true today, and what llmpick makes of it."""

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from recommender.facts import Conflict, Framework, Rule
from recommender.facts.noun import noun
from recommender.render.frameworks import CELLS
from recommender.words import Words


@noun
class Row:
    """One cell or recommendation of the article, and the conflicts about it."""

    about: str
    label: str
    claim: str
    conflicts: tuple[Conflict, ...]


def rows(
    framework: Framework, rules: Sequence[Rule], conflicts: Sequence[Conflict], words: Words
) -> list[Row]:
    """The article's recommendations of a framework, then its row of the table."""
    found = [*_recommendations(framework, rules, words), *_cells(framework, words)]
    return [
        Row(about=about, label=label, claim=claim, conflicts=_about(conflicts, about))
        for about, label, claim in found
    ]


def _recommendations(
    framework: Framework, rules: Sequence[Rule], words: Words
) -> Iterator[tuple[str, str, str]]:
    for rule in rules:
        number = rule.rule.removeprefix("article.")
        if number.isdigit() and rule.when.get("framework.id") == framework.id:
            label = words.key("look.recommendation", number=number)
            yield rule.rule, label, words.text(rule.text, words.show_fact)


def _cells(framework: Framework, words: Words) -> Iterator[tuple[str, str, str]]:
    if framework.article is None:
        return
    for name in CELLS:
        cell = getattr(framework.article, name)
        label = words.key(f"article.{name}")
        yield f"{framework.id}.{name}", label, words.text(cell.text, words.show_fact)


def _about(conflicts: Sequence[Conflict], about: str) -> tuple[Conflict, ...]:
    return tuple(conflict for conflict in conflicts if about in conflict.about)


def show(found: Sequence[Row], words: Words, console: Console) -> None:
    """Print three columns; what stands unchanged says so."""
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, expand=True)
    for key in ("look.article", "look.today", "look.effect"):
        table.add_column(words.key(key), header_style="bold", ratio=1, overflow="fold")
    for row in found:
        claim = Text.assemble((words.labelled(row.label, ""), "bold"), row.claim)
        if not row.conflicts:
            table.add_row(claim, Text(words.key("look.unchanged"), style="dim"), "")
        for position, conflict in enumerate(row.conflicts):
            today = Text.assemble(
                ("≠ ", "yellow"),
                words.text(conflict.today, words.show_fact),
                (f" [{conflict.holds_for}; {conflict.source}, {conflict.checked}]", "dim"),
            )
            effect = words.text(conflict.effect, words.show_fact)
            table.add_row("" if position else claim, today, effect)
    console.print(table)
