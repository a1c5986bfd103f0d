"""The options that programs of frameworks know, by version: knowledge/options/*.json."""

import json
import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from recommender.errors import InputError
from recommender.facts.noun import changed, noun

# The place of environment variables among the programs of a framework.
ENVIRONMENT = "environment"
_TUPLES = ("names", "choices")


@noun
class Option:
    """One option, or an operand, whose name has no dash.

    ``takes`` counts its values: none, one, optional, any (none or more), many (one or more), or a
    number. ``type`` is str, int, float, bool, size (an integer that may end in K, M or G) or json.
    ``since`` and ``until`` are the first and the last version that was read in which it is as said
    here; None is the oldest or the newest that was read.
    """

    names: tuple[str, ...]
    takes: str = "one"
    type: str = "str"
    choices: tuple[str, ...] = ()
    deprecated: bool = False
    hidden: bool = False
    since: str | None = None
    until: str | None = None

    @property
    def is_operand(self) -> bool:
        """Whether it is given by its place instead of a name."""
        return not self.names[0].startswith("-")


@noun
class Program:
    """One program: its name as it is started, how it reads words, and its options."""

    name: str
    grammar: str
    options: tuple[Option, ...]


@noun
class OptionList:
    """What was read of one framework: versions, oldest first, with their days, and programs."""

    framework: str
    versions: Mapping[str, str]
    programs: Mapping[str, Program]

    @cached_property
    def order(self) -> tuple[str, ...]:
        """The versions that were read, oldest first."""
        return tuple(self.versions)

    def read_version(self, version: str) -> str:
        """The version that was read which speaks for ``version``: the newest not after it."""
        if version in self.versions:
            return version
        before = [name for name in self.order if key(name) <= key(version)]
        return before[-1] if before else self.order[0]

    def holds(self, option: Option, version: str) -> bool:
        """Whether ``option`` is as its row says in ``version``, one of those that were read."""
        place = self.order.index(version)
        first = self.order.index(option.since) if option.since else 0
        last = self.order.index(option.until) if option.until else len(self.order) - 1
        return first <= place <= last

    def options(self, program: str, version: str) -> tuple[Option, ...]:
        """The options of a program in ``version``, one of those that were read."""
        if (program, version) not in self._known:
            every = self.programs[program].options if program in self.programs else ()
            self._known[program, version] = tuple(
                changed(option, since=None, until=None)
                for option in every
                if self.holds(option, version)
            )
        return self._known[program, version]

    @cached_property
    def _known(self) -> dict[tuple[str, str], tuple[Option, ...]]:
        """What was asked for before: commands are checked one after the other."""
        return {}


def key(version: str) -> tuple[int, ...]:
    """Where a version stands among others: the numbers in it (b11549, 0.5.15.post1)."""
    return tuple(int(number) for number in re.findall(r"\d+", version))


def from_document(document: Mapping[str, Any]) -> OptionList:
    """An option list from the JSON of its file."""
    programs = {
        name: Program(name=name, grammar=item["grammar"], options=tuple(_rows(item["options"])))
        for name, item in document["programs"].items()
    }
    return OptionList(
        framework=document["framework"], versions=document["versions"], programs=programs
    )


def _rows(rows: Iterable[Mapping[str, Any]]) -> Iterable[Option]:
    for row in rows:
        values: dict[str, Any] = {k: tuple(v) if k in _TUPLES else v for k, v in row.items()}
        yield Option(**values)


def load(path: Path) -> OptionList:
    """The option list of a file.

    Raises:
        InputError: the file cannot be read, or is no option list.
    """
    try:
        return from_document(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        message = f"option list {path} cannot be read: {error.strerror}"
        raise InputError(message) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        message = f"{path} is no option list; write it anew with llmpick knowledge refresh"
        raise InputError(message) from error
