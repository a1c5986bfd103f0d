"""Checks the knowledge files: shape, words, conditions, sources."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError

from recommender import facts
from recommender.errors import InputError, nearest, printable
from recommender.facts import checkup
from recommender.facts import framework as framework_facts
from recommender.knowledge_source import compile_document, read_yaml
from recommender.rules import remedies as remedy_rules
from recommender.rules import ways
from recommender.rules.checkup import SEVERITIES
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
    facts.Budget,
    facts.KvQuantized,
    facts.Package,
    facts.Capability,
    facts.Standing,
    facts.Upkeep,
    checkup.Family,
    checkup.Remedy,
    checkup.Remedies,
)
_CONDITIONS = ("when", "needs", "device", "blocks", "spares")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
SUPPORT = ("supported", "plugin", "source-build", "experimental", "unsupported", "unknown")


def check(root: Path) -> list[str]:
    """Every finding in a knowledge folder, one sentence each; an empty list is sound knowledge."""
    try:
        core = compile_document(root, "core")
        accelerators = read_yaml(root / "accelerators.yaml")
        models = read_yaml(root / "models.yaml")
        remedies = compile_document(root, "remedies")
    except InputError as error:
        return [str(error)]
    findings = [*_shapes(core), *_shape(checkup.Remedies, remedies, "remedies")]
    if findings:
        return findings
    findings += _conditions(core, core, names())
    findings += _texts(core, core, names())
    findings += _remedies(remedies, core)
    findings += _sources({**core, "remedies": remedies})
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


def _conditions(
    document: Mapping[str, Any], core: Mapping[str, Any], known: frozenset[str]
) -> Iterator[str]:
    situations = core["situations"]["situations"]
    for where, condition in _all_conditions(document):
        yield from _condition(condition, where, known, situations)


def _all_conditions(document: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, condition in document.get("situations", {}).get("situations", {}).items():
        yield f"situations: {name}", condition
    rest = {key: value for key, value in document.items() if key != "words"}
    for where, node in _nodes(rest, ""):
        for key in _CONDITIONS:
            if isinstance(node.get(key), Mapping):
                yield f"{where}.{key}", node[key]


def _nodes(value: Any, path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every mapping inside ``value``, named by the id or rule of the nearest one that has any."""
    if isinstance(value, Mapping):
        name = value.get("rule") or value.get("id")
        where = f"{path}/{name}" if isinstance(name, str) else path
        yield where, value
        for key, item in value.items():
            if key not in {*_CONDITIONS, "situations"}:
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


def _texts(
    document: Mapping[str, Any], core: Mapping[str, Any], known: frozenset[str]
) -> Iterator[str]:
    words = core["words"]["words"]
    for key, text in document.get("words", {}).get("words", {}).items():
        yield from _both_languages(text, f"words: {key}")
    for where, node in _nodes(document, ""):
        for key in ("text", "fix", "summary"):
            value = node.get(key)
            if isinstance(value, Mapping):
                yield from _both_languages(value, f"{where}.{key}")
                yield from _known_names(value.get("en", ""), f"{where}.{key}", known)
            elif key == "fix" and isinstance(value, str) and f"fix.{value}" not in words:
                yield f"{where}: no advice is called {value!r} (words.yaml: fix.{value})"


def _both_languages(text: Any, where: str) -> Iterator[str]:
    if not isinstance(text, Mapping) or set(text) != {"en", "zh"}:
        yield f"{where}: must have exactly en and zh"
    elif sorted(placeholders(str(text["en"]))) != sorted(placeholders(str(text["zh"]))):
        yield f"{where}: en and zh name different facts"


def _known_names(text: object, where: str, known: frozenset[str]) -> Iterator[str]:
    for name in placeholders(str(text)):
        if name not in known:
            yield f"{where}: no fact is called {name!r}{nearest(name, known)}"


def _remedies(document: Mapping[str, Any], core: Mapping[str, Any]) -> Iterator[str]:
    known = names() | remedy_rules.FACTS | ways.FACTS
    yield from _conditions({"remedies": document}, core, known)
    yield from _texts({"remedies": document}, core, known)
    every = (*document["checks"], *document["remedies"])
    ranks = {**document["severities"], **{item["id"]: item.get("severity") for item in every}}
    for rule, severity in ranks.items():
        if severity not in {*SEVERITIES, None}:
            yield f"remedies: the severity of {rule!r} is {severity!r}, not {', '.join(SEVERITIES)}"
    named = ((family["id"], *family.get("like", ())) for family in document["families"])
    families = {"container"}.union(*named)
    for remedy in every:
        yield from _commands(remedy, families, known)


def _commands(
    remedy: Mapping[str, Any], families: set[str], known: frozenset[str]
) -> Iterator[str]:
    where = f"remedies: {remedy['id']}"
    for family, lines in remedy.get("commands", {}).items():
        if family not in families:
            yield f"{where}: no family is called {family!r}{nearest(family, families)}"
        for line in lines:
            yield from _known_names(line.get("raw"), where, known)


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
