"""Reading values of a configuration by the names that different families give them."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard

# No count of a real model comes near; beyond it a product has no meaning.
_MOST = 2**48


def count(config: Mapping[str, Any], *names: str) -> int | None:
    """The first positive whole number under one of the names; of a list the largest."""
    for name in names:
        value = config.get(name)
        if isinstance(value, list) and value and all(map(is_count, value)):
            value = max(value)
        if is_count(value) and value > 0:
            return value
    return None


def is_count(value: Any) -> TypeGuard[int]:
    """Whether a value is a whole number that can count something."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST


def counts(value: Any) -> tuple[int, ...]:
    """A list of whole numbers as it stands; empty where it is something else."""
    if isinstance(value, list | tuple) and all(map(is_count, value)):
        return tuple(value)
    return ()


def text(config: Mapping[str, Any], *names: str) -> str | None:
    """The first text under one of the names."""
    values = (config.get(name) for name in names)
    return next((value for value in values if isinstance(value, str) and value), None)


def part(config: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    """The first mapping under one of the names, else an empty one."""
    values = (config.get(name) for name in names)
    return next((value for value in values if isinstance(value, dict)), {})


def words(value: Any) -> Sequence[str]:
    """A list of words as it stands; empty where it is something else."""
    fits = isinstance(value, list) and all(isinstance(item, str) for item in value)
    return value if fits else ()
