"""Rows of the tables of devices, models and hosts are unique and name their source."""

from collections.abc import Iterator, Mapping
from typing import Any

from recommender.lint.loaded import Loaded


def findings(knowledge: Loaded) -> Iterator[str]:
    """Sentences about rows."""
    yield from _rows(knowledge.accelerators, "accelerators", "name")
    yield from _rows(knowledge.models, "models", "id")
    yield from _rows(knowledge.hosts, "images", "name", "hosts")
    yield from _rows(knowledge.hosts, "devices", "vendor", "hosts")
    yield from _rows(knowledge.hosts, "services", "framework", "hosts")


def _rows(
    document: Mapping[str, Any], part: str, key: str, file: str | None = None
) -> Iterator[str]:
    rows, file = document.get(part), file or part
    if not isinstance(rows, list) or not rows:
        yield f"{file}.yaml: the list {part!r} is missing"
        return
    seen = set()
    for row in rows:
        name = row.get(key)
        if name in seen:
            yield f"{file}.yaml: {name} stands twice"
        seen.add(name)
        if not row.get("source"):
            yield f"{file}.yaml: {name} names no source"
