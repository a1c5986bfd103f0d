"""Challengers and layers that an expert would name beside the ranking."""

from collections.abc import Sequence

from recommender.facts import Considered, Rule
from recommender.facts.codec import decode
from recommender.rules import score
from recommender.rules.question import Question
from recommender.rules.situation import Group, device_facts


def beside(question: Question, groups: Sequence[Group]) -> tuple[Considered, ...]:
    """Those whose rules hold on any of the devices here, but for those that take part."""
    left_out = {framework.id for framework in question.frameworks}
    known = question.base
    places = [known.extend(device_facts(group)) for group in groups or (Group(),)]
    found = []
    for entry in question.knowledge.document["consider"]:
        if entry["id"] in left_out:
            continue
        rules = [decode(Rule, rule) for rule in entry["consider"]]
        reasons = {
            reason.rule: reason
            for facts in places
            for reason in score.reasons(rules, facts, question.words)
        }
        if reasons:
            found.append(
                Considered(
                    framework=entry["id"],
                    name=entry["name"],
                    role=entry["role"],
                    over=tuple(entry.get("over", ())),
                    reasons=tuple(reasons.values()),
                )
            )
    return tuple(found)
