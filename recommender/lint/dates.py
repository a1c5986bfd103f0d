"""Every fact says on which day it was checked, as a date that has been."""

import re
from collections.abc import Iterator
from datetime import date

from recommender.errors import printable
from recommender.lint.loaded import Loaded, nodes

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_COMMON = ("requirements", "abilities", "notices", "choices", "problems")


def findings(knowledge: Loaded) -> Iterator[str]:
    """Sentences about dates that are missing or none."""
    for where, key, value in _dates(knowledge):
        if not _DATE.fullmatch(value):
            shown = printable(value)
            yield f"{where}: {key} is {shown!r}; a date such as 2026-11-22 is needed"
    for part in _COMMON:
        for item in knowledge.core["common"].get(part, []):
            if not item.get("checked"):
                yield f"common: {item.get('rule')} does not say when it was checked"
    for row in knowledge.core["parsers"]["parsers"]:
        if not row.get("checked"):
            yield f"parsers: {row.get('family')} does not say when it was checked"


def future(knowledge: Loaded, today: date) -> Iterator[str]:
    """Sentences about days after ``today``."""
    for where, key, value in _dates(knowledge):
        if _DATE.fullmatch(value) and value > today.isoformat():
            yield f"{where}: {key} is {value}, which is in the future"


def _dates(knowledge: Loaded) -> Iterator[tuple[str, str, str]]:
    documents = {
        **knowledge.core,
        "conflicts": dict(knowledge.conflicts),
        "gateways": dict(knowledge.gateways),
        "remedies": dict(knowledge.remedies),
        "schedulers": dict(knowledge.schedulers),
    }
    for where, node in nodes(documents):
        for key in ("checked", "released", "date"):
            empty = key == "checked" and key in node and node[key] is None
            if isinstance(node.get(key), str) or empty:
                yield where or "sources", key, str(node[key])
