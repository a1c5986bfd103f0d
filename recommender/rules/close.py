"""Whether the second place is close, and what would put it first."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

from recommender.facts import Reason, Rule
from recommender.rules.candidates import Scored
from recommender.rules.question import Question
from recommender.rules.turns import turns

# A few points are no more than one aside of the article's table.
_CLOSE_POINTS = 6.0
# As many options as a reader takes in.
_MOST_TURNS = 3


def with_close_call(question: Question, ranking: tuple[Scored, ...]) -> tuple[Scored, ...]:
    """The ranking; a second place that is close says so, and what would put it first."""
    if len(ranking) < 2:  # noqa: PLR2004
        return ranking
    first, second, *others = ranking
    gap = round(first.score - second.score, 1)
    if gap > _CLOSE_POINTS:
        return ranking
    told = _close(question, (first, *others), second, gap)
    return (first, replace(second, warnings=(told, *second.warnings)), *others)


def _close(question: Question, rivals: Sequence[Scored], second: Scored, gap: float) -> Reason:
    tips = _options(question, rivals, second) or _tips(question, second)
    key = "ranking.close" if tips else "ranking.close-plain"
    text = question.words.key(key, gap=gap, tips=tips)
    return Reason(rule="ranking.close", text=text, params={"gap": gap, "turns": tips})


def _tips(question: Question, second: Scored) -> list[str]:
    """The article's recommendations of the second that this work does not call for."""
    said = {reason.rule for reason in second.reasons}
    own = [rule for rule in question.rules if recommends(rule, second) and rule.rule not in said]
    return [question.words.text(rule.text, second.facts.fact) for rule in own]


def _options(question: Question, rivals: Sequence[Scored], second: Scored) -> list[str]:
    every = turns(question, rivals, second, ("priority", "concurrency", "use-case"))
    found = list(islice(every, _MOST_TURNS))
    return [question.words.key("turn.first", options=found)] if found else []


def recommends(rule: Rule, scored: Scored) -> bool:
    """Whether the rule is the article's recommendation of this very framework."""
    named = rule.when.get("framework.id") == scored.trial.framework.id
    return named and rule.layer == "article" and rule.points != 0
