"""What adds to a score: rules that hold, by their layer, to a tenth of a point."""

from typing import Any

import pytest

from recommender.facts import Rule, Text
from recommender.knowledge import load
from recommender.rules.score import points, reasons, selected, total
from recommender.rules.situation import Situation
from recommender.words import Words

FACTS = Situation(values={"size": "large", "count": 3}, situations={})
WORDS = Words(table=load().words, lang="en")


def _rule(name: str, amount: Any, **more: Any) -> Rule:
    said = Text(en="{count} of them", zh="{count}")
    more = {"layer": "facts", "when": {}, **more}
    return Rule(rule=name, points=amount, text=said, source="s", checked="2026-11-22", **more)


RULES = (
    _rule("plain", 1.26),
    _rule("by-value", {"large": 2.5, "small": 9}, by="size"),
    _rule("another-value", {"huge": 50}, by="size"),
    _rule("fails", 50, when={"count": {"above": 3}}),
    _rule("undecided", 50, when={"unknown": 1}),
)


def test_rules_that_hold_add_their_points_and_no_other() -> None:
    found = reasons(RULES, FACTS, WORDS)
    assert [(reason.rule, reason.points) for reason in found] == [
        ("plain", 1.26),
        ("by-value", 2.5),
    ]
    assert total(found) == points(RULES, FACTS) == 3.8
    assert found[0].text == "3 of them"
    assert found[0].params == {"count": 3}


def test_nothing_that_holds_is_nothing() -> None:
    assert points(RULES[2:], FACTS) == total(()) == 0


@pytest.mark.parametrize("mode", ["article", "current"])
def test_the_article_alone_takes_its_own_rules_and_hard_facts(mode: str) -> None:
    every = (
        _rule("theirs", 1, layer="article"),
        _rule("hard", 1, hard=True),
        _rule("soft", 1),
        _rule("corrects", 1, layer="corrections"),
    )
    names = [rule.rule for rule in selected(every, mode)]
    assert names == (["theirs", "hard"] if mode == "article" else [rule.rule for rule in every])
