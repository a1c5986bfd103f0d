"""Rows of the tables of devices and models are unique and name their source."""

from collections.abc import Iterator, Mapping
from typing import Any

from recommender.lint.loaded import Loaded


def findings(knowledge: Loaded) -> Iterator[str]:
    """Sentences about rows."""
    yield from _rows(knowledge.accelerators, "accelerators", "name")
    yield from _rows(knowledge.models, "models", "id")


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
