"""Remedies speak of known facts, families and severities."""

from collections.abc import Iterator, Mapping
from typing import Any

from recommender.errors import nearest
from recommender.lint import conditions, texts
from recommender.lint.loaded import Loaded
from recommender.rules import remedies as remedy_rules
from recommender.rules import ways
from recommender.rules.checkup import SEVERITIES
from recommender.rules.names import names


def findings(knowledge: Loaded) -> Iterator[str]:
    """Sentences about remedies."""
    document = knowledge.remedies
    known = names() | remedy_rules.FACTS | ways.FACTS
    yield from conditions.named({"remedies": dict(document)}, knowledge, known)
    yield from texts.named({"remedies": dict(document)}, knowledge, known)
    every = (*document["checks"], *document["remedies"])
    ranks = {**document["severities"], **{item["id"]: item.get("severity") for item in every}}
    for rule, severity in ranks.items():
        if severity not in {*SEVERITIES, None}:
            yield f"remedies: the severity of {rule!r} is {severity!r}, not {', '.join(SEVERITIES)}"
    families = {"container"}.union(
        *((family["id"], *family.get("like", ())) for family in document["families"])
    )
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
            yield from texts.known_names(line.get("raw"), where, known)
