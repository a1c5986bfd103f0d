"""Whether a program takes the words of a command line: options, values, choices, versions.

Each grammar is that of the parser which the program uses:

``argparse``  ``--x v`` or ``--x=v``; any unambiguous beginning of a name is taken too, which a
              later option may make ambiguous, so it is a finding here.
``vllm``      argparse with ``_`` for ``-``, ``--config.key v`` for keys of a JSON option, ``-O3``.
``click``     ``--x v`` or ``--x=v``, exact names; a value may begin with a dash.
``clap``      as click, but a value may not begin with a dash.
``llama``     ``--x v`` alone, never ``--x=v``; the next word is the value whatever it is.
``none``      no options at all.

Read from the parsers themselves: vllm/utils/argparse_utils.py, llama.cpp's common/arg.cpp, the
click and clap libraries; docs/data-guidelines.md says how the lists of options are renewed.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import field

from recommender.errors import nearest, printable
from recommender.facts.noun import noun
from recommender.lint.option_lists import Option, OptionList, Program

# A word like NODE_RANK is for the reader to replace.
_FOR_THE_READER = re.compile(r"[A-Z]+(_[A-Z]+)+")
# Stands in words for a value that is not known yet.
ANY = "\0"
_NUMBER = re.compile(r"-?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?")
_SIZE = re.compile(r"-?\d+(\.\d+)?[kKmMgGtT]?|auto")
_LEVEL = re.compile(r"-O\d")
_BOOLEANS = frozenset(("true", "false"))
# Values are told from options by a leading dash in these grammars.
_DASHED = frozenset(("argparse", "vllm", "clap"))
_FEWEST = {"none": 0, "one": 1, "optional": 0, "any": 0, "many": 1}
_MOST = {"none": 0, "one": 1, "optional": 1}


@noun
class Plugin:
    """What a plug-in of a platform adds to a program: choices and options."""

    choices: dict[str, tuple[str, ...]] = field(default_factory=dict)
    options: tuple[str, ...] = ()


_NO_PLUGIN = Plugin()


def findings(
    known: OptionList,
    program: str,
    words: Sequence[str],
    version: str,
    plugin: Plugin = _NO_PLUGIN,
    *,
    operands: bool = True,
) -> tuple[str, ...]:
    """What is wrong with the words after a program's name, one sentence each.

    ``version`` need not be one of those that were read: the newest one before it speaks for it.
    ``operands`` is False for words of which some are missing: those without a name may be any.
    """
    if program not in known.programs:
        return (f"{program} is no program of {known.framework}",)
    reading = _Reading(known.programs[program], known, version, plugin)
    found = tuple(reading.read(list(words)))
    return (*found, *reading.placed()) if operands else found


class _Reading:
    """One pass over the words of a command line."""

    def __init__(self, program: Program, known: OptionList, version: str, plugin: Plugin) -> None:
        self.program = program
        self.known = known
        self.version = known.read_version(version)
        self.plugin = plugin
        rows = known.options(program.name, self.version)
        self.options = {name: row for row in rows if not row.is_operand for name in row.names}
        self.plain: list[str] = []
        self.operands = [row for row in rows if row.is_operand]

    def read(self, words: list[str]) -> Iterator[str]:
        """Every finding of the words."""
        while words:
            word = words.pop(0)
            if self._is_option(word):
                yield from self._option(word, words)
            else:
                self.plain.append(word)

    def _is_option(self, word: str) -> bool:
        return word.startswith("-") and word != "-" and not _NUMBER.fullmatch(word)

    def _option(self, word: str, words: list[str]) -> Iterator[str]:
        if self.program.grammar == "vllm" and _LEVEL.fullmatch(word):
            return
        name, equals, given = self._parted(word)
        option, dotted = self._named(name)
        if option is None:
            yield self._unknown(name)
            self._skip(words)
            return
        if option.deprecated:
            yield f"{name} is deprecated in {self.version}"
        if dotted:
            values = [given] if equals else self._values(Option(names=option.names), words)
            if len(values) != 1:
                yield f"{name} needs a value"
            return
        values = [given] if equals else self._values(option, words)
        yield from self._counted(name, option, values, has_equals=bool(equals))
        for value in values:
            yield from self._valued(name, option, value)

    def _parted(self, word: str) -> tuple[str, str, str]:
        if self.program.grammar == "llama":
            name, equals, given = word, "", ""
        else:
            name, equals, given = word.partition("=")
        is_loose = self.program.grammar in {"vllm", "llama"} and name.startswith("--")
        return (name.replace("_", "-") if is_loose else name), equals, given

    def _named(self, name: str) -> tuple[Option | None, bool]:
        """The option of this name, and whether a key of its JSON is meant."""
        if name in self.options:
            return self.options[name], False
        base, dot, _ = name.partition(".")
        if self.program.grammar == "vllm" and dot and base in self.options:
            return self.options[base], True
        if name in self.plugin.options:
            return Option(names=(name,)), False
        return None, False

    def _unknown(self, name: str) -> str:
        if "=" in name and self.program.grammar == "llama":
            return f"{printable(name)}: {self.program.name} takes no --option=value"
        others = [row for row in self.program.options if name in row.names]
        if others:
            return self._other_version(name, others)
        longer = [full for full in self.options if full.startswith(name) and name != "-"]
        if self.program.grammar in {"argparse", "vllm"} and longer and name.startswith("--"):
            return f"{name} is only short for {' or '.join(sorted(longer)[:2])}: write it in full"
        hint = nearest(name, self.options)
        return f"{printable(name)} is no option of {self.program.name} {self.version}{hint}"

    def _other_version(self, name: str, rows: Sequence[Option]) -> str:
        place = self.known.order.index(self.version)
        ends = [self.known.order.index(row.until) for row in rows if row.until]
        before = [end for end in ends if end < place]
        if before:
            last = self.known.order[max(before)]
            return f"{name} is gone in {self.version}: last seen in {last}"
        first = min((row.since or "" for row in rows), key=self.known.order.index)
        return f"{name} is not yet in {self.version}: first seen in {first}"

    def _values(self, option: Option, words: list[str]) -> list[str]:
        """The words after an option that are its values, taken off the words."""
        most = _MOST.get(
            option.takes, int(option.takes) if option.takes.isdecimal() else len(words)
        )
        taken: list[str] = []
        while words and len(taken) < most:
            if self.program.grammar in _DASHED and self._is_option(words[0]):
                break
            taken.append(words.pop(0))
        return taken

    def _skip(self, words: list[str]) -> None:
        """What follows an unknown option is most likely its value: one finding is enough."""
        if words and not self._is_option(words[0]):
            words.pop(0)

    def _counted(
        self, name: str, option: Option, values: list[str], *, has_equals: bool
    ) -> Iterator[str]:
        fewest = _FEWEST.get(option.takes, 0)
        if option.takes.isdecimal():
            fewest = 1 if has_equals else int(option.takes)
        if len(values) < fewest:
            yield f"{name} needs a value"
        elif option.takes == "none" and values:
            yield f"{name} takes no value, but {printable(values[0])!r} is given"

    def _valued(self, name: str, option: Option, value: str) -> Iterator[str]:
        if option.takes == "none" or ANY in value or _FOR_THE_READER.fullmatch(value):
            return
        choices = (*option.choices, *self.plugin.choices.get(name, ()))
        if option.choices and value not in choices:
            hint = nearest(value, choices)
            yield f"{name} does not take {printable(value)!r} in {self.version}{hint}"
        elif not option.choices and not _is_of(option.type, value):
            yield f"{name} takes {_MEANT[option.type]}, not {printable(value)!r}"

    def placed(self) -> Iterator[str]:
        """Findings of the words that have no name, once all words were read."""
        rest = list(self.plain)
        for row in self.operands:
            most = _MOST.get(row.takes, len(rest))
            if len(rest) < _FEWEST.get(row.takes, 1):
                yield f"{self.program.name} needs {row.names[0]}"
            del rest[:most]
        for word in rest:
            yield f"{self.program.name} takes no {printable(word)!r}"


_MEANT = {
    "int": "an integer",
    "float": "a number",
    "size": "an integer, which may end in k, K, m, M, g, G, t or T",
    "bool": "true or false",
    "json": "JSON",
    "str": "text",
}


def _is_of(kind: str, value: str) -> bool:
    if kind == "int":
        return value.removeprefix("-").isdecimal()
    if kind == "float":
        return _NUMBER.fullmatch(value) is not None
    if kind == "size":
        return _SIZE.fullmatch(value) is not None
    if kind == "bool":
        return value.lower() in _BOOLEANS
    return kind != "json" or _is_json(value)


def _is_json(value: str) -> bool:
    try:
        json.loads(value)
    except ValueError:
        return False
    return True
