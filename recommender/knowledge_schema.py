"""Checks the knowledge files: shape, words, conditions, sources."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError

from recommender import facts
from recommender.errors import InputError, nearest, printable
from recommender.facts import framework as framework_facts
from recommender.knowledge_source import compile_document, read_yaml
from recommender.rules.conditions import OPERATORS
from recommender.rules.names import names
from recommender.words import placeholders

_STRICT = (
    facts.Framework,
    facts.Platform,
    facts.Method,
    facts.Requirement,
    facts.Notice,
    facts.Rule,
    facts.Line,
    facts.Step,
    facts.Article,
    facts.Cell,
    facts.Text,
    facts.Quantization,
    framework_facts.RegistryName,
    framework_facts.Budget,
    framework_facts.KvQuantized,
)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
SUPPORT = ("supported", "plugin", "source-build", "experimental", "unsupported", "unknown")


def check(root: Path) -> list[str]:
    """Every finding in a knowledge folder, one sentence each; an empty list is sound knowledge."""
    try:
        core = compile_document(root, "core")
        accelerators = read_yaml(root / "accelerators.yaml")
        models = read_yaml(root / "models.yaml")
    except InputError as error:
        return [str(error)]
    findings = list(_shapes(core))
    if findings:
        return findings
    findings += _conditions(core)
    findings += _texts(core)
    findings += _sources(core)
    findings += _rows(accelerators, "accelerators", "name")
    findings += _rows(models, "models", "id")
    return findings


def _shapes(core: Mapping[str, Any]) -> Iterator[str]:
    for noun in _STRICT:
        noun.__pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[union-attr]
    for document in core["frameworks"]:
        yield from _shape(facts.Framework, document, f"frameworks/{document.get('id')}")
    for name in ("recommendations", "workload", "corrections"):
        for rule in core[name].get("rules", []):
            yield from _shape(facts.Rule, rule, f"{name}: {rule.get('rule')}")
    for part, noun in (
        ("requirements", facts.Requirement),
        ("notices", facts.Notice),
        ("problems", facts.Notice),
    ):
        for item in core["common"].get(part, []):
            yield from _shape(noun, item, f"common: {item.get('rule')}")


def _shape(noun: type[Any], value: Any, where: str) -> Iterator[str]:
    try:
        TypeAdapter(noun).validate_python(value)
    except ValidationError as error:
        for item in error.errors(include_url=False):
            field = ".".join(str(part) for part in item["loc"])
            shown = printable(repr(item.get("input")), 60)
            yield f"{where}: {field} is {shown}: {item['msg']}"


def _conditions(core: Mapping[str, Any]) -> Iterator[str]:
    known = names()
    situations = core["situations"]["situations"]
    for where, condition in _all_conditions(core):
        yield from _condition(condition, where, known, situations)


def _all_conditions(core: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, condition in core["situations"]["situations"].items():
        yield f"situations: {name}", condition
    rest = {key: value for key, value in core.items() if key != "words"}
    for where, node in _nodes(rest, ""):
        for key in ("when", "needs", "device"):
            if isinstance(node.get(key), Mapping):
                yield f"{where}.{key}", node[key]


def _nodes(value: Any, path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every mapping inside ``value``, named by the id or rule of the nearest one that has any."""
    if isinstance(value, Mapping):
        name = value.get("rule") or value.get("id")
        where = f"{path}/{name}" if isinstance(name, str) else path
        yield where, value
        for key, item in value.items():
            if key not in {"when", "needs", "device", "situations"}:
                yield from _nodes(item, where)
    elif isinstance(value, list):
        for item in value:
            yield from _nodes(item, path)


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
            yield from _named([test] if isinstance(test, str) else test, where, situations)
        else:
            yield from _test(name, test, where, known)


def _named(wanted: list[str], where: str, situations: Mapping[str, Any]) -> Iterator[str]:
    for name in wanted:
        if name not in situations:
            yield f"{where}: no situation is called {name!r}{nearest(name, situations)}"


def _test(name: str, test: Any, where: str, known: frozenset[str]) -> Iterator[str]:
    if name not in known and not name.startswith("installed."):
        yield f"{where}: no fact is called {name!r}{nearest(name, known)}"
    if isinstance(test, Mapping):
        for operator in sorted(set(test) - OPERATORS):
            yield f"{where}: no operator is called {operator!r}{nearest(operator, OPERATORS)}"


def _texts(core: Mapping[str, Any]) -> Iterator[str]:
    words = core["words"]["words"]
    for key, text in words.items():
        yield from _both_languages(text, f"words: {key}")
    for where, node in _nodes(core, ""):
        for key in ("text", "fix", "summary"):
            value = node.get(key)
            if isinstance(value, Mapping):
                yield from _both_languages(value, f"{where}.{key}")
                yield from _known_names(value, f"{where}.{key}")
            elif key == "fix" and isinstance(value, str) and f"fix.{value}" not in words:
                yield f"{where}: no advice is called {value!r} (words.yaml: fix.{value})"


def _both_languages(text: Any, where: str) -> Iterator[str]:
    if not isinstance(text, Mapping) or set(text) != {"en", "zh"}:
        yield f"{where}: must have exactly en and zh"
    elif sorted(placeholders(str(text["en"]))) != sorted(placeholders(str(text["zh"]))):
        yield f"{where}: en and zh name different facts"


def _known_names(text: Mapping[str, Any], where: str) -> Iterator[str]:
    for name in placeholders(str(text.get("en", ""))):
        if name not in names():
            yield f"{where}: no fact is called {name!r}{nearest(name, names())}"


def _sources(core: Mapping[str, Any]) -> Iterator[str]:
    sources = core["sources"]["sources"]
    used = set()
    for where, node in _nodes(core, ""):
        source = node.get("source")
        if isinstance(source, str):
            used.add(source)
            if source not in sources:
                yield f"{where}: no source is called {source!r}{nearest(source, sources)}"
        checked = node.get("checked")
        if checked is not None and not _DATE.fullmatch(str(checked)):
            yield f"{where}: checked is {printable(checked)!r}; a date such as 2026-11-22 is needed"
        if "platforms" not in node and "support" in node and "port" in node:
            yield from _grade(where, node["support"])
    for name in sorted(set(sources) - used):
        yield f"sources: {name} is used by nothing"


def _grade(where: str, support: str) -> Iterator[str]:
    if support not in SUPPORT:
        yield f"{where}: support is {support!r}; known are {', '.join(SUPPORT)}"


def _rows(document: Mapping[str, Any], part: str, key: str) -> Iterator[str]:
    rows = document.get(part)
    if not isinstance(rows, list) or not rows:
        yield f"{part}.yaml: the list {part!r} is missing"
        return
    seen = set()
    for row in rows:
        name = row.get(key)
        if name in seen:
            yield f"{part}.yaml: {name} stands twice"
        seen.add(name)
        if not row.get("source"):
            yield f"{part}.yaml: {name} names no source"
