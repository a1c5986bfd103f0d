"""What of the work would put another framework first."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from recommender.facts import Workload
from recommender.rules import score
from recommender.rules.candidates import Scored
from recommender.rules.question import Question
from recommender.rules.situation import workload_facts

_USERS = (1, 4, 12, 64)


def turns(
    question: Question, rivals: Sequence[Scored], other: Scored, parts: Sequence[str]
) -> Iterator[str]:
    """Options that alone would put ``other`` before all ``rivals``, as they are typed.

    All stay where and how they are placed; ``parts`` names what may vary: priority, concurrency,
    need, use-case.
    """
    for option, work in variations(question, parts):
        own = _score(question, other, work)
        if all(own > _score(question, rival, work) for rival in rivals):
            yield option


def _score(question: Question, scored: Scored, work: Workload) -> float:
    facts = scored.facts.extend(workload_facts(work))
    rules = (*question.rules, *scored.trial.framework.consider)
    return score.points(rules, facts)


def variations(question: Question, parts: Sequence[str]) -> Iterator[tuple[str, Workload]]:
    """Every work that differs from the asked one in one thing, with the option that says so."""
    work, known = question.workload, question.knowledge
    every: dict[str, tuple[Iterable[Any], Callable[[Any], Workload]]] = {
        "concurrency": (_USERS, lambda users: replace(work, concurrency=users)),
        "priority": (
            known.vocabulary("priorities"),
            lambda word: replace(work, priority=word),
        ),
        "use-case": (known.vocabulary("use_cases"), lambda word: replace(work, use_case=word)),
        "need": (
            known.vocabulary("features"),
            lambda word: replace(work, features=tuple({**dict.fromkeys(work.features), word: 0})),
        ),
    }
    for part in parts:
        values, varied = every[part]
        for value in values:
            if (other := varied(value)) != work:
                yield f"--{part} {value}", other
