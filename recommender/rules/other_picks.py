"""Which frameworks would be the pick if one thing of the work were another."""

from collections.abc import Iterator, Sequence
from itertools import islice

from recommender.facts import Rule, Workload
from recommender.facts.noun import changed, noun
from recommender.facts.turn import Turn
from recommender.rules import score
from recommender.rules.candidates import Scored
from recommender.rules.conditions import never
from recommender.rules.question import Question
from recommender.rules.ranking import best
from recommender.rules.situation import Group, Situation, workload_facts
from recommender.rules.turns import variations

_PARTS = ("concurrency", "priority", "use-case")
# As many as a reader takes in.
_FRAMEWORKS, _OPTIONS = 4, 2


@noun
class _Lead:
    """An option, the work with it, and by how many points it puts a candidate before the first."""

    option: str
    work: Workload
    leader: Scored
    gap: float


def other_picks(
    question: Question, ranking: Sequence[Scored], groups: Sequence[Group]
) -> tuple[Turn, ...]:
    """The frameworks that one other option would put first, in the order of the ranking.

    Each is placed anew for that work, and so is the pick of today; the others stay as they are.
    Of the options those with the greatest lead are told.

    Args:
        question: what was asked.
        ranking: the candidates, best first.
        groups: the accelerators here, equal ones together.
    """
    if not ranking:
        return ()
    every = list(_leads(question, ranking))
    turns = (_turn(question, scored, ranking[0], groups, every) for scored in ranking)
    return tuple(islice(filter(None, turns), _FRAMEWORKS))


def _turn(
    question: Question,
    scored: Scored,
    first: Scored,
    groups: Sequence[Group],
    every: Sequence[_Lead],
) -> Turn | None:
    own = sorted((one for one in every if one.leader is scored), key=lambda one: -one.gap)
    real = (one.option for one in own if _ahead(question, one, first, groups))
    options = tuple(islice(real, _OPTIONS))
    return Turn(framework=scored.trial.framework.id, options=options) if options else None


def _leads(question: Question, ranking: Sequence[Scored]) -> Iterator[_Lead]:
    """Options after which another than the first has the highest score where all stay placed."""
    live = [(scored, _live(question, scored)) for scored in ranking]
    for option, work in variations(question, _PARTS):
        values = workload_facts(work)
        points = [score.points(rules, scored.facts.extend(values)) for scored, rules in live]
        leader = points.index(max(points))
        if leader:
            gap = points[leader] - points[0]
            yield _Lead(option=option, work=work, leader=ranking[leader], gap=gap)


def _live(question: Question, scored: Scored) -> tuple[Rule, ...]:
    """The rules that may hold for a candidate, whatever of the work is varied."""
    fixed = _fixed(scored.facts)
    rules = (*question.rules, *scored.trial.framework.consider)
    return tuple(rule for rule in rules if not never(rule.when, scored.facts, fixed))


def _fixed(facts: Situation) -> frozenset[str]:
    varied = {"workload.concurrency", "workload.priority", "workload.use_case"}
    return frozenset(facts.values.keys() - varied)


def _ahead(question: Question, lead: _Lead, first: Scored, groups: Sequence[Group]) -> bool:
    """Whether the leader can do that work, and is still before the first."""
    other = changed(question, workload=lead.work)
    own = best(other, lead.leader.trial.framework, groups)
    rival = best(other, first.trial.framework, groups)
    return own is not None and (rival is None or own.score > rival.score)
