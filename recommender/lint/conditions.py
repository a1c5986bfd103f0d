"""Every condition names facts, situations and operators that exist."""

from collections.abc import Iterator, Mapping
from typing import Any

from recommender.errors import nearest, printable
from recommender.lint.loaded import CONDITIONS, Loaded, nodes
from recommender.rules.conditions import OPERATORS
from recommender.rules.names import names


def findings(knowledge: Loaded) -> Iterator[str]:
    """Sentences about the conditions of everything but remedies, which know more facts."""
    yield from named(dict(knowledge.core), knowledge, names())


def named(document: Any, knowledge: Loaded, known: frozenset[str]) -> Iterator[str]:
    """Sentences about the conditions in ``document``, which may use the ``known`` facts."""
    situations = knowledge.core["situations"]["situations"]
    for where, condition in _all(document):
        yield from _condition(condition, where, known, situations)


def _all(document: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, condition in document.get("situations", {}).get("situations", {}).items():
        yield f"situations: {name}", condition
    rest = {key: value for key, value in document.items() if key != "words"}
    for where, node in nodes(rest):
        for key in CONDITIONS:
            if isinstance(node.get(key), Mapping):
                yield f"{where}.{key}", node[key]


def _condition(
    condition: Any, where: str, known: frozenset[str], situations: Mapping[str, Any]
) -> Iterator[str]:
    if not isinstance(condition, Mapping):
        yield f"{where}: a condition must be a mapping, not {printable(condition)!r}"
        return
    for name, test in condition.items():
        if name in {"all", "any", "none"}:
            for inner in test:
                yield from _condition(inner, where, known, situations)
        elif name == "holds":
            yield from _held([test] if isinstance(test, str) else test, where, situations)
        else:
            yield from _test(name, test, where, known)


def _held(wanted: list[str], where: str, situations: Mapping[str, Any]) -> Iterator[str]:
    for name in wanted:
        if name not in situations:
            yield f"{where}: no situation is called {name!r}{nearest(name, situations)}"


def _test(name: str, test: Any, where: str, known: frozenset[str]) -> Iterator[str]:
    if name not in known and not name.startswith("installed."):
        yield f"{where}: no fact is called {name!r}{nearest(name, known)}"
    if isinstance(test, Mapping):
        for operator in sorted(set(test) - OPERATORS):
            yield f"{where}: no operator is called {operator!r}{nearest(operator, OPERATORS)}"
