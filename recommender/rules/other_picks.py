"""Which frameworks would be the pick if one thing of the work were another."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from recommender.facts import Rule, Workload
from recommender.facts.noun import changed, noun
from recommender.facts.turn import Turn
from recommender.rules import score
from recommender.rules.candidates import Scored
from recommender.rules.conditions import names, residual
from recommender.rules.question import Question
from recommender.rules.ranking import best
from recommender.rules.situation import Group, Situation, workload_facts
from recommender.rules.turns import variations

# What of the work may vary, and the facts that follow from it: a priority that nobody names
# follows from the number of users.
_VARIED = {
    "concurrency": frozenset({"workload.concurrency", "workload.priority"}),
    "priority": frozenset({"workload.priority"}),
    "use-case": frozenset({"workload.use_case"}),
}
_PARTS = tuple(_VARIED)
# As many as a reader takes in; each is placed anew, which takes most of the time.
_FRAMEWORKS, _OPTIONS = 4, 1


@noun
class _Lead:
    """An option, the work with it, the candidate that leads then, its points and the first's."""

    option: str
    work: Workload
    leader: Scored
    points: float
    rival: float


def other_picks(
    question: Question, ranking: Sequence[Scored], groups: Sequence[Group]
) -> tuple[Turn, ...]:
    """The frameworks that one other option would put first, in the order of the ranking.

    Each is placed anew for that work; the others stay as they are.
    Of the options those with the greatest lead are told.

    Args:
        question: what was asked.
        ranking: the candidates, best first.
        groups: the accelerators here, equal ones together.
    """
    if not ranking:
        return ()
    every = list(_leads(question, ranking))
    turns = (_turn(question, scored, groups, every) for scored in ranking)
    return tuple(islice(filter(None, turns), _FRAMEWORKS))


def _turn(
    question: Question,
    scored: Scored,
    groups: Sequence[Group],
    every: Sequence[_Lead],
) -> Turn | None:
    own = sorted(
        (one for one in every if one.leader is scored), key=lambda one: one.rival - one.points
    )
    real = (one.option for one in own if _ahead(question, one, groups))
    options = tuple(islice(real, _OPTIONS))
    return Turn(framework=scored.trial.framework.id, options=options) if options else None


def _leads(question: Question, ranking: Sequence[Scored]) -> Iterator[_Lead]:
    """Options after which another than the first has the highest score where all stay placed."""
    for part in _PARTS:
        shared = [rule for rule in question.rules if _asks(rule, part, question.base)]
        moving = [_Moving(scored, shared, part) for scored in ranking]
        for option, work in variations(question, (part,)):
            values = workload_facts(work)
            points = [one.points(values) for one in moving]
            leader = points.index(max(points))
            if leader:
                yield _Lead(
                    option=option,
                    work=work,
                    leader=ranking[leader],
                    points=points[leader],
                    rival=points[0],
                )


class _Moving:
    """A candidate's score as the work varies, of which only some rules take notice.

    Most of these ask for nothing but the value that varies, and their points are looked up.
    """

    def __init__(self, scored: Scored, shared: Iterable[Rule], part: str) -> None:
        self._facts = scored.facts
        rules = list(_live(shared, scored, part))
        self._fixed = scored.score - score.points(rules, scored.facts)
        self._fact = f"workload.{part.replace('-', '_')}"
        self._others: list[Rule] = []
        self._known: dict[str, float] = defaultdict(float)
        for rule in rules:
            values = _values(rule, self._fact)
            if not values:
                self._others.append(rule)
            for value in values:
                self._known[value] += float(rule.points)  # type: ignore[arg-type]  # no `by`, so a number

    def points(self, work: Mapping[str, Any]) -> float:
        """The score for the facts of a work, on the devices of today."""
        facts = self._facts.extend(work)
        known = self._known.get(work[self._fact], 0.0)
        return self._fixed + known + score.points(self._others, facts)


def _values(rule: Rule, fact: str) -> Sequence[str]:
    """The values of the fact for which the rule holds; none where it asks for more than that."""
    test = rule.when.get(fact)
    if rule.by or len(rule.when) != 1 or not isinstance(test, (str, list, tuple)):
        return ()
    return (test,) if isinstance(test, str) else test


def _asks(rule: Rule, part: str, facts: Situation) -> bool:
    """Whether a rule asks for what varies."""
    varied = _VARIED[part]
    return rule.by in varied or any(name in varied for name in names(rule.when, facts))


def _live(shared: Iterable[Rule], scored: Scored, part: str) -> Iterator[Rule]:
    """The rules that may hold, those of the framework itself too, asking for what varies alone."""
    facts = scored.facts
    fixed = frozenset(facts.values.keys() - _VARIED[part])
    own = (rule for rule in scored.trial.framework.consider if _asks(rule, part, facts))
    for rule in (*shared, *own):
        left = residual(rule.when, facts, fixed)
        if left or (left is not None and rule.by in _VARIED[part]):
            yield changed(rule, when=left)


def _ahead(question: Question, lead: _Lead, groups: Sequence[Group]) -> bool:
    """Whether the leader can do that work, and scores as high where it is placed for it."""
    other = changed(question, workload=lead.work)
    own = best(other, lead.leader.trial.framework, groups)
    return own is not None and own.score > lead.rival
