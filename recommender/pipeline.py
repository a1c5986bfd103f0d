"""The whole way of the data, from a machine and a wish to an answer."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from recommender import __version__
from recommender.facts import (
    Answer,
    Candidate,
    Considered,
    Framework,
    Machine,
    Model,
    Problem,
    Rejection,
    Speed,
    Workload,
)
from recommender.knowledge import Knowledge, load
from recommender.launch.commands import launch
from recommender.rules.age import dated
from recommender.rules.beside import beside
from recommender.rules.candidates import Scored
from recommender.rules.confidence import confidence, unknown
from recommender.rules.eligibility import told
from recommender.rules.grouping import groups
from recommender.rules.house import nothing_left
from recommender.rules.instead import instead, served
from recommender.rules.question import Question
from recommender.rules.ranking import Refused, Verdict, decide
from recommender.rules.score import selected
from recommender.rules.speed import speed

if TYPE_CHECKING:
    from recommender.facts.measurement import Measurement
    from recommender.facts.why_not import WhyNot
    from recommender.rules.situation import Group


def recommend(  # noqa: PLR0913  # the whole question
    machine: Machine,
    workload: Workload,
    model: Model | None = None,
    *,
    rules: str = "current",
    lang: str = "en",
    include: Collection[str] = (),
    problems: Sequence[Problem] = (),
    measurements: "Sequence[Measurement]" = (),
    turns: bool = False,
    knowledge: Knowledge | None = None,
    today: date | None = None,
) -> Answer:
    """Rank the frameworks for this machine and work, with reasons, fit and commands.

    Args:
        machine: what was probed or described.
        workload: what the servers are for.
        model: the model to serve; None lets llmpick propose one.
        rules: ``current`` uses the article, today's facts and the corrections; ``article`` the
            article and what hardware makes impossible.
        lang: ``en`` or ``zh``, for the sentences alone.
        include: ids of challengers and layers that take part besides the ranked frameworks.
        problems: what was noticed while the question was put together.
        measurements: what was measured of servers, here or elsewhere.
        turns: whether to tell what of the work would change the pick (a ``Turned`` answer), which
            takes longer than the ranking.
        knowledge: other knowledge than the installed.
        today: the reader's day, for which it is told whether facts are too old; None tells nothing.
    """
    known = knowledge or load()
    question = _question(known, machine, workload, model, rules, lang, include)
    devices = groups(machine)
    verdict = decide(question, devices)
    problems = (*problems, *nothing_left(verdict, question.words))
    if not served(verdict, devices):
        question, verdict, told = instead(question, verdict, devices)
        problems = (*problems, *told)
    named = () if rules == "article" else beside(question, devices)
    answer = _answer(question, verdict, rules, problems, named, measurements)
    if today is not None:
        answer = dated(answer, verdict, today, question.words)
    return _turned(answer, question, verdict, devices) if turns else answer


def as_asked(  # noqa: PLR0913  # the whole question
    machine: Machine,
    workload: Workload,
    model: Model | None = None,
    *,
    frameworks: Collection[str] = (),
    rules: str = "current",
    lang: str = "en",
    include: Collection[str] = (),
    problems: Sequence[Problem] = (),
    measurements: "Sequence[Measurement]" = (),
) -> Answer:
    """The answer about this very model, which no other one and no base of it replaces.

    ``frameworks`` are the ids of those that are tried, with those in ``include``; empty: all that
    are ranked. The rest is as in ``recommend``.
    """
    question = _asking(machine, workload, model, frameworks, rules, lang, include)
    return _answer(question, decide(question, groups(machine)), rules, problems, (), measurements)


def decided(  # noqa: PLR0913  # the whole question
    framework: str,
    machine: Machine,
    workload: Workload,
    model: Model | None = None,
    *,
    rules: str = "current",
    lang: str = "en",
    spans: bool = False,
) -> "Scored | Refused":
    """One framework as it would be served here, or why it cannot be.

    ``spans`` lets it span machines even where its way to install does not by itself.
    """
    question = _asking(machine, workload, model, (framework,), rules, lang, ())
    question = replace(question, spans=spans)
    verdict = decide(question, groups(machine))
    return verdict.ranking[0] if verdict.ranking else verdict.refused[0]


def _asking(  # noqa: PLR0913, PLR0917  # the whole question
    machine: Machine,
    workload: Workload,
    model: Model | None,
    frameworks: Collection[str],
    rules: str,
    lang: str,
    include: Collection[str],
) -> Question:
    """The question about these frameworks alone; none: about all that are ranked."""
    wished = {*frameworks, *include}
    question = _question(load(), machine, workload, model, rules, lang, wished)
    if not frameworks:
        return question
    kept = tuple(head for head in question.frameworks if head.id in wished)
    return replace(question, frameworks=kept)


def why_not(  # noqa: PLR0913  # the whole question
    framework: str,
    machine: Machine,
    workload: Workload,
    model: Model | None = None,
    *,
    rules: str = "current",
    lang: str = "en",
    problems: Sequence[Problem] = (),
) -> "WhyNot":
    """Why a framework does not run on what is here, or does not lead, and what would change it."""
    from recommender.facts.why_not import WhyNot
    from recommender.rules import why

    question = _question(load(), machine, workload, model, rules, lang, (framework,))
    devices = groups(machine)
    verdict = decide(question, devices)
    refused = next((item for item in verdict.refused if item.framework.id == framework), None)
    names = [scored.trial.framework.id for scored in verdict.ranking]
    ranked = framework in names
    return WhyNot(
        framework=framework,
        rank=names.index(framework) + 1 if ranked else None,
        obstacles=why.obstacles(question, refused, devices) if refused else (),
        change=why.change(question, framework) if refused else (),
        ahead=why.ahead(question, verdict, framework) if ranked else None,
        problems=tuple(problems),
    )


def _question(  # noqa: PLR0913, PLR0917  # the whole question
    known: Knowledge,
    machine: Machine,
    workload: Workload,
    model: Model | None,
    rules: str,
    lang: str,
    include: Collection[str],
) -> Question:
    if rules == "article":
        known = known.without_house_rules
    return Question(
        knowledge=known,
        frameworks=_frameworks(known, include),
        machine=machine,
        workload=workload,
        model=_merged(model) if model else None,
        rules=selected(known.rules, rules),
        words=known.speak(lang),
    )


def _frameworks(known: Knowledge, include: Collection[str]) -> tuple[Framework, ...]:
    if not include:
        return known.heads
    chosen = (framework for framework in known.challenger_heads if framework.id in include)
    return (*known.heads, *chosen)


def _merged(model: Model) -> Model:
    from recommender.models.catalogue import merge

    return merge(model)


def _answer(  # all that an answer tells
    question: Question,
    verdict: Verdict,
    rules: str,
    problems: Sequence[Problem],
    named: tuple[Considered, ...],
    measurements: "Sequence[Measurement]",
) -> Answer:
    warned = {rule.rule for rule in question.rules if rule.warn}
    ranking = tuple(
        replace(
            _candidate(question, scored, rank, warned),
            speed=_speed(scored, question, measurements),
        )
        for rank, scored in enumerate(verdict.ranking, start=1)
    )
    proposed = _proposed(verdict.ranking[0]) if verdict.ranking else None
    return Answer(
        llmpick_version=__version__,
        knowledge_date=question.knowledge.date,
        rules=rules,
        machine=question.machine,
        workload=question.workload,
        model=question.model or proposed,
        ranking=ranking,
        rejected=tuple(
            Rejection(framework=item.framework.id, platform=item.platform, reasons=item.reasons)
            for item in verdict.refused
        ),
        also_consider=named,
        problems=(
            *map(question.words.problem, (*problems, *question.machine.problems)),
            *_machine_problems(question),
        ),
    )


def _turned(
    answer: Answer, question: Question, verdict: Verdict, devices: "Sequence[Group]"
) -> Answer:
    from recommender.facts.turn import Turned
    from recommender.rules.other_picks import other_picks

    turns = other_picks(question, verdict.ranking, devices)
    return Turned(**vars(answer), turns=turns)


def _speed(scored: Scored, question: Question, measurements: "Sequence[Measurement]") -> Speed:
    predicted = speed(scored, question)
    if not measurements:
        return predicted
    from recommender.rules.measured import with_measurements

    return with_measurements(predicted, scored, question.machine, measurements)


def _proposed(scored: Scored) -> Model:
    """The model as it would be served."""
    return replace(scored.model, quantization=scored.fit.quantization)


def _candidate(question: Question, scored: Scored, rank: int, warned: Collection[str]) -> Candidate:
    words = question.words
    platform = scored.trial.platform
    through = scored.facts.fact("via.wsl2")
    missing = unknown(scored)
    moved = [reason for reason in scored.reasons if reason.rule in warned]
    choices = told(question.knowledge.choices, scored.facts, words)
    return Candidate(
        rank=rank,
        framework=scored.trial.framework.id,
        platform=platform.id,
        support="plugin" if through and platform.support == "supported" else platform.support,
        score=scored.score,
        confidence=confidence(missing),
        unknown=missing,
        version=platform.version,
        device=scored.trial.group.first.name,
        reasons=scored.reasons,
        warnings=(*moved, *scored.warnings),
        fit=replace(scored.fit, choices=tuple(reason.text for reason in choices)),
        launch=launch(scored, scored.facts, words),
    )


def _machine_problems(question: Question) -> tuple[Problem, ...]:
    facts = question.base
    said = told(question.knowledge.machine_notices, facts, question.words)
    return tuple(Problem(what=reason.text, fix=reason.fix, rule=reason.rule) for reason in said)
