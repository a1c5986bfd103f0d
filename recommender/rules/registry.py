"""Names that a framework has for models, and for the parsers of what they write."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from recommender.facts import Framework, Model


def registry_facts(framework: Framework, model: Model | None) -> dict[str, Any]:
    """What the framework's own registry calls the model; unknown where it has none for it."""
    identity = model.id if model else ""
    for entry in framework.registry:
        if re.search(entry.matches, identity, re.IGNORECASE):
            return {"registry.name": entry.name, "registry.size": entry.size or _size(identity)}
    return {"registry.name": None, "registry.size": None}


def _size(identity: str) -> str | None:
    """Billions of parameters as a name says them: ``0_6`` for Qwen3-0.6B."""
    found = re.search(r"-(\d+(?:\.\d+)?)b\b", identity, re.IGNORECASE)
    return found.group(1).replace(".", "_") if found else None


def parser_facts(
    framework: Framework, model: Model | None, rows: Iterable[Mapping[str, Any]]
) -> dict[str, Any]:
    """The framework's parsers of tool calls and of reasoning for the model's family.

    False where it has none; the first row of ``rows`` (knowledge/parsers.yaml) one of whose names
    is part of the model's id, else of the id that it was made from, decides.
    """
    asked = model or Model(id="")
    row = _family(asked.id, rows) or _family(asked.base, rows) or {}
    return {
        f"parser.{kind}": row.get(kind, {}).get(framework.id, False)
        for kind in ("tool", "reasoning")
    }


def _family(identity: str | None, rows: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    name = (identity or "").casefold()
    return next((row for row in rows if any(part in name for part in row["names"])), None)
