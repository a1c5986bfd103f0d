"""What of the work would put another framework first."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from recommender.facts import Workload
from recommender.rules import score
from recommender.rules.candidates import Question, Scored
from recommender.rules.situation import workload_facts

_USERS = (1, 4, 12, 64)


def turns(question: Question, leader: Scored, other: Scored, parts: Sequence[str]) -> list[str]:
    """Options that alone would put ``other`` before ``leader``, as they are typed.

    Both stay where and how they are placed; ``parts`` names what may vary: priority, concurrency,
    need, use-case.
    """
    return [
        option
        for option, work in _variations(question, parts)
        if _score(question, other, work) > _score(question, leader, work)
    ]


def _score(question: Question, scored: Scored, work: Workload) -> float:
    facts = scored.facts.extend(workload_facts(work))
    rules = (*question.rules, *scored.trial.framework.consider)
    return score.points(rules, facts)


def _variations(question: Question, parts: Sequence[str]) -> Iterator[tuple[str, Workload]]:
    work, known = question.workload, question.knowledge
    if "concurrency" in parts:
        for users in _USERS:
            if users != work.concurrency:
                yield f"--concurrency {users}", replace(work, concurrency=users)
    if "priority" in parts:
        for word in known.vocabulary("priorities"):
            if word != work.priority:
                yield f"--priority {word}", replace(work, priority=word)
    if "use-case" in parts:
        for word in known.vocabulary("use_cases"):
            if word != work.use_case:
                yield f"--use-case {word}", replace(work, use_case=word)
    if "need" in parts:
        for word in known.vocabulary("features"):
            if word not in work.features:
                yield f"--need {word}", replace(work, features=(*work.features, word))
