"""What a release changes in the knowledge, for the people who keep it."""

from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from recommender.errors import visible
from recommender.facts.refresh import Refresh, Wheel
from recommender.render.layout import hanging
from recommender.words import Words

_SIGNS = {"added": "+", "removed": "-", "deprecated": "~", "changed": "~"}
# More of one kind has one cause, most of the time; --json has all of them.
_MOST = 20
_STYLES = {"added": "green", "removed": "red", "deprecated": "yellow", "changed": "yellow"}


def show(found: Refresh, words: Words, console: Console) -> None:
    """Print the release, what it changed, what is wrong now, and what was written."""
    key = "refresh.head" if found.before else "refresh.head-first"
    names = {"name": found.framework, "version": found.version, "day": found.day}
    console.print(Text(words.key(key, before=found.before, **names), style="bold"))
    _changes(found, words, console)
    _part("refresh.release", _release(found, words), words, console)
    _part("refresh.facts", _facts(found), words, console)
    _part("refresh.templates", _templates(found), words, console)
    _part("refresh.findings", found.findings, words, console)
    _part("refresh.left", map(words.said, found.left), words, console)
    _part("refresh.written", found.written, words, console)
    if not found.written:
        console.print()
        console.print(words.key("refresh.dry-run" if found.dry_run else "refresh.unchanged"))


def _changes(found: Refresh, words: Words, console: Console) -> None:
    for program, count in found.options.items():
        console.print(Text(visible(f"   {program}: {count}")))
        for change in found.changes:
            if change.program == program:
                mark = f" {words.said(change.detail)}" if change.detail else ""
                if change.kind == "deprecated":
                    mark = f" {words.key('refresh.deprecated')}"
                sign = (f"{_SIGNS[change.kind]} ", _STYLES[change.kind])
                text = Text.assemble(sign, visible(f"{change.option}{mark}"))
                console.print(hanging(text, 5, 9, console))


def _part(key: str, lines: Iterator[str] | tuple[str, ...], words: Words, console: Console) -> None:
    listed = list(dict.fromkeys(lines))
    if listed:
        console.print()
        console.print(Text(words.key(key), style="bold"))
    for line in listed[:_MOST]:
        console.print(hanging(Text(visible(line)), 3, 5, console))
    if len(listed) > _MOST:
        console.print(
            Text(f"   {words.key('refresh.more', count=len(listed) - _MOST)}", style="dim")
        )


def _release(found: Refresh, words: Words) -> Iterator[str]:
    if found.requires_python:
        yield words.labelled("Python", found.requires_python)
    for wheel in found.wheels:
        yield _wheel(wheel)
    if found.pins:
        pins = [f"{name} {version}" for name, version in found.pins.items()]
        yield words.labelled(words.key("refresh.pins"), ", ".join(pins))


def _wheel(wheel: Wheel) -> str:
    facts = {
        "glibc": wheel.glibc,
        "Python": " ".join(wheel.pythons),
        "capabilities": " ".join(wheel.capabilities),
        "PTX": " ".join(wheel.ptx),
        "CUDA": wheel.cuda,
    }
    told = "; ".join(f"{name} {value}" for name, value in facts.items() if value)
    target = " ".join(filter(None, (wheel.os, wheel.arch)))
    return f"{target}: {told}" if told else target


def _facts(found: Refresh) -> Iterator[str]:
    for fact in found.facts:
        where = f"{found.framework}/{fact.platform}, {fact.package}"
        yield f"{where}: {fact.field} {fact.old or '-'} → {fact.new}"


def _templates(found: Refresh) -> Iterator[str]:
    for broken in found.templates:
        where = ", ".join(f"{found.framework}/{name}" for name in broken.platforms)
        text = f", {broken.place}: {broken.text}" if broken.place else ""
        yield f"{where}{text}: {'; '.join(broken.findings)}"
