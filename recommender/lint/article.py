"""Every cell and every recommendation of the article is encoded, and agrees with its text."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from recommender.lint.loaded import Loaded

_RECOMMENDATIONS = range(1, 9)
_LEVELS = ("throughput", "ease")


def findings(knowledge: Loaded) -> Iterator[str]:
    """Sentences about what of the article is missing, or is encoded by a word that is none."""
    columns = knowledge.article["columns"]
    for framework in _ranked(knowledge):
        for column, terms in columns.items():
            where = f"{framework['id']}.{column}"
            cell = (framework.get("article") or {}).get(column)
            if cell is None:
                yield f"{where}: the article's cell is missing"
                continue
            for term in sorted(set(_encoded(cell)) - set(terms)):
                yield f"{where}: the article has no term {term!r} (article.yaml)"
    yield from _recommendations(knowledge)


def _ranked(knowledge: Loaded) -> list[Mapping[str, Any]]:
    return [item for item in knowledge.frameworks if item.get("role", "framework") == "framework"]


def _encoded(cell: Mapping[str, Any]) -> Sequence[str]:
    return [cell["level"]] if cell.get("level") else cell.get("terms", [])


def _recommendations(knowledge: Loaded) -> Iterator[str]:
    ids = {framework["id"] for framework in _ranked(knowledge)}
    rules = {rule["rule"]: rule for rule in knowledge.core["recommendations"]["rules"]}
    for number in _RECOMMENDATIONS:
        rule = rules.get(f"article.{number}")
        if rule is None:
            yield f"recommendations: the article's recommendation {number} is missing"
        elif rule["when"].get("framework.id") not in ids:
            yield f"recommendations: article.{number} names no framework"


def disagreements(knowledge: Loaded, text: str) -> Iterator[str]:
    """Sentences about what differs from ``text``, the article as Markdown."""
    rows = dict(_table(knowledge, text))
    for framework in _ranked(knowledge):
        cells = rows.get(framework["id"])
        if cells is None:
            yield f"the article has no row for {framework['name']}"
            continue
        for (column, terms), cell in zip(knowledge.article["columns"].items(), cells, strict=True):
            yield from _compared(framework, column, terms, cell)
    yield from _picks(knowledge, text)


def _compared(
    framework: Mapping[str, Any], column: str, terms: Mapping[str, Any], cell: str
) -> Iterator[str]:
    said = {term for term, row in terms.items() if re.search(str(row["matches"]), cell)}
    encoded = set(_encoded(framework["article"][column]))
    for term in sorted(said - encoded):
        yield f"{framework['id']}.{column}: the article says {term!r}, which is not encoded"
    for term in sorted(encoded - said):
        yield f"{framework['id']}.{column}: {term!r} is encoded, which the article does not say"


def _table(knowledge: Loaded, text: str) -> Iterator[tuple[str, list[str]]]:
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        named = re.fullmatch(r"\*\*(.+)\*\*", cells[0])
        found = _framework(knowledge, named[1]) if named else None
        if found:
            yield found, cells[1:]


def _framework(knowledge: Loaded, name: str) -> str | None:
    for framework in _ranked(knowledge):
        names = {framework["id"], framework["name"], *framework.get("aliases", ())}
        if any(name.casefold() == known.casefold() for known in names):
            return str(framework["id"])
    return None


def _picks(knowledge: Loaded, text: str) -> Iterator[str]:
    rules = {rule["rule"]: rule for rule in knowledge.core["recommendations"]["rules"]}
    lines = [line for line in text.splitlines() if re.match(r"- .*→", line)]
    if len(lines) != len(_RECOMMENDATIONS):
        yield f"the article has {len(lines)} recommendations, not {len(_RECOMMENDATIONS)}"
    for number, line in enumerate(lines, start=1):
        named = re.search(r"\*\*(.+?)\*\*", line)
        pick = _framework(knowledge, named[1]) if named else None
        encoded = rules.get(f"article.{number}", {"when": {}})["when"].get("framework.id")
        if pick != encoded:
            yield f"article.{number} is encoded for {encoded}; the article names {pick}"
