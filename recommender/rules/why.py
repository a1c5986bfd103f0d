"""Why a framework does not run here or does not lead, and what would change it."""

from collections.abc import Iterator, Sequence

from recommender.facts import Framework, Reason
from recommender.facts.why_not import Ahead, Obstacle, Step
from recommender.rules.candidates import Scored
from recommender.rules.changes import Change, smallest_change
from recommender.rules.question import Question
from recommender.rules.ranking import Refused, Verdict, outcomes
from recommender.rules.situation import Group
from recommender.rules.turns import turns
from recommender.words import Words


def obstacles(
    question: Question, refusal: Refused, devices: Sequence[Group]
) -> tuple[Obstacle, ...]:
    """Every platform that was tried and failed; one without any where none is for what is here."""
    tried = tuple(_tried(question, refusal.framework, devices))
    seen = {reason.rule for obstacle in tried for reason in obstacle.reasons}
    general = tuple(reason for reason in refusal.reasons if reason.rule not in seen)
    if not general:
        return tried
    platform = refusal.platform
    return (Obstacle(platform=platform, name=platform, device=None, reasons=general), *tried)


def _tried(
    question: Question, framework: Framework, devices: Sequence[Group]
) -> Iterator[Obstacle]:
    for trial, found in outcomes(question, framework, devices):
        if not isinstance(found, Scored):
            yield Obstacle(
                platform=trial.platform.id,
                name=question.words.said(trial.platform.name),
                device=trial.group.first.name if trial.group.members else None,
                reasons=found,
            )


def change(question: Question, framework: str) -> tuple[Step, ...] | None:
    """The steps of the smallest change after which it runs, as sentences."""
    found = smallest_change(question, framework)
    return None if found is None else tuple(_step(step, question.words) for step in found)


def _step(step: Change, words: Words) -> Step:
    values = dict(step.params)
    if "fact" in values:
        values["what"] = words.show_fact(values["fact"])
    return Step(rule=step.key, text=words.key(step.key, **values))


def ahead(question: Question, verdict: Verdict, framework: str) -> Ahead | None:
    """How the leader differs, where the framework is ranked but not first."""
    leader = verdict.ranking[0]
    own = next(item for item in verdict.ranking if item.trial.framework.id == framework)
    if own is leader:
        return None
    rivals = [item for item in verdict.ranking if item is not own]
    parts = ("use-case", "priority", "concurrency", "need")
    return Ahead(
        framework=leader.trial.framework.id,
        gap=round(leader.score - own.score, 1),
        theirs=_beyond(leader, own),
        own=_beyond(own, leader),
        turns=tuple(turns(question, rivals, own, parts)),
    )


def _beyond(one: Scored, other: Scored) -> tuple[Reason, ...]:
    """The reasons of the one that the other has not, or with other points, the heaviest first."""
    theirs = {(reason.rule, reason.points) for reason in other.reasons}
    apart = [
        reason
        for reason in one.reasons
        if reason.points and (reason.rule, reason.points) not in theirs
    ]
    return tuple(sorted(apart, key=lambda reason: -abs(reason.points)))
