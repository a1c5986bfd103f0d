"""Whether the second place is close, and what would put it first."""

from dataclasses import replace

from recommender.facts import Reason, Rule
from recommender.rules.candidates import Question, Scored

# A few points are no more than one aside of the article's table.
_CLOSE_POINTS = 6.0


def with_close_call(question: Question, ranking: tuple[Scored, ...]) -> tuple[Scored, ...]:
    """The ranking; a second place that is close says so, and for what it would be the first."""
    if len(ranking) < 2:  # noqa: PLR2004
        return ranking
    first, second, *others = ranking
    gap = round(first.score - second.score, 1)
    if gap > _CLOSE_POINTS:
        return ranking
    told = _close(question, second, gap)
    return (first, replace(second, warnings=(told, *second.warnings)), *others)


def _close(question: Question, second: Scored, gap: float) -> Reason:
    said = {reason.rule for reason in second.reasons}
    known = second.facts.fact
    own = [rule for rule in question.rules if _recommends(rule, second) and rule.rule not in said]
    tips = [question.words.text(rule.text, known) for rule in own]
    key = "ranking.close" if tips else "ranking.close-plain"
    text = question.words.key(key, gap=gap, tips=tips)
    return Reason(rule="ranking.close", text=text, params={"gap": gap})


def _recommends(rule: Rule, scored: Scored) -> bool:
    """Whether the rule is the article's recommendation of this very framework."""
    named = rule.when.get("framework.id") == scored.trial.framework.id
    return named and rule.layer == "article" and rule.points != 0
