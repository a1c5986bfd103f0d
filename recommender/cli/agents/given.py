"""What a caller hands over, read as the command line reads the same words."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from recommender.cli.helping.texts import Texts
from recommender.cli.helping.values import known
from recommender.errors import InputError, near, printable
from recommender.facts.noun import noun
from recommender.schema import LONGEST

# No name, path or list of a question is longer; a machine is as long as its own reader allows.
MOST_CHARACTERS, MOST_WORDS = 2000, 64
# Lists of which every member is known; other lists are examples of what may be named.
_WHOLE = frozenset(
    (
        *("allowances", "features", "installs", "lifecycles", "orchestrators", "priorities"),
        *("regions", "services", "use_cases", "targets"),
    )
)
# Lists too long to be told.
_LONG = ("files", "models", "gpus", "quantizations")


@noun
class Input:
    """One input of a tool: its ``name``, the ``option`` that it is, and what it takes.

    ``kind`` is the type of the option's value, ``path`` the words of the command that has it.
    """

    name: str
    option: str
    kind: Any
    path: str
    default: Any = None
    needed: bool = False

    def schema(self, said: Texts) -> dict[str, Any]:
        """The JSON Schema of a value, with what --help says of the option."""
        told = said.argument(self.path, self.option) or said.option(self.path, [self.option])
        own = said.document["inputs"].get(self.name, told)
        schema = {"description": said.of(own), **_SCHEMAS[self.kind]}
        listed = _listed(told, said.lang)
        if "items" in schema:
            schema["items"] = {**schema["items"], **listed}
        else:
            schema |= listed
        if self.default not in {None, False}:
            schema["default"] = self.default
        return schema


def read(
    inputs: Sequence[Input], tool: str, values: Mapping[str, Any], said: Texts
) -> dict[str, Any]:
    """The values by their inputs' names; null is the same as leaving one out.

    Raises:
        InputError: an input that there is not, one that is missing, or a value of another kind.
    """
    names = {item.name: item for item in inputs}
    for name in values:
        if name not in names:
            raise _unknown(name, tool, names, said)
    return {item.name: _given(item, values.get(item.name), said) for item in inputs}


def _given(item: Input, value: Any, said: Texts) -> Any:
    if value is None:
        if item.needed:
            raise InputError(said.say("errors", "argument", name=item.option))
        return item.default
    return _READERS[item.kind](item, value, said)


def _unknown(name: str, tool: str, names: Mapping[str, Input], said: Texts) -> InputError:
    what = said.say("errors", "input", tool=tool, name=printable(name))
    close = near(name, names, 1)
    listed = said.say("errors", "nearest", names=close[0]) if close else ""
    return InputError(what + (listed or said.say("errors", "inputs", names=", ".join(names))))


def _listed(told: Mapping[str, Any], lang: str) -> dict[str, Any]:
    """The words that may stand there: all of them, or some where others are understood, too."""
    kind = told.get("values")
    if not kind or kind in _LONG:
        return {}
    words = [value for value, _ in known(kind, lang)]
    return {"enum" if isinstance(kind, str) and kind in _WHOLE else "examples": words}


def _text(item: Input, value: Any, said: Texts) -> str:
    if not isinstance(value, str):
        raise InputError(said.say("errors", "text", name=item.option))
    if len(value) > MOST_CHARACTERS:
        most = str(MOST_CHARACTERS)
        raise InputError(said.say("errors", "long", name=item.option, most=most))
    return value


def _words(item: Input, value: Any, said: Texts) -> list[str]:
    words = [value] if isinstance(value, str) else value
    if not isinstance(words, list):
        raise InputError(said.say("errors", "words", name=item.option))
    if len(words) > MOST_WORDS:
        raise InputError(said.say("errors", "many", name=item.option, most=str(MOST_WORDS)))
    return [_text(item, word, said) for word in words]


def _flag(item: Input, value: Any, said: Texts) -> bool:
    if not isinstance(value, bool):
        raise InputError(said.say("errors", "truth", name=item.option))
    return value


def _number(item: Input, value: Any, said: Texts, make: Callable[[Any], Any] = float) -> Any:
    wrong = isinstance(value, bool) or not isinstance(value, (int, float, str))
    try:
        number = None if wrong else make(value)
    except (ValueError, OverflowError):
        number = None
    if number is None or (isinstance(value, float) and number != value):
        message = said.say("errors", "wrong", name=item.option, value=printable(value))
        raise InputError(message)
    return number


def _count(item: Input, value: Any, said: Texts) -> int:
    return int(_number(item, value, said, int))


def _machine(item: Input, value: Any, said: Texts) -> str:
    """The path of a file, or the JSON of a machine, as text or as it is."""
    if isinstance(value, Mapping):
        return json.dumps(value)
    if isinstance(value, str) and value.lstrip().startswith("{"):
        return value[: LONGEST + 1]
    if value == "-":
        raise InputError(said.say("errors", "no-stream", name=item.option))
    return _text(item, value, said)


class MachineText(str):
    """The kind of an input that takes a machine's file or its JSON."""

    __slots__ = ()


_TEXT = {"type": "string", "maxLength": MOST_CHARACTERS}
_COUNT = {"type": "integer", "minimum": 1}
_SCHEMAS: dict[Any, dict[str, Any]] = {
    MachineText: {"type": "string", "maxLength": LONGEST},
    str: _TEXT,
    str | None: _TEXT,
    list[str] | None: {"type": "array", "items": _TEXT, "maxItems": MOST_WORDS},
    int: _COUNT,
    int | None: _COUNT,
    float | None: {"type": "number", "exclusiveMinimum": 0},
    bool: {"type": "boolean"},
}
_READERS: dict[Any, Callable[[Input, Any, Texts], Any]] = {
    MachineText: _machine,
    str: _text,
    str | None: _text,
    list[str] | None: _words,
    int: _count,
    int | None: _count,
    float | None: _number,
    bool: _flag,
}
