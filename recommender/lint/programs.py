"""Which program a command line starts, with which words, inside a container or outside."""

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from types import MappingProxyType

from recommender.facts.noun import noun

_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)
# Options of ``docker run`` and ``docker exec`` that take no value; all others of theirs do.
_BARE = frozenset(
    (
        "--rm",
        "--privileged",
        "--init",
        "-d",
        "--detach",
        "-i",
        "-t",
        "-it",
        "--interactive",
        "--tty",
    )
)
# What images start by themselves, as their Dockerfiles say; all others are given a program.
ENTRYPOINTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        r"(^|/)vllm-openai(-\w+)?:": ("vllm", "serve"),
        r"(^|/)text-generation-inference:": ("text-generation-launcher",),
        r"/llama\.cpp:server": ("llama-server",),
        r"^ollama/ollama:": ("ollama",),
    }
)
# What starts the ranks of MPI, and what each rank starts the server with.
_RANKS = frozenset(("mpirun", "srun"))
_LAUNCHER = "trtllm-llmapi-launch"
# What an image runs when no words follow it.
_DEFAULTS: Mapping[str, tuple[str, ...]] = MappingProxyType({"ollama": ("serve",)})
# Other names of the same program.
_ALIASES: Mapping[tuple[str, ...], tuple[str, ...]] = MappingProxyType(
    {("llama", "serve"): ("llama-server",), ("trtllm-serve", "serve"): ("trtllm-serve",)}
)


@noun
class Invocation:
    """A command that starts a program: its name, the words after it, and its variables."""

    program: str
    words: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)


def invocation(words: Sequence[str], programs: Iterable[str]) -> Invocation | None:
    """What ``words`` start, or None where it is none of ``programs``.

    ``docker run`` and ``docker exec`` are looked into, shells that run the words after them, and
    the launchers of MPI.
    """
    rest, env = _variables(list(words))
    while rest:
        inner = _inside(rest, env)
        if inner is None:
            break
        rest = inner
    rest = _plain(rest)
    for name in sorted(programs, key=len, reverse=True):
        start = name.split()
        if rest[: len(start)] == start:
            return Invocation(program=name, words=tuple(rest[len(start) :]), env=env)
    return None


def _plain(rest: list[str]) -> list[str]:
    """The words with the program's folder and ending left out, and its usual name."""
    if not rest:
        return rest
    base = re.split(r"[/\\]", rest[0])[-1].removesuffix(".exe")
    words = [base, *rest[1:]]
    for alias, usual in _ALIASES.items():
        if tuple(words[: len(alias)]) == alias:
            return [*usual, *words[len(alias) :]]
    return words


def _variables(words: list[str]) -> tuple[list[str], dict[str, str]]:
    env: dict[str, str] = {}
    while words and (found := _ASSIGNMENT.fullmatch(words[0])):
        env[found[1]] = found[2]
        words = words[1:]
    return words, env


def _inside(words: list[str], env: dict[str, str]) -> list[str] | None:
    """The words that a container or a shell runs; None where ``words`` are no such thing."""
    if words[:2] == ["docker", "run"]:
        return _container(words[2:], env)
    if words[:2] == ["docker", "exec"]:
        return _options(words[2:], env)[1][1:]
    if words[0] in _RANKS and _LAUNCHER in words:
        return words[words.index(_LAUNCHER) + 1 :]
    if words[0] in {"bash", "sh"} and "-c" in words:
        script, *after = words[words.index("-c") + 1 :] or [""]
        _, passed, more = script.partition('"$@"')
        return [*after[1:], *shlex.split(more)] if passed else []
    return None


def _container(words: list[str], env: dict[str, str]) -> list[str]:
    entry, rest = _options(words, env)
    if not rest:
        return []
    image, *after = rest
    start = (entry,) if entry else _entrypoint(image)
    if not after and start:
        return [*start, *_DEFAULTS.get(start[0], ())]
    return [*start, *after]


def _entrypoint(image: str) -> tuple[str, ...]:
    found = (start for pattern, start in ENTRYPOINTS.items() if re.search(pattern, image))
    return next(found, ())


def _options(words: list[str], env: dict[str, str]) -> tuple[str | None, list[str]]:
    """The entry point that docker is given, and what follows docker's own options."""
    entry = None
    rest = list(words)
    while rest and rest[0].startswith("-"):
        name, equals, value = rest.pop(0).partition("=")
        if not equals and name not in _BARE and rest:
            value = rest.pop(0)
        if name in {"-e", "--env"} and "=" in value:
            variable, _, text = value.partition("=")
            env[variable] = text
        elif name == "--entrypoint":
            entry = value
    return entry, rest
