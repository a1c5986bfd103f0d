"""YAML of strangers: as deep, as large and as plain as knowledge is, or refused before it is built.

A few lines of aliases can stand for more values than any memory holds, and the C loader of PyYAML
ends the whole process on a hundred thousand open brackets. The events of the parser cost little and
tell of both before anything is built.
"""

from functools import lru_cache
from pathlib import Path
from typing import Any, NoReturn

import yaml

_DEEPEST = 64
# All of the shipped knowledge has a ninth of it.
_MOST_VALUES = 1_000_000
_LONGEST = 16 * 2**20
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read(path: Path) -> Any:
    """The value of a file.

    Raises:
        OSError: it cannot be read.
        yaml.YAMLError: it is no YAML.
        ValueError: it is no UTF-8, or longer, deeper or larger than knowledge can be, or has a key
            twice.
    """
    with path.open("rb") as stream:
        data = stream.read(_LONGEST + 1)
    if len(data) > _LONGEST:
        message = f"it is longer than {_LONGEST // 2**20} MiB"
        raise ValueError(message)
    return load(data.decode("utf-8-sig"))


def load(text: str) -> Any:
    """The value of a document, built of plain types; raises as ``read``."""
    check(text)
    return yaml.load(text, LOADER)  # noqa: S506  # both loaders are safe


@lru_cache(maxsize=128)
def check(text: str) -> None:
    """That a document can be built; raises as ``load``. What was found sound stays so."""
    walk = _Walk()
    for event in yaml.parse(text, LOADER):
        walk.take(event)


class _Open:
    """A list or mapping that has begun."""

    def __init__(self, anchor: str | None, before: int, *, keyed: bool) -> None:
        self.anchor, self.before = anchor, before
        self.keys: set[str] | None = set() if keyed else None
        self.at_key = keyed


class _Walk:
    """Counts values as they would be with every alias spelt out."""

    def __init__(self) -> None:
        self._open: list[_Open] = []
        self._values = 0
        self._sizes: dict[str, int] = {}

    def take(self, event: Any) -> None:
        if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            self._begin(event)
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            self._end(event)
        elif isinstance(event, yaml.ScalarEvent):
            self._key(event)
            self._count(1, event)
            if event.anchor:
                self._sizes[event.anchor] = 1
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event)

    def _begin(self, event: Any) -> None:
        self._count(1, event)
        if len(self._open) == _DEEPEST:
            _refuse(f"it is nested deeper than {_DEEPEST} levels", event)
        keyed = isinstance(event, yaml.MappingStartEvent)
        self._open.append(_Open(event.anchor, self._values - 1, keyed=keyed))

    def _end(self, event: Any) -> None:
        ended = self._open.pop()
        if ended.anchor:
            self._sizes[ended.anchor] = self._values - ended.before
        self._next(event)

    def _alias(self, event: Any) -> None:
        if any(one.anchor == event.anchor for one in self._open):
            _refuse("an alias stands inside of what it stands for", event)
        self._count(self._sizes.get(event.anchor, 1), event)
        self._next(event)

    def _key(self, event: Any) -> None:
        """A key must not stand twice: the loader would take the last one without a word."""
        above = self._open[-1] if self._open else None
        if above and above.keys is not None and above.at_key and event.value != "<<":
            if event.value in above.keys:
                _refuse(f"the key '{event.value}' stands there twice", event)
            above.keys.add(event.value)
        self._next(event)

    def _next(self, _: Any) -> None:
        """What stood here was a key or a value; the other follows."""
        if self._open and self._open[-1].keys is not None:
            self._open[-1].at_key = not self._open[-1].at_key

    def _count(self, values: int, event: Any) -> None:
        self._values += values
        if self._values > _MOST_VALUES:
            _refuse(f"it holds more than {_MOST_VALUES} values with its aliases spelt out", event)


def _refuse(what: str, event: Any) -> NoReturn:
    message = f"{what} (line {event.start_mark.line + 1})"
    raise ValueError(message)
