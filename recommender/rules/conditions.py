"""Conditions over facts, as data.

A condition maps the name of a fact to a test, and all of them must hold. A test is a value
(equal), a list (one of), or operators: ``at_least``, ``above``, ``at_most``, ``below`` (numbers and
versions), ``not``, ``not_in``, ``has``, ``has_all``, ``lacks`` (lists), ``matches`` (regular
expression, any
case), ``known``. The keys ``all``, ``any`` and ``none`` join conditions; ``holds`` names one of the
situations in knowledge/situations.yaml.

The answer is True, False or None: None when a fact that decides is unknown.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from recommender.versions import parts


class Facts(Protocol):
    """Where a condition looks up its facts and the situations that knowledge names."""

    def fact(self, name: str) -> Any:
        """The value of a fact; None when it is unknown, False when it is known to be absent."""

    def situation(self, name: str) -> Mapping[str, Any]:
        """The condition that knowledge gives this name."""


def holds(condition: Mapping[str, Any], facts: Facts) -> bool | None:
    """Whether every part of ``condition`` holds; an empty condition does."""
    return _all(_part(name, test, facts) for name, test in condition.items())


def failures(condition: Mapping[str, Any], facts: Facts) -> list[str]:
    """Names of the facts whose part of ``condition`` is known to fail."""
    return [name for name, test in condition.items() if _part(name, test, facts) is False]


def unknowns(condition: Mapping[str, Any], facts: Facts) -> list[str]:
    """Names of the facts that keep ``condition`` from being decided."""
    return [name for name, test in condition.items() if _part(name, test, facts) is None]


def _part(name: str, test: Any, facts: Facts) -> bool | None:
    join = _JOINS.get(name)
    if join is not None:
        return join(holds(inner, facts) for inner in test)
    if name == "holds":
        names = [test] if isinstance(test, str) else test
        return _all(holds(facts.situation(inner), facts) for inner in names)
    return _test(facts.fact(name), test)


def _all(results: Any) -> bool | None:
    unknown = False
    for result in results:
        if result is False:
            return False
        unknown = unknown or result is None
    return None if unknown else True


def _any(results: Any) -> bool | None:
    return _not(_all(_not(result) for result in results))


def _none(results: Any) -> bool | None:
    return _all(_not(result) for result in results)


def _not(result: bool | None) -> bool | None:  # noqa: FBT001  # three values, not a switch
    return None if result is None else not result


_JOINS: dict[str, Callable[[Any], bool | None]] = {"all": _all, "any": _any, "none": _none}


def _test(value: Any, test: Any) -> bool | None:
    if isinstance(test, Mapping):
        return _all(_operate(value, name, wanted) for name, wanted in test.items())
    if value is None:
        return None
    if isinstance(test, (list, tuple)):
        return any(_equal(value, option) for option in test)
    return _equal(value, test)


def _operate(value: Any, name: str, wanted: Any) -> bool | None:
    if name == "known":
        return (value is not None) is wanted
    if value is None:
        return None
    return _OPERATORS[name](value, wanted)


def _equal(value: Any, wanted: Any) -> bool:
    if isinstance(value, str) and isinstance(wanted, str):
        return value.casefold() == wanted.casefold()
    return bool(value == wanted) and isinstance(value, bool) == isinstance(wanted, bool)


def _order(value: Any, wanted: Any) -> int:
    if value is False:
        return -1
    if isinstance(value, (int, float)) and isinstance(wanted, (int, float)):
        return (value > wanted) - (value < wanted)
    left, right = parts(value) or (-1,), parts(wanted) or (0,)
    return (left > right) - (left < right)


def _has(value: Any, wanted: Any) -> bool:
    options = wanted if isinstance(wanted, (list, tuple)) else [wanted]
    return any(option in _items(value) for option in options)


def _items(value: Any) -> Sequence[Any]:
    return value if isinstance(value, (list, tuple)) else ()


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "at_least": lambda value, wanted: _order(value, wanted) >= 0,
    "above": lambda value, wanted: _order(value, wanted) > 0,
    "at_most": lambda value, wanted: _order(value, wanted) <= 0,
    "below": lambda value, wanted: _order(value, wanted) < 0,
    "not": lambda value, wanted: not _equal(value, wanted),
    "not_in": lambda value, wanted: not any(_equal(value, option) for option in wanted),
    "has": _has,
    "has_all": lambda value, wanted: all(option in _items(value) for option in wanted),
    "lacks": lambda value, wanted: not _has(value, wanted),
    "matches": lambda value, wanted: re.search(wanted, str(value), re.IGNORECASE) is not None,
}

OPERATORS = frozenset((*_OPERATORS, "known"))
