"""Conflicts speak of cells, recommendations and rules that exist; parsers of frameworks."""

from collections.abc import Iterator

from recommender.errors import nearest
from recommender.lint.loaded import Loaded, rule_ids

_CELLS = ("techniques", "throughput", "ease", "hardware", "scenarios", "shortcomings")
# Reasons that the code gives: a weight format or file format that a platform does not load.
_BY_CODE = frozenset(("fit.quantization", "fit.format", "fit.memory"))


def findings(knowledge: Loaded) -> Iterator[str]:
    """Sentences about conflicts.yaml and parsers.yaml."""
    rules = rule_ids(knowledge) | _BY_CODE
    ids = {framework["id"] for framework in knowledge.frameworks}
    parts = {f"{name}.{cell}" for name in ids for cell in _CELLS} | rules
    seen = set()
    for conflict in knowledge.conflicts["conflicts"]:
        where = f"conflicts: {conflict['id']}"
        if conflict["id"] in seen:
            yield f"{where} stands twice"
        seen.add(conflict["id"])
        for about in conflict["about"]:
            if about not in parts:
                yield f"{where}: the article has no {about!r}{nearest(about, parts)}"
        for rule in conflict["rules"]:
            if rule not in rules:
                yield f"{where}: no rule is called {rule!r}{nearest(rule, rules)}"
    yield from _parsers(knowledge, ids)


def _parsers(knowledge: Loaded, ids: set[str]) -> Iterator[str]:
    earlier: list[str] = []
    for row in knowledge.core["parsers"]["parsers"]:
        where = f"parsers: {row['family']}"
        for name in row["names"]:
            hidden = next((other for other in earlier if other in name), None)
            if hidden is not None:
                yield f"{where}: {name!r} is never reached, since {hidden!r} stands before it"
            earlier.append(name)
        for framework in {*row.get("tool", {}), *row.get("reasoning", {})} - ids:
            yield f"{where}: no framework is called {framework!r}{nearest(framework, ids)}"
