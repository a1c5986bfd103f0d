"""Conditions of house rules: facts, situations and operators that exist, values that they take."""

import re
from collections.abc import Mapping
from typing import Any

from recommender.errors import nearest, printable
from recommender.rules.conditions import OPERATORS
from recommender.rules.names import LAUNCH_FACTS, names
from recommender.site.checks import Findings
from recommender.site.tree import Node

_JOINS = frozenset(("all", "any", "none"))
_LISTS = frozenset(("not_in", "has_all"))


class Conditions:
    """Reads conditions; facts of a launch are known too late to decide anything."""

    def __init__(self, findings: Findings, situations: Mapping[str, Any]) -> None:
        """``situations`` are those that ``holds`` may name."""
        self._findings, self._situations = findings, situations
        self._facts = names() - LAUNCH_FACTS

    def read(self, node: Node) -> dict[str, Any]:
        """The condition as data; what is wrong in it is left out."""
        if not isinstance(node.value, dict):
            self._findings.add(node, "a condition is expected here: facts with what they must be")
            return {}
        parts = {name: self._part(name, test) for name, test in node.value.items()}
        return {name: part for name, part in parts.items() if part is not None}

    def fact(self, name: str) -> bool:
        """Whether there is such a fact."""
        return name in self._facts or name.startswith("installed.")

    def _part(self, name: str, node: Node) -> Any:
        if name in _JOINS:
            return [self.read(inner) for inner in self._findings.items(node)]
        if name == "holds":
            return [self._findings.one_of(inner, self._situations) for inner in _each(node)]
        if not self.fact(name):
            hint = nearest(name, self._facts) or "; docs/data-guidelines.md says where they stand"
            self._findings.add(node, f"there is no fact '{printable(name)}'{hint}")
            return None
        if isinstance(node.value, dict):
            return {key: self._operand(key, value) for key, value in node.value.items()}
        return self._values(node) if isinstance(node.value, list) else self._value(node)

    def _operand(self, operator: str, node: Node) -> Any:
        if operator not in OPERATORS:
            hint = nearest(operator, OPERATORS) or f"; known are {', '.join(sorted(OPERATORS))}"
            self._findings.add(node, f"there is no operator '{printable(operator)}'{hint}")
            return None
        if operator == "known":
            return self._findings.truth(node)
        if operator == "matches":
            return self._pattern(node)
        listed = operator in _LISTS or (operator in {"has", "lacks"} and node.text is None)
        return self._values(node) if listed else self._value(node)

    def _pattern(self, node: Node) -> str | None:
        text = self._findings.text(node)
        try:
            re.compile(text or "")
        except (re.error, OverflowError, RecursionError) as error:
            self._findings.add(node, f"this is no regular expression ({printable(error)})")
        return text

    def _values(self, node: Node) -> list[Any]:
        return [self._value(inner) for inner in self._findings.items(node)]

    def _value(self, node: Node) -> Any:
        if isinstance(node.value, (bool, int, float)):
            return node.value
        return self._findings.text(node)


def _each(node: Node) -> list[Node]:
    return node.value if isinstance(node.value, list) else [node]
