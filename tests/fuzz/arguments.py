"""Targets of command lines: every command with any words, in this process."""

import json
import shlex
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import yaml

from recommender.knowledge import document, load
from recommender.launch.variables import NAMES
from recommender.targets.registry import TARGETS as LAUNCH_TARGETS
from tests.fuzz import sandbox
from tests.fuzz.properties import BrokenError, quickly, shown
from tests.fuzz.target import NASTY, Target

_CODES = frozenset((0, 1, 2, 3, 4, 5))
_SECONDS = 20.0
_LANGUAGES = ("en", "zh")
_MOST_ERROR_LINES = 400


def _checked(ended: sandbox.Ended) -> None:
    if ended.code not in _CODES:
        message = f"ended with {ended.code}: {ended.err[-500:]}"
        raise BrokenError(message)
    for text in (ended.out, ended.err):
        shown(text)
        if "Traceback (most recent call last)" in text:
            raise BrokenError(text[-2000:])
    if ended.code == 2 and (ended.out or not ended.err.strip()):
        message = f"wrong use wrote {ended.out[:200]!r} and {ended.err[:200]!r}"
        raise BrokenError(message)
    if ended.err.count("\n") > _MOST_ERROR_LINES:
        message = f"{ended.err.count(chr(10))} lines on standard error"
        raise BrokenError(message)


def _line(data: bytes) -> None:
    """A word a line; what follows an empty line is standard input."""
    head, _, stdin = data.partition(b"\n\n")
    words = [
        part.replace(b"\0", b"").decode(errors="surrogateescape") for part in head.split(b"\n")
    ]
    if words[:2] == ["knowledge", "validate"]:
        return  # takes seconds; knowledge-yaml is its target
    with quickly(_SECONDS):
        ended = sandbox.ran(words, stdin, lang=_LANGUAGES[len(data) % 2])
    if words[0] == "__complete":  # its tabs part the columns that a shell reads
        ended = replace(ended, out=ended.out.replace("\t", " "))
    _checked(ended)


def _launch(data: bytes) -> None:
    """Framework, target, model and name of one launch, each a line of its own or a number."""
    parts = [
        part.decode(errors="surrogateescape") for part in data.replace(b"\0", b"").split(b"\n", 3)
    ]
    framework, target, model, served = (*parts, *[""] * 4)[:4]
    words = ["launch", _one_of(framework, _frameworks()), "--gpu", "H100 SXM 80GB:2"]
    words += ["--target", _one_of(target, tuple(LAUNCH_TARGETS)), f"--model={model}"]
    words += [f"--served-name={served}"] if served else []
    with quickly(_SECONDS):
        ended = sandbox.ran(words, lang=_LANGUAGES[len(data) % 2])
        _checked(ended)
        if ended.code == 0:
            _whole(ended.out, words)


def _whole(text: str, words: list[str]) -> None:
    """The words of the plan's server are words of the script; other files are YAML."""
    target = words[words.index("--target") + 1]
    if target == "shell":
        plan = json.loads(sandbox.ran([*words, "--json"]).out)
        server = next(one for one in plan["processes"] if one["role"] == "server")
        found = shlex.split(text, comments=True)
        lost = [word for word in server.get("argv", ()) if _own(word) and word not in found]
        if lost and not server.get("container"):
            message = f"{lost!r} are no words of {found[-40:]!r}"
            raise BrokenError(message)
    elif target in {"compose", "kubernetes", "lws", "ray", "skypilot"}:
        list(yaml.safe_load_all(text))


def _own(word: str) -> bool:
    """Whether the word is written as it is: no variable, no home folder, nothing of a shell's."""
    return not any(name in word for name in NAMES) and word[:2] != "~/"


def _one_of(text: str, known: tuple[str, ...]) -> str:
    return text if text in known else known[len(text) % len(known)]


@cache
def _frameworks() -> tuple[str, ...]:
    return tuple(load().titles)


def _examples() -> Iterator[bytes]:
    commands: dict[str, Any] = document("help")["commands"]
    for command in commands.values():
        for example in command["examples"]:
            for part in example["run"].split(" | "):
                yield "\n".join(shlex.split(part)[1:]).encode(errors="surrogateescape")
    yield b"recommend\n--machine\n-\n\n" + b'{"os": {"family": "linux"}, "arch": "x86_64"}'
    yield b"fleet\n-\n\n" + b"NodeName=n1 Gres=gpu:h100:8 State=IDLE"
    yield b"__complete\nbash\nllmpick recommend --gpu "
    yield b"__complete\nfish\nlaunch\n--model\nqw"
    for form in ("json", "yaml", "csv", "markdown", "name"):
        yield f"recommend\n--gpu\nRTX 4090:2\n-o\n{form}".encode()


def _launches() -> Iterator[bytes]:
    for at, target in enumerate(LAUNCH_TARGETS):
        framework = _frameworks()[at % len(_frameworks())]
        yield f"{framework}\n{target}\nQwen/Qwen3-8B\nmine".encode()
        yield f"vllm\n{target}\nsomebody/it's $(id) `x`".encode()


_WORDS = (
    *(
        "--gpu\n",
        "--model\n",
        "--machine\n",
        "--lang\nzh\n",
        "--json\n",
        "-o\n",
        "--cpu\n",
        "--ram\n",
    ),
    *("--nodes\n", "--context\n", "--hub\n", "--quant\n", "--format\n", "--driver\n", "--need\n"),
    *("--help\n", "--rules\narticle\n", "--include\nchallengers\n", "nan\n", "inf\n", "'", "$(id)"),
)
TARGETS = (
    Target(
        name="arguments",
        check=_line,
        seeds=_examples,
        words=(*NASTY, *_WORDS),
        longest=1500,
    ),
    Target(
        name="launch-commands",
        check=_launch,
        seeds=_launches,
        words=(*NASTY, *_WORDS),
        longest=600,
    ),
)
