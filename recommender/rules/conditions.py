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
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
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
    unknown = False
    for name, test in condition.items():
        found = _part(name, test, facts)
        if found is False:
            return False
        unknown = unknown or found is None
    return None if unknown else True


def never(condition: Mapping[str, Any], facts: Facts, fixed: Container[str]) -> bool:
    """Whether facts that will not change, those named in ``fixed``, rule the condition out.

    Of what else it asks nothing is looked at, so that False means no more than: perhaps.
    """
    return any(_never(name, test, facts, fixed) for name, test in condition.items())


def _never(name: str, test: Any, facts: Facts, fixed: Container[str]) -> bool:
    if name in fixed:
        return _test(facts.fact(name), test) is False
    if name == "any":
        return all(never(inner, facts, fixed) for inner in test)
    if name == "holds":
        names = [test] if isinstance(test, str) else test
        return any(never(facts.situation(inner), facts, fixed) for inner in names)
    return name == "all" and any(never(inner, facts, fixed) for inner in test)


def residual(
    condition: Mapping[str, Any], facts: Facts, fixed: Container[str]
) -> Mapping[str, Any] | None:
    """What is left to ask when the facts named in ``fixed`` stay as they are.

    Returns:
        a condition over the other facts, empty where it holds whatever they are; None where it
        cannot hold, because of what is or because of what is unknown.
    """
    left = _left(condition, facts, fixed)
    return None if left is None else _joined(left)


_Left = list[tuple[str, Any]]


def _joined(left: _Left) -> Mapping[str, Any]:
    """Parts of a condition as one; those of the same name stand apart."""
    whole = dict(left)
    return whole if len(whole) == len(left) else {"all": [{name: test} for name, test in left]}


def _left(condition: Mapping[str, Any], facts: Facts, fixed: Container[str]) -> _Left | None:
    left: _Left = []
    for name, test in condition.items():
        if name in fixed:
            if _test(facts.fact(name), test) is not True:
                return None
            continue
        rest = _left_of(name, test, facts, fixed)
        if rest is None:
            return None
        left += rest
    return left


def _left_of(name: str, test: Any, facts: Facts, fixed: Container[str]) -> _Left | None:
    """What is left of one part."""
    if name not in {"any", "all", "holds"}:
        return [(name, test)]
    rests = [_left(inner, facts, fixed) for inner in _inner(name, test, facts)]
    known = [rest for rest in rests if rest is not None]
    if name == "any":
        if len(known) <= 1 or not all(known):
            return min(known, key=len, default=None)
        return [("any", [_joined(rest) for rest in known])]
    return [part for rest in known for part in rest] if len(known) == len(rests) else None


def names(condition: Mapping[str, Any], facts: Facts) -> Iterator[str]:
    """Names of all facts that the condition asks for, however deep they stand."""
    for name, test in condition.items():
        if name != "holds" and name not in _JOINS:
            yield name
        for inner in _inner(name, test, facts):
            yield from names(inner, facts)


def _inner(name: str, test: Any, facts: Facts) -> Sequence[Mapping[str, Any]]:
    """The conditions within a part of one."""
    if name == "holds":
        names = [test] if isinstance(test, str) else test
        return [facts.situation(situation) for situation in names]
    return test if name in _JOINS else ()


def failures(condition: Mapping[str, Any], facts: Facts) -> list[str]:
    """Names of the facts whose part of ``condition`` is known to fail."""
    return [name for name, test in condition.items() if _part(name, test, facts) is False]


def unknowns(condition: Mapping[str, Any], facts: Facts) -> list[str]:
    """Names of the facts that keep ``condition`` from being decided, however deep they stand."""
    found = [
        fact
        for name, test in condition.items()
        if _part(name, test, facts) is None
        for fact in _undecided(name, test, facts)
    ]
    return list(dict.fromkeys(found))


def _undecided(name: str, test: Any, facts: Facts) -> list[str]:
    if name != "holds" and name not in _JOINS:
        return [name]
    return [fact for part in _inner(name, test, facts) for fact in unknowns(part, facts)]


def _part(name: str, test: Any, facts: Facts) -> bool | None:
    join = _JOINS.get(name)
    if join is not None:
        return join(test, facts)
    if name == "holds":
        names = [test] if isinstance(test, str) else test
        return _all([facts.situation(inner) for inner in names], facts)
    return _test(facts.fact(name), test)


def _all(conditions: Any, facts: Facts) -> bool | None:
    unknown = False
    for condition in conditions:
        found = holds(condition, facts)
        if found is False:
            return False
        unknown = unknown or found is None
    return None if unknown else True


def _any(conditions: Any, facts: Facts) -> bool | None:
    unknown = False
    for condition in conditions:
        found = holds(condition, facts)
        if found is True:
            return True
        unknown = unknown or found is None
    return None if unknown else False


def _none(conditions: Any, facts: Facts) -> bool | None:
    found = _any(conditions, facts)
    return None if found is None else not found


_JOINS: dict[str, Callable[[Any, Facts], bool | None]] = {"all": _all, "any": _any, "none": _none}


def _test(value: Any, test: Any) -> bool | None:
    if isinstance(test, dict):
        return _operations(value, test)
    if value is None:
        return None
    if isinstance(test, (list, tuple)):
        return any(_equal(value, option) for option in test)
    return _equal(value, test)


def _operations(value: Any, test: Mapping[str, Any]) -> bool | None:
    unknown = False
    for name, wanted in test.items():
        found = _operate(value, name, wanted)
        if found is False:
            return False
        unknown = unknown or found is None
    return None if unknown else True


def _operate(value: Any, name: str, wanted: Any) -> bool | None:
    if name == "known":
        return (value is not None) is wanted
    if value is None:
        return None
    return _OPERATORS[name](value, wanted)


def _equal(value: Any, wanted: Any) -> bool:
    if isinstance(value, str) and isinstance(wanted, str):
        return value == wanted or value.casefold() == wanted.casefold()
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
