"""Which frameworks would be the pick if the work were what they are recommended for."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from recommender.facts import Rule, Workload
from recommender.facts.noun import changed
from recommender.facts.turn import Turn
from recommender.rules import score
from recommender.rules.candidates import Scored
from recommender.rules.close import recommends
from recommender.rules.conditions import holds, names, residual
from recommender.rules.question import Question
from recommender.rules.ranking import best
from recommender.rules.situation import Group, Situation, workload_facts
from recommender.rules.turns import variations

_FACT = "workload.use_case"
# As many as a reader takes in, and how many of its use cases each may try.
_FRAMEWORKS, _TRIES = 4, 2

_Option = tuple[str, Workload]


def other_picks(
    question: Question, ranking: Sequence[Scored], groups: Sequence[Group]
) -> tuple[Turn, ...]:
    """The frameworks that another use case would put first, in the order of the ranking.

    Tried are the use cases that the article recommends a framework for, those first in which it
    scores highest. The framework is placed anew for that work, the others stay as they are.

    Args:
        question: what was asked.
        ranking: the candidates, best first.
        groups: the accelerators here, equal ones together.
    """
    shared = [rule for rule in question.rules if _asks(rule, question.base)]
    moving = [_Moving(scored, shared) for scored in ranking]
    every = list(variations(question, ("use-case",)))
    turns = (
        Turn(framework=own.scored.trial.framework.id, options=(option,))
        for own in moving[1:]
        if (option := _first(question, own, moving, every, groups))
    )
    return tuple(islice(turns, _FRAMEWORKS))


def _first(
    question: Question,
    own: "_Moving",
    moving: Sequence["_Moving"],
    every: Sequence[_Option],
    groups: Sequence[Group],
) -> str | None:
    """The option that puts a candidate before all the others."""
    tried = [one for one in every if own.recommended(one[1])]
    tried.sort(key=lambda one: -own.points(one[1]))
    for option, work in tried[:_TRIES]:
        most = max(one.points(work) for one in moving if one is not own)
        if own.points(work) > most and _placed(question, own.scored, work, groups) > most:
            return option
    return None


def _placed(question: Question, scored: Scored, work: Workload, groups: Sequence[Group]) -> float:
    """The score of a framework that is placed for this work; the least of all where none is."""
    found = best(changed(question, workload=work), scored.trial.framework, groups)
    return found.score if found else float("-inf")


class _Moving:
    """A candidate's score as the use case varies, of which only some rules take notice.

    Most of these ask for nothing but the use case, and their points are looked up.
    """

    def __init__(self, scored: Scored, shared: Sequence[Rule]) -> None:
        self.scored = scored
        rules = list(_live(shared, scored))
        own = {rule.rule for rule in shared if recommends(rule, scored)}
        self._own = [rule for rule in rules if rule.rule in own]
        self._fixed = scored.score - score.points(rules, scored.facts)
        self._others: list[Rule] = []
        self._known: dict[str, float] = defaultdict(float)
        for rule in rules:
            values = _values(rule)
            if not values:
                self._others.append(rule)
            for value in values:
                self._known[value] += float(rule.points)  # type: ignore[arg-type]  # no `by`

    def recommended(self, work: Workload) -> bool:
        """Whether the article recommends the framework for that work, here."""
        facts = self.scored.facts.extend(workload_facts(work))
        return any(holds(rule.when, facts) is True for rule in self._own)

    def points(self, work: Workload) -> float:
        """The score for that work, on the devices of today."""
        facts = self.scored.facts.extend(workload_facts(work))
        known = self._known.get(work.use_case, 0.0)
        return self._fixed + known + score.points(self._others, facts)


def _values(rule: Rule) -> Sequence[str]:
    """The use cases for which the rule holds; none where it asks for more than that."""
    test = rule.when.get(_FACT)
    if rule.by or len(rule.when) != 1 or not isinstance(test, (str, list, tuple)):
        return ()
    return (test,) if isinstance(test, str) else test


def _asks(rule: Rule, facts: Situation) -> bool:
    """Whether a rule asks for the use case."""
    return rule.by == _FACT or any(name == _FACT for name in names(rule.when, facts))


def _live(shared: Iterable[Rule], scored: Scored) -> Iterator[Rule]:
    """The rules that may hold, those of the framework itself too, asking for the use case alone."""
    facts: Situation = scored.facts
    fixed = frozenset(facts.values.keys() - {_FACT})
    own = (rule for rule in scored.trial.framework.consider if _asks(rule, facts))
    for rule in (*shared, *own):
        left: Mapping[str, Any] | None = residual(rule.when, facts, fixed)
        if left or (left is not None and rule.by == _FACT):
            yield changed(rule, when=left)
