"""The frameworks side by side: the article's table with what is true today, and the platforms."""

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.text import Text

from recommender.errors import visible
from recommender.facts import Cell, Conflict, Framework, Platform
from recommender.render import columns
from recommender.render.brief import line
from recommender.render.layout import hanging
from recommender.words import Words

CELLS = ("techniques", "throughput", "ease", "hardware", "scenarios", "shortcomings")
# In the order in which people compare; those that belong together stay in one band.
_COLUMNS = ("throughput", "ease", "hardware", "scenarios", "shortcomings", "techniques")
_LEAST_COLUMN, _NAMES = 18, 16
_INDENT = 5
# How the name of a platform says the grade of its support.
_SAYS = {
    "plugin": ("plugin",),
    "experimental": ("beta", "experimental"),
    "source-build": ("from source",),
}

_Numbered = dict[str, tuple[int, Conflict]]


def show(
    frameworks: Sequence[Framework],
    conflicts: Sequence[Conflict],
    words: Words,
    console: Console,
) -> None:
    """Print the article's table, its corrections, today's platforms, and what stands beside.

    Args:
        frameworks: those of the article and others; the others get a line each.
        conflicts: where article and today's facts disagree.
        words: the language.
        console: where to print; a wide one shows more columns side by side.
    """
    listed = [framework for framework in frameworks if framework.article]
    numbered = _numbered(listed, conflicts)
    console.print(Text(words.key("look.article"), style="bold"))
    for names in _bands(console.width):
        console.print()
        _band(listed, names, numbered, words, console)
    _today(numbered, words, console)
    _platforms(listed, words, console)
    _others([one for one in frameworks if not one.article], words, console)


def _numbered(frameworks: Sequence[Framework], conflicts: Sequence[Conflict]) -> _Numbered:
    """The conflicts about cells, in the order in which a reader meets them."""
    cells = [f"{framework.id}.{name}" for framework in frameworks for name in _COLUMNS]
    met = [one for cell in cells for one in conflicts if cell in one.about]
    unique = {conflict.id: conflict for conflict in met}
    return {name: (number, one) for number, (name, one) in enumerate(unique.items(), 1)}


def _bands(width: int) -> Iterator[tuple[str, ...]]:
    """The columns in as many tables, one below the other, as the width asks for."""
    most = max((width - _NAMES) // _LEAST_COLUMN, 1)
    count = -(-len(_COLUMNS) // most)
    each = -(-len(_COLUMNS) // count)
    for start in range(0, len(_COLUMNS), each):
        yield _COLUMNS[start : start + each]


def _band(
    frameworks: Sequence[Framework],
    names: Sequence[str],
    numbered: _Numbered,
    words: Words,
    console: Console,
) -> None:
    head = [Text(), *(Text(words.key(f"article.{name}"), style="bold") for name in names)]
    rows = [
        [
            _name(framework, words),
            *(_cell(framework, name, numbered, words) for name in names),
        ]
        for framework in frameworks
    ]
    columns.show(head, rows, _NAMES, console)


def _name(framework: Framework, words: Words) -> Text:
    kept = framework.status != "active"
    note = f"\n{status(framework, words)}" if kept else ""
    return Text.assemble((framework.name, "bold green"), (note, "yellow"))


def _cell(framework: Framework, name: str, numbered: _Numbered, words: Words) -> Text:
    cell: Cell = getattr(framework.article, name)
    about = f"{framework.id}.{name}"
    marks = [f"≠{number}" for number, conflict in numbered.values() if about in conflict.about]
    mark = f" {' '.join(marks)}" if marks else ""
    return Text.assemble(words.text(cell.text, _nothing), (mark, "yellow"))


def _today(numbered: _Numbered, words: Words, console: Console) -> None:
    console.print()
    console.print(Text(words.key("look.corrected"), style="bold"))
    for number, conflict in numbered.values():
        read = f" [{holds_for(conflict, words)}]"
        text = Text.assemble(
            (f"≠{number} ", "yellow"), words.text(conflict.today, _nothing), (read, "dim")
        )
        console.print(hanging(text, 3, 6, console))


def holds_for(conflict: Conflict, words: Words, *sources: str) -> str:
    """The versions for which a conflict was read, where, and the day."""
    versions = words.show(conflict.holds_for.split(", "))
    read = words.show([*sources, str(conflict.checked)])
    return words.key("value.semicolon").join((versions, read))


def _platforms(frameworks: Sequence[Framework], words: Words, console: Console) -> None:
    console.print()
    console.print(Text(words.key("look.platforms-today"), style="bold"))
    for framework in frameworks:
        version = framework.platforms[0].version
        console.print(Text(f"   {framework.name} {version}", style="bold"))
        for names in platforms(framework, words):
            text = Text(visible(" · ".join(names)))
            console.print(hanging(text, _INDENT, _INDENT + 2, console))


def _others(frameworks: Sequence[Framework], words: Words, console: Console) -> None:
    if not frameworks:
        return
    console.print()
    console.print(Text(words.key("look.others"), style="bold"))
    width = max(Text(framework.name).cell_len for framework in frameworks)
    for framework in frameworks:
        name = Text(framework.name, style="bold")
        name.pad_right(width - name.cell_len)
        line(console, Text.assemble("   ", name, "  "), words.text(framework.summary, _nothing))
    more = Text(words.key("look.more", command="llmpick explain"), style="dim")
    console.print(hanging(more, 3, 3, console))


def platforms(framework: Framework, words: Words) -> list[list[str]]:
    """Its platforms by the maker of devices, with the grade of support where it is not plain."""
    makers: dict[str, list[str]] = {}
    for platform in framework.platforms:
        vendor = (platform.device or {}).get("device.vendor", "")
        makers.setdefault(str(vendor), []).append(_graded(platform, words))
    return list(makers.values())


def _graded(platform: Platform, words: Words) -> str:
    """A platform's name and the grade of its support, unless the name says that itself."""
    name, grade = words.said(platform.name), platform.support
    if grade == "supported" or any(word in platform.name for word in _SAYS.get(grade, ())):
        return name
    said = words.key(f"support.{grade}")
    if name.endswith((")", "）")):  # noqa: RUF001  # a Chinese bracket
        inside = words.key("look.and-grade", name=name[:-1], grade=said)
        return inside + name[-1]
    return words.noted(name, said)


def status(framework: Framework, words: Words) -> str:
    """Whether it is developed, in the language of the reader."""
    key = f"status.{framework.status}"
    return words.key(key) if words.has(key) else framework.status


def _nothing(_: str) -> None:
    return None
