"""Rows of tables by the fields of their noun."""

import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, TypeAlias

from recommender.site.checks import Findings
from recommender.site.tree import Node

_Read: TypeAlias = Callable[[Findings, Node], Any]


def fields_of(noun: Any, given: Mapping[str, Node], findings: Findings) -> dict[str, Any]:
    """The values of those fields of ``noun`` that are given and right."""
    hints = {field.name: field.type for field in fields(noun)}
    read = {
        name: _reader(hints[name])(findings, node) for name, node in given.items() if name in hints
    }
    return {name: value for name, value in read.items() if value is not None}


def _reader(hint: Any) -> _Read:
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is types.UnionType:
        return _reader(next(part for part in inner if part is not type(None)))
    if origin is tuple:
        return _texts if inner[0] is str else _numbers
    if origin is not None:
        return _pairs
    plain: dict[Any, _Read] = {bool: Findings.truth, int: _whole, float: Findings.number}
    return plain.get(hint, Findings.text)


def _whole(findings: Findings, node: Node) -> int | None:
    if isinstance(node.value, float):
        findings.add(node, "a whole number is expected here")
        return None
    return findings.number(node)  # type: ignore[return-value]  # it is no float


def _texts(findings: Findings, node: Node) -> list[str]:
    return findings.several(node)


def _numbers(findings: Findings, node: Node) -> list[float]:
    found = [findings.number(inner) for inner in findings.items(node)]
    return [number for number in found if number is not None]


def _pairs(findings: Findings, node: Node) -> dict[str, str]:
    if not isinstance(node.value, dict):
        findings.add(node, "keys with texts are expected here")
        return {}
    found = {key: findings.text(value) for key, value in node.value.items()}
    return {key: text for key, text in found.items() if text is not None}
