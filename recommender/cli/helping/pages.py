"""What there is to say of a command, from Typer's own description of it and the texts."""

from collections.abc import Iterator, Mapping
from typing import Any

from recommender.cli.helping.texts import Texts
from recommender.cli.helping.values import known
from recommender.facts.noun import noun

# Exit codes that any command may end with.
_USUAL = ("0", "1", "2")
# Lists longer than this are for completion; a page names what to run instead.
_MOST_VALUES = 30


@noun
class Entry:
    """An option, argument, command or exit code; ``shared`` says that several commands have it."""

    names: str
    text: str
    shared: bool = False


@noun
class Section:
    """Entries under a heading; ``commands`` says that they are commands of a group."""

    title: str
    entries: tuple[Entry, ...]
    commands: bool = False


@noun
class Page:
    """Everything that is said of one command."""

    path: str
    usage: str
    summary: str
    about: str
    facts: tuple[Entry, ...]
    examples: tuple[Entry, ...]
    sections: tuple[Section, ...]
    exits: Section


def page(command: Any, path: str, texts: Texts) -> Page:
    """The page of a Typer command; ``path`` is its words after llmpick."""
    said = texts.command(path)
    return Page(
        path=path,
        usage=_usage(command, path, texts),
        summary=texts.of(said, "summary"),
        about=texts.of(said, "about"),
        facts=tuple(
            Entry(names=texts.say("labels", key), text=texts.of(said, key))
            for key in ("reads", "changes")
            if key in said
        ),
        examples=tuple(
            Entry(names=item["run"], text=texts.of(item)) for item in said.get("examples", ())
        ),
        sections=(*_commands(command, path, texts), *_parameters(command, path, texts)),
        exits=_exits(said, texts),
    )


def children(command: Any) -> Mapping[str, Any]:
    """The commands of a group by name, none of a plain command's."""
    every: Mapping[str, Any] = getattr(command, "commands", {})
    return {name: item for name, item in every.items() if not item.hidden}


def parameters(command: Any) -> Iterator[Any]:
    """What a command takes and shows, ``--help`` at last."""
    shown = (item for item in command.params if not getattr(item, "hidden", False))
    yield from shown


def argument_name(parameter: Any) -> str:
    """What an argument is called: its metavar."""
    return str(parameter.metavar or parameter.name.upper())


def _usage(command: Any, path: str, texts: Texts) -> str:
    words = [argument_name(item) for item in parameters(command) if _is_argument(item)]
    word = [texts.say("labels", "command")] if children(command) else []
    options = f"[{texts.say('labels', 'options')}]"
    return " ".join(("llmpick", *path.split(), *words, *word, options))


def _commands(command: Any, path: str, texts: Texts) -> Iterator[Section]:
    groups: dict[str, list[Entry]] = {}
    for name in children(command):
        full = f"{path} {name}".strip()
        said = texts.command(full)
        title = texts.say("groups", said["group"]) if "group" in said else ""
        title = title or texts.say("labels", "commands")
        groups.setdefault(title, []).append(Entry(names=name, text=texts.of(said, "summary")))
    for title, entries in groups.items():
        yield Section(title=title, entries=tuple(entries), commands=True)


def _parameters(command: Any, path: str, texts: Texts) -> Iterator[Section]:
    """Arguments, then options by their groups in the order of the texts."""
    groups: dict[str, list[Entry]] = {name: [] for name in texts.document["groups"]}
    for item in parameters(command):
        if _is_argument(item):
            groups["arguments"].append(_argument(item, path, texts))
        else:
            said = texts.option(path, item.opts)
            groups[said.get("group", "options")].append(_option(item, said, path, texts))
    asked = texts.document["options"]["--help"]
    groups[asked["group"]].append(Entry(names="-h, --help", text=texts.of(asked), shared=True))
    for name, entries in groups.items():
        if entries:
            yield Section(title=texts.say("groups", name), entries=tuple(entries))


def _argument(item: Any, path: str, texts: Texts) -> Entry:
    said = texts.argument(path, argument_name(item))
    notes = list(_values(said, texts))
    return Entry(names=argument_name(item), text=_with(texts.of(said), notes, texts))


def _option(item: Any, said: Mapping[str, Any], path: str, texts: Texts) -> Entry:
    short = sorted(item.opts, key=len)
    names = ", ".join(short) if item.is_flag else f"{', '.join(short)} {value_name(item)}"
    notes = list(_values(said, texts))
    if item.default not in (None, False):
        notes.append(texts.say("labels", "default", value=_number(item.default)))
    if item.multiple:
        notes.append(texts.say("labels", "repeatable"))
    own = texts.command(path).get("options", {})
    text = _with(texts.of(said), notes, texts)
    return Entry(names=names, text=text, shared=not any(name in own for name in item.opts))


def value_name(item: Any) -> str:
    """What stands for the value of an option."""
    return str(item.metavar or ("NAME" if item.type.name in {"str", "text"} else "N"))


def _number(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _values(said: Mapping[str, Any], texts: Texts) -> Iterator[str]:
    values = [value for value, _ in known(said.get("values"), texts.lang)]
    if values and len(values) <= _MOST_VALUES:
        text = texts.of(said)
        if not all(value in text for value in values):
            separator = "、" if texts.lang == "zh" else ", "
            yield texts.say("labels", "values", value=separator.join(values))


def _with(text: str, notes: list[str], texts: Texts) -> str:
    if not notes:
        return text
    opening, mark, closing = ("（", "；", "）") if texts.lang == "zh" else (" (", "; ", ")")  # noqa: RUF001
    return f"{text}{opening}{mark.join(notes)}{closing}"


def _exits(said: Mapping[str, Any], texts: Texts) -> Section:
    own: Mapping[str, Any] = said.get("exits", {})
    codes = sorted({*_USUAL, *own})
    entries = (
        Entry(names=code, text=texts.of(own.get(code, {})) or texts.say("exits", code))
        for code in codes
    )
    return Section(title=texts.say("labels", "exits"), entries=tuple(entries))


def _is_argument(item: Any) -> bool:
    return bool(item.param_type_name == "argument")
