"""A command's help on a terminal of any width, plain where colours are not wanted."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from recommender.cli.helping.pages import Entry, Page
from recommender.cli.helping.texts import Texts

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

# Longer lines are hard to read; names of options have a column as long as it leaves room for words.
_WIDEST = 100
_NAMES = 26


def screen(page: Page, texts: Texts, console: "Console") -> str:
    """The text of a page with the colours of ``console``."""
    console.width = min(console.width, _WIDEST)
    with console.capture() as captured:
        _head(page, texts, console)
        _examples(page, texts, console)
        for section in page.sections:
            _section(section.title, section.entries, texts, console)
        _section(page.exits.title, page.exits.entries, texts, console)
        if not page.path:
            _environment(texts, console)
            console.print()
            _paragraph(texts.say("labels", "more"), console)
    return captured.get().rstrip("\n")


def _head(page: Page, texts: Texts, console: "Console") -> None:
    from rich.text import Text

    _paragraph(page.summary, console)
    if page.about:
        _paragraph(page.about, console)
    console.print()
    colon = texts.say("labels", "colon")
    usage = Entry(names=texts.say("labels", "usage"), text=page.usage)
    for fact in (usage, *page.facts):
        _hang(Text.assemble((f"{fact.names}{colon}", "bold"), fact.text), 0, 2, console)


def _examples(page: Page, texts: Texts, console: "Console") -> None:
    """Each line whole, so that it can be copied, with what it is for below it."""
    from rich.text import Text

    if not page.examples:
        return
    _title(texts.say("labels", "examples"), texts, console)
    for example in page.examples:
        console.print(Text(f"  {example.names}", style="cyan"), soft_wrap=True)
        _hang(Text(example.text), 6, 6, console)


def _section(title: str, entries: Sequence[Entry], texts: Texts, console: "Console") -> None:
    _title(title, texts, console)
    width = min(max(_cells(entry.names) for entry in entries), _NAMES)
    for entry in entries:
        _entry(entry, width, console)


def _entry(entry: Entry, width: int, console: "Console") -> None:
    from rich.text import Text

    names = Text(entry.names, style="cyan")
    gap = width - names.cell_len
    if gap < 0:
        console.print(Text.assemble("  ", names))
        _hang(Text(entry.text), width + 4, width + 4, console)
    else:
        _hang(Text.assemble(names, " " * (gap + 2), entry.text), 2, width + 4, console)


def _environment(texts: Texts, console: "Console") -> None:
    entries = [
        Entry(names=name, text=texts.of(item))
        for name, item in texts.document["environment"].items()
    ]
    _section(texts.say("labels", "environment"), entries, texts, console)


def _title(title: str, texts: Texts, console: "Console") -> None:
    from rich.text import Text

    console.print()
    console.print(Text(f"{title}{texts.say('labels', 'colon')}".rstrip(), style="bold"))


def _paragraph(text: str, console: "Console") -> None:
    from rich.text import Text

    _hang(Text(text), 0, 0, console)


def _hang(text: "Text", first: int, rest: int, console: "Console") -> None:
    from recommender.render.layout import hanging

    console.print(hanging(text, first, rest, console), soft_wrap=True)


def _cells(text: str) -> int:
    from rich.cells import cell_len

    return cell_len(text)
