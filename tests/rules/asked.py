"""A question about a described machine, as the rules get it."""

from collections.abc import Sequence
from typing import Any

from recommender.devices.described import describe
from recommender.facts import Workload
from recommender.knowledge import load
from recommender.models.catalogue import find_model
from recommender.rules.question import Question
from recommender.words import Words


def question(
    gpus: Sequence[str], model: str | None = None, work: Workload | None = None, **machine: Any
) -> Question:
    """What is asked about a machine with these accelerators; challengers take part."""
    known = load()
    return Question(
        knowledge=known,
        frameworks=(*known.heads, *known.challenger_heads),
        machine=describe(gpus, **machine),
        workload=work or Workload(),
        model=find_model(model, None, None)[0] if model else None,
        rules=known.rules,
        words=Words(table=known.words, lang="en"),
    )
