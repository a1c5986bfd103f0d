"""Models of a site: new ones, and other figures for those that are known."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from typing import Any

from recommender.errors import printable
from recommender.facts import Model
from recommender.site.checks import Findings
from recommender.site.rows import fields_of
from recommender.site.tree import Node

_KEYS = frozenset(field.name for field in fields(Model)) - {"source", "name", "verified"}
# Of these every model has one at least.
_COUNTED = frozenset(("params", "layers", "heads", "kv_heads", "head_dim", "hidden", "context"))
# Without these nothing can be said of what a model takes.
_NEEDED = ("params", "layers", "quantization", "format")


def models(
    nodes: Sequence[Node],
    installed: Sequence[Mapping[str, Any]],
    quantizations: Collection[str],
    findings: Findings,
) -> tuple[dict[str, Any], ...]:
    """The rows of a site, each whole: what is left out is taken from the row that it stands for."""
    known = {str(row["id"]).casefold(): row for row in installed}
    made: dict[str, dict[str, Any]] = {}
    for node in nodes:
        given = findings.mapping(node, _KEYS)
        row = fields_of(Model, given, findings)
        if "id" not in row:
            findings.add(node, "id is missing: the repository or the path that a server is given")
            continue
        base = known.get(row["id"].casefold(), {})
        whole = {**base, **row, "id": base.get("id", row["id"]), "source": node.place}
        missing = [key for key in _NEEDED if key not in whole]
        if missing:
            findings.add(node, f"{missing[0]} is missing: llmpick does not know this model")
            continue
        for key in _COUNTED & given.keys():
            findings.number(given[key], 1)
        if "quantization" in given:
            findings.one_of(given["quantization"], quantizations)
        if whole["id"] in made:
            findings.add(node, f"'{printable(whole['id'])}' stands twice among the models")
        made[whole["id"]] = whole
    return tuple(made.values())
