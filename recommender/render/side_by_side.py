"""What the article says beside what is true today, and what llmpick makes of it."""

import re
from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.text import Text

from recommender.facts import Conflict, Framework, Rule
from recommender.facts.noun import noun
from recommender.render import columns
from recommender.render.frameworks import CELLS, holds_for
from recommender.words import Words

# What a reason says of its place in the article, which the label says here.
_ITS_NUMBER = re.compile(r" \(article[^)]*\)$|（文章[^）]*）$")  # noqa: RUF001  # Chinese brackets


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
            claim = words.text(rule.text, words.show_fact)
            yield rule.rule, label, _ITS_NUMBER.sub("", claim)


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
    """Print three columns; what stands unchanged says so, and what was told is not told again."""
    head = [words.key(key) for key in ("look.article", "look.today", "look.effect")]
    cells = list(_cells_of(found, words))
    columns.show([Text(text, style="bold") for text in head], cells, 0, console)


def _cells_of(found: Sequence[Row], words: Words) -> Iterator[tuple[Text, Text, Text]]:
    told: set[str] = set()
    for row in found:
        claim = Text.assemble((words.labelled(row.label, ""), "bold"), row.claim)
        if not row.conflicts:
            yield claim, Text(words.key("look.unchanged"), style="dim"), Text()
        for conflict in row.conflicts:
            today, effect = _today(conflict, words, again=conflict.id in told)
            yield claim, today, effect
            told.add(conflict.id)
            claim = Text()


def _today(conflict: Conflict, words: Words, *, again: bool) -> tuple[Text, Text]:
    mark = ("≠ ", "yellow")
    if again:
        return Text.assemble(mark, (words.key("look.above"), "dim")), Text()
    read = f" [{holds_for(conflict, words, conflict.source)}]"
    today = words.text(conflict.today, words.show_fact)
    effect = words.text(conflict.effect, words.show_fact)
    return Text.assemble(mark, today, (read, "dim")), Text(effect)
