"""The score of a candidate: the sum of named reasons, and nothing else."""

from collections.abc import Iterable

from recommender.facts import Reason, Rule
from recommender.rules.conditions import holds
from recommender.rules.situation import Situation
from recommender.words import Words, placeholders


def reasons(rules: Iterable[Rule], facts: Situation, words: Words) -> tuple[Reason, ...]:
    """One reason for each rule that holds; rules that cannot be decided move nothing."""
    return tuple(
        _reason(rule, points, facts, words)
        for rule in rules
        if holds(rule.when, facts) is True and (points := _points(rule, facts)) is not None
    )


def points(rules: Iterable[Rule], facts: Situation) -> float:
    """The score alone, without its reasons."""
    moved = (_points(rule, facts) for rule in rules if holds(rule.when, facts) is True)
    return round(sum(found for found in moved if found is not None), 1)


def total(found: Iterable[Reason]) -> float:
    """The sum of the points, rounded to a tenth."""
    return round(sum(reason.points for reason in found), 1)


def selected(rules: Iterable[Rule], mode: str) -> tuple[Rule, ...]:
    """All rules, or for ``article`` its own and the hard facts of the hardware."""
    if mode == "current":
        return tuple(rules)
    return tuple(rule for rule in rules if rule.layer == "article" or rule.hard)


def _points(rule: Rule, facts: Situation) -> float | None:
    if isinstance(rule.points, (int, float)):
        return float(rule.points)
    value = facts.fact(rule.by or "")
    return rule.points.get(str(value))


def _reason(rule: Rule, points: float, facts: Situation, words: Words) -> Reason:
    return Reason(
        rule=rule.rule,
        points=points,
        layer=rule.layer,
        params={name: facts.fact(name) for name in placeholders(rule.text.en)},
        text=words.text(rule.text, facts.fact),
        fix=words.fix(rule.fix, facts.fact),
        source=rule.source,
        checked=rule.checked,
    )
