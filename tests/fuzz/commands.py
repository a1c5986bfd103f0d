"""Targets of what is printed for shells and orchestrators: every word stays the word it was."""

import re
import shlex
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cache
from typing import Any

import yaml

from recommender.errors import InputError
from recommender.facts.command import Command
from recommender.facts.plan import Plan, Process
from recommender.launch.shell import posix, powershell
from recommender.targets.registry import TARGETS as LAUNCH_TARGETS
from tests.fuzz.properties import BrokenError, quickly, sentence
from tests.fuzz.target import NASTY, Target
from tests.targets.scheduled import by_hand, named, two_machines

_SIGNS = (
    "'",
    '"',
    "$(id)",
    "`id`",
    "${HOME}",
    "\\",
    "\n",
    ";",
    "#",
    " ",
    "~/",
    "%h",
    "{{x}}",
    "$$",
)
_QUOTES = "'\u2018\u2019\u201a\u201b"
# dash and bash, where they are; each asks a real shell.
_SHELLS = ("/bin/sh", "/bin/bash")


def _words(data: bytes) -> list[str]:
    """Words as the system hands them over: no NUL, bytes that are no text as lone surrogates."""
    return data.decode(errors="surrogateescape").split("\0")


def _equal(found: Sequence[str], meant: Sequence[str], where: str) -> None:
    if list(found) != list(meant):
        message = f"{where}: {list(meant)!r} became {list(found)!r}"
        raise BrokenError(message)


def _posix(data: bytes) -> None:
    words = [word for word in _words(data) if word[:2] != "~/"]
    line = posix(Command(argv=("printf", "%s\\0", *words), env={"A": words[0] if words else ""}))
    with quickly():
        _equal(shlex.split(line)[3:], words, "shlex")
        for shell in _SHELLS if words else ():
            done = subprocess.run(
                [shell, "-c", line.encode(errors="surrogateescape")],
                capture_output=True,
                check=True,
                timeout=20,
                env={"LC_ALL": "C.UTF-8"},
            )
            said = done.stdout.decode(errors="surrogateescape").split("\0")[:-1]
            _equal(said, words, shell)


def _powershell(data: bytes) -> None:
    words = [word for word in _words(data) if word[:2] != "~/"]
    line = powershell(Command(argv=("program", *words)))
    with quickly():
        _equal(list(_tokens(line))[1:], words, "PowerShell")


def _tokens(line: str) -> Iterator[str]:
    """A line's words as PowerShell reads them (about_Quoting_Rules, about_Parsing)."""
    at = 0
    while at < len(line):
        if line[at] == " ":
            at += 1
        elif line[at] in _QUOTES:
            word, at = _quoted(line, at + 1)
            yield word
        else:
            found = re.compile(r"[^ ]+").match(line, at)
            word = found[0] if found else ""
            if not re.fullmatch(r"[\w./:=+%-]+", word) or word[0] == "%":
                message = f"PowerShell would read the bare word {word!r} otherwise"
                raise BrokenError(message)
            yield word
            at += len(word)


def _quoted(line: str, at: int) -> tuple[str, int]:
    word = ""
    while at < len(line):
        if line[at] in _QUOTES:
            if line[at + 1 : at + 2] not in {*_QUOTES}:
                return word, at + 1
            at += 1
        word += line[at]
        at += 1
    message = "a quote that PowerShell does not see closed"
    raise BrokenError(message)


@cache
def _plans() -> tuple[Plan, ...]:
    """Plans of one and of several machines that are written with other words."""
    return (
        by_hand(Process(role="server", argv=("bin/serve", "a/model"))),
        named(two_machines("slurm", "vllm", port=18123), "a/model"),
        named(two_machines("skypilot", "vllm"), "a/model"),
    )


def _file(data: bytes) -> None:
    """A plan with these words in every target that takes it."""
    words = [word for word in _words(data) if word] or ["x"]
    plan = by_hand(Process(role="server", argv=("bin/serve", *words)), model=words[0])
    with quickly():
        for target in LAUNCH_TARGETS.values():
            try:
                text = target.write(plan)
            except InputError as error:
                sentence(str(error))
                continue
            _read_back(target.name, text, words)
        for made in _plans()[1:]:
            for target in LAUNCH_TARGETS.values():
                with suppress(InputError):
                    target.write(named(made, words[0]))


def _read_back(target: str, text: str, words: list[str]) -> None:
    if target == "shell" and not any(word[:2] == "~/" for word in words):
        _inside(["bin/serve", *words], shlex.split(text, comments=True), target)
    elif target in {"kubernetes", "compose", "lws", "ray", "skypilot"}:
        list(yaml.safe_load_all(text))


def _inside(words: list[str], found: list[str], where: str) -> None:
    starts = [at for at, word in enumerate(found) if word == words[0]]
    if not any(found[at : at + len(words)] == words for at in starts):
        message = f"{where}: {words!r} is not in {found[-40:]!r}"
        raise BrokenError(message)


def _seeds() -> Iterator[bytes]:
    yield b"serve\0--model\0org/m\0it's\0$(id)\0a b\0\0--flag=x"
    yield "昇腾\0\u202e\0\x1b[31m\0~/x y\0%h %%\0\\".encode()
    yield b"\xff\xfe\0\x80"
    yield b"a\nb\0\r\n\0\t"


def _target(name: str, check: Any) -> Target:
    return Target(name=name, check=check, seeds=_seeds, words=(*NASTY, *_SIGNS), longest=2000)


TARGETS = (
    _target("posix-words", _posix),
    _target("powershell-words", _powershell),
    _target("launch-files", _file),
)
