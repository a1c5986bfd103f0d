"""A fuzz target: one kind of input, where its seeds come from, and what must hold."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module

_MODULES = (
    *("vendors", "machines", "models", "fleets"),
    *("servers", "yamls", "commands", "arguments"),
)
Check = Callable[[bytes], None]
Seeds = Callable[[], Iterable[bytes]]


@dataclass(frozen=True)
class Target:
    """``check`` raises on a finding; ``words`` are put into inputs by whoever mutates them.

    One input of a ``costly`` target takes seconds, so that a short run begins with few seeds.
    """

    name: str
    check: Check
    seeds: Seeds
    words: tuple[str, ...] = ()
    longest: int = 32_768
    costly: bool = False


# What breaks readers of any text, whatever the form.
NASTY = (
    *("\0", "\x1b[2J", "\x9b31m", "\u202e", "\u2066", "\ufeff", "\r\n", "\x85", "\u2028"),
    *("NaN", "Infinity", "-Infinity", "1e999", "-1", "0", "1e30", "9" * 30, "9" * 5000),
    *("N/A", "[Not Supported]", "\u0660\u0661", "\u00b2", "\uff11", "\ud83d\ude00"),
)


def mutated(seed: bytes, edits: Iterable[tuple[int, int, bytes]]) -> bytes:
    """The seed with pieces cut out and others put in: (place, bytes to drop, what to put)."""
    found = seed
    for place, dropped, put in edits:
        at = place % (len(found) + 1)
        found = found[:at] + put + found[at + dropped :]
    return found


def every() -> dict[str, Target]:
    """All targets by name."""
    modules = [import_module(f"tests.fuzz.{name}") for name in _MODULES]
    return {target.name: target for module in modules for target in module.TARGETS}


def corpus(target: Target) -> Iterator[bytes]:
    """Its seeds, each once, none longer than its inputs may be."""
    yield from dict.fromkeys(seed[: target.longest] for seed in target.seeds())
