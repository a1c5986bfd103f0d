"""The manual page in the man(7) macros, from the same texts as --help."""

from collections.abc import Iterable, Iterator
from typing import Any

from recommender import __version__
from recommender.cli.helping.pages import Entry, Page, children, page
from recommender.cli.helping.texts import Texts
from recommender.knowledge import installed


def manual(root: Any, texts: Texts) -> str:
    """The whole page of the application whose Typer command is ``root``."""
    first = page(root, "", texts)
    pages = list(_pages(root, "", texts))
    return "\n".join(
        (
            f'.TH LLMPICK 1 "{installed("core")["date"]}" "llmpick {__version__}" "llmpick"',
            ".na",  # options and commands stay as they are typed
            ".nh",
            *_heading(texts.say("labels", "name")),
            rf"llmpick \- {_text(first.summary)}",
            *_heading(texts.say("labels", "synopsis")),
            f".B {_text(first.usage)}",
            *_heading(texts.say("labels", "description")),
            *_described(first, texts),
            *_heading(texts.say("labels", "commands")),
            *(line for item in pages for line in _command(item, texts)),
            *_heading(texts.say("groups", "options")),
            *_shared((first, *pages)),
            *_heading(first.exits.title),
            *_entries(first.exits.entries),
            *_heading(texts.say("labels", "environment")),
            *_entries(_environment(texts)),
            *_heading(texts.say("labels", "examples")),
            *_entries(first.examples),
        )
    )


def _pages(command: Any, path: str, texts: Texts) -> Iterator[Page]:
    for name, child in children(command).items():
        full = f"{path} {name}".strip()
        yield page(child, full, texts)
        yield from _pages(child, full, texts)


def _command(item: Page, texts: Texts) -> Iterator[str]:
    """One command: what is its own; options that others have too are named and told once."""
    yield f'.SS "{_text(item.usage, quoted=True)}"'
    yield from _described(item, texts)
    sections = (section for section in item.sections if not section.commands)
    every = [entry for section in sections for entry in section.entries]
    yield from _entries(entry for entry in every if not entry.shared)
    shared = [_flag(entry) for entry in every if entry.shared]
    if shared:
        yield ".PP"
        yield _text(
            f"{texts.say('labels', 'also')}{texts.say('labels', 'colon')}{', '.join(shared)}"
        )
    yield from _entries(item.examples)


def _flag(entry: Entry) -> str:
    return next(name for name in entry.names.replace(",", "").split() if name.startswith("--"))


def _described(item: Page, texts: Texts) -> Iterator[str]:
    colon = texts.say("labels", "colon")
    yield _text(item.summary)
    if item.about:
        yield _text(item.about)
    for fact in item.facts:
        yield ".br"
        yield f"{_text(fact.names + colon)}{_text(fact.text)}"


def _shared(pages: Iterable[Page]) -> Iterator[str]:
    """Options of several commands by their groups, each once."""
    groups: dict[str, dict[str, Entry]] = {}
    for item in pages:
        for section in (section for section in item.sections if not section.commands):
            kept = (entry for entry in section.entries if entry.shared or not item.path)
            told = {entry.names: entry for entry in kept}
            groups.setdefault(section.title, {}).update(told)
    for title, entries in groups.items():
        if entries:
            yield f'.SS "{_text(title, quoted=True)}"'
            yield from _entries(entries.values())


def _environment(texts: Texts) -> Iterator[Entry]:
    for name, item in texts.document["environment"].items():
        yield Entry(names=name, text=texts.of(item))


def _entries(entries: Iterable[Entry]) -> Iterator[str]:
    for entry in entries:
        yield ".TP"
        yield f".B {_text(entry.names)}"
        yield _text(entry.text)


def _heading(title: str) -> tuple[str, ...]:
    return (f'.SH "{_text(title.upper(), quoted=True)}"',)


def _text(text: str, *, quoted: bool = False) -> str:
    r"""Text that roff shows as it is: ``\``, ``-``, a leading dot or quote, quotes in a macro."""
    shown = (
        text.replace("\\", r"\e").replace("-", r"\-").replace("`", r"\(ga").replace("'", r"\(aq")
    )
    shown = shown.replace('"', r"\(dq") if quoted else shown
    return rf"\&{shown}" if shown.startswith((".", "'")) else shown
