"""The next useful command at the end of an answer, for people at a terminal alone."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import Any

from recommender.cli.asking import Asked
from recommender.errors import visible
from recommender.facts.command import Command
from recommender.words import Words

_BETWEEN = " · "


def suggest(
    words: Words, *commands: Sequence[str], key: str = "next.command", **values: str
) -> None:
    """Print the commands that help on, on standard output where that is a terminal."""
    if sys.stdout.isatty():
        from rich.text import Text

        from recommender.cli.output import console

        shown = console()
        text = _sentence(words, commands, key, values)
        if Text(text).cell_len > shown.width:
            text = text.replace(_BETWEEN, "\n  ")
        shown.print()
        shown.print(Text(text, style="dim"), soft_wrap=True)


def mention(words: Words, *commands: Sequence[str], key: str, **values: str) -> None:
    """The same on standard error, for results that are files."""
    sys.stderr.write(f"{_sentence(words, commands, key, values)}\n")


def _sentence(
    words: Words, commands: Sequence[Sequence[str]], key: str, values: dict[str, str]
) -> str:
    lines = _BETWEEN.join(line(command) for command in commands)
    shown = {name: visible(value) for name, value in values.items()}
    return words.key(key, command=lines, **shown)


def line(command: Sequence[str]) -> str:
    """An llmpick command as it is typed here, every word quoted for this system's shell."""
    from recommender.launch.shell import posix, powershell

    write = powershell if sys.platform == "win32" else posix
    return visible(write(Command(argv=("llmpick", *command))))


def same(asked: Asked, *without: str, **instead: str | None) -> list[str]:
    """The options that make up a question, as they were typed, for another command.

    Args:
        asked: the question.
        without: fields that the other command has no option for.
        instead: fields with other values.
    """
    found: list[str] = []
    for field in fields(Asked):
        value = instead.get(field.name, getattr(asked, field.name))
        if field.name not in without and value not in (None, field.default):
            found += _words(_name(field.type), value)
    return found


def _name(hint: Any) -> str:
    """The option of a field: Typer takes its first name for a default until it builds a command."""
    return str(hint.__metadata__[0].default)


def _words(option: str, value: Any) -> Iterator[str]:
    if value is True:
        yield option
        return
    for one in value if isinstance(value, list) else (value,):
        yield option
        yield str(one)
