"""What a shell may put at the cursor: ``llmpick __complete SHELL WORDS``, asked by its script."""

import shlex
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from recommender.cli import inputs
from recommender.cli.helping import values
from recommender.cli.helping.pages import argument_name, children
from recommender.cli.helping.texts import Texts, texts
from recommender.errors import InputError
from recommender.facts.noun import noun

# What ends a word for bash beside blanks, where it is not quoted: the text before it stays.
_BASH_BREAKS = ":="


@noun
class Typed:
    """A command line up to the cursor: whole words, the begun one, whether a quote is open."""

    words: tuple[str, ...]
    begun: str
    quoted: bool = False


def complete(arguments: Sequence[str]) -> int:
    """Print a line for each word that may stand at the cursor, with what it means after a tab.

    Nothing is printed where nothing is known: the shell then offers files.
    """
    shell, *words = arguments or [""]
    typed = _typed(shell, words)
    lang = _language()
    for word, meaning in candidates(typed, texts(lang)):
        print(_line(shell, typed, word, meaning))  # noqa: T201  # the shell reads it
    return 0


def candidates(typed: Typed, texts: Texts) -> Iterator[values.Value]:
    """The words that may stand at the cursor, each with what it means."""
    command, path, rest = _command(typed.words)
    if command is None:
        return _matching(typed.begun, _first(texts))
    return _within(command, path, rest, typed.begun, texts)


def _within(
    command: Any, path: str, rest: Sequence[str], begun: str, texts: Texts
) -> Iterator[values.Value]:
    """What may follow in a command of which ``rest`` stands there already."""
    options = {name: item for item in command.params for name in item.opts if name.startswith("-")}
    waiting, given, plain = _read(rest, options)
    name, equals, start = begun.partition("=")
    if waiting is not None:
        yield from _known(texts.option(path, waiting.opts).get("values"), begun, texts)
    elif equals and name in options:
        kind = texts.option(path, options[name].opts).get("values")
        found = _known(kind, start, texts)
        yield from ((f"{name}={value}", meaning) for value, meaning in found)
    elif begun.startswith("-"):
        yield from _matching(begun, _options(command, path, given, texts))
    elif children(command):
        names = ((child, f"{path} {child}") for child in children(command))
        said = ((child, texts.of(texts.command(full), "summary")) for child, full in names)
        yield from _matching(begun, said)
    else:
        yield from _known(_argument(command, path, plain, texts), begun, texts)


def _read(rest: Sequence[str], options: dict[str, Any]) -> tuple[Any, list[Any], int]:
    """The option that waits for its value, the options that are given, how many arguments are."""
    waiting, given, plain = None, [], 0
    for word in rest:
        name, equals, _ = word.partition("=")
        if waiting is not None:
            waiting = None
        elif name in options:
            given.append(options[name])
            waiting = None if options[name].is_flag or equals else options[name]
        elif not word.startswith("-"):
            plain += 1
    return waiting, given, plain


def _options(command: Any, path: str, given: Sequence[Any], texts: Texts) -> Iterator[values.Value]:
    for item in command.params:
        again = item not in given or item.multiple
        if item.param_type_name == "option" and not item.hidden and again:
            yield max(item.opts, key=len), texts.of(texts.option(path, item.opts))
    yield "--help", texts.of(texts.option(path, ("--help",)))


def _argument(command: Any, path: str, position: int, texts: Texts) -> Any:
    """The values of the argument at a position; the last one may be several words."""
    every = [item for item in command.params if item.param_type_name == "argument"]
    several = bool(every) and every[-1].nargs != 1
    if not every or (position >= len(every) and not several):
        return None
    item = every[min(position, len(every) - 1)]
    return texts.argument(path, argument_name(item)).get("values")


def _command(words: Sequence[str]) -> tuple[Any, str, Sequence[str]]:
    """The command that is typed, its path, and the words after it; none before there is one."""
    from recommender.cli.main import COMMANDS, application

    position = next((place for place, word in enumerate(words) if word in COMMANDS), None)
    if position is None:
        return None, "", ()
    import typer

    rest = list(words[position:])
    command, path = typer.main.get_command(application(rest)), ""
    while rest and rest[0] in children(command):
        name = rest.pop(0)
        command, path = children(command)[name], f"{path} {name}".strip()
    return command, path, rest


def _first(texts: Texts) -> Iterator[values.Value]:
    """The commands, and the options before one."""
    for name, said in texts.document["commands"].items():
        if name and " " not in name:
            yield name, texts.of(said, "summary")
    for name in ("--version", "--lang", "--help"):
        yield name, texts.of(texts.option("", (name,)))


def _known(kind: Any, begun: str, texts: Texts) -> Iterator[values.Value]:
    """The known values that begin so; further spellings only where no name does."""
    found = list(_matching(begun, values.known(kind, texts.lang)))
    if begun:
        found += _matching(begun, values.unbranded(kind))
    return iter(found or _matching(begun, values.spellings(kind)))


def _matching(begun: str, every: Iterator[values.Value]) -> Iterator[values.Value]:
    start = begun.casefold()
    return (item for item in every if item[0].casefold().startswith(start))


def _language() -> str:
    try:
        return inputs.language(None)
    except InputError:
        return "en"


def _typed(shell: str, words: Sequence[str]) -> Typed:
    if shell == "bash":
        return _split(words[0] if words else "")
    if shell == "powershell":  # its old versions drop empty words, so each has a mark before it
        words = [word[1:] for word in words]
    return Typed(words=tuple(words[:-1]), begun=words[-1] if words else "")


def _split(line: str) -> Typed:
    """A line of bash up to the cursor; a quote that is not closed belongs to the begun word."""
    reader = shlex.shlex(line, posix=True)
    reader.whitespace_split, reader.commenters = True, ""
    words: list[str] = []
    quoted = False
    try:
        words.extend(iter(reader.get_token, None))
    except ValueError:
        words.append(reader.token)
        quoted = True
    if not quoted and (not line or line[-1].isspace()):
        words.append("")
    return Typed(words=tuple(words[1:-1]), begun=words[-1], quoted=quoted)


def _line(shell: str, typed: Typed, word: str, meaning: str) -> str:
    if shell == "bash":
        return _bash(typed, word)
    text = _QUOTED.get(shell, str)(word)
    return f"{text}\t{meaning}" if meaning else text


def _bash(typed: Typed, word: str) -> str:
    """What bash puts in place of the part of a word that it takes for the whole."""
    if typed.quoted:
        return word
    kept = max(typed.begun.rfind(mark) for mark in _BASH_BREAKS) + 1
    return "".join(c if c.isalnum() or c in "@%+=:,./-_" else f"\\{c}" for c in word[kept:])


def _powershell(word: str) -> str:
    from recommender.launch.shell import powershell_word

    return powershell_word(word)


_QUOTED: dict[str, Callable[[str], str]] = {"powershell": _powershell}
