"""The whole way of the data, from a machine and a wish to an answer."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace

from recommender import __version__
from recommender.facts import (
    Accelerator,
    Answer,
    Candidate,
    Machine,
    Model,
    Problem,
    Rejection,
    Workload,
)
from recommender.knowledge import Knowledge, load
from recommender.launch.commands import launch
from recommender.rules.candidates import Question, Scored
from recommender.rules.eligibility import told
from recommender.rules.instead import instead, served
from recommender.rules.ranking import Verdict, base, decide
from recommender.rules.score import selected
from recommender.rules.situation import Group
from recommender.words import Words


def recommend(  # noqa: PLR0913  # the whole question
    machine: Machine,
    workload: Workload,
    model: Model | None = None,
    *,
    rules: str = "current",
    lang: str = "en",
    problems: Sequence[Problem] = (),
    knowledge: Knowledge | None = None,
) -> Answer:
    """Rank the frameworks for this machine and work, with reasons, fit and commands.

    Args:
        machine: what was probed or described.
        workload: what the servers are for.
        model: the model to serve; None lets llmpick propose one.
        rules: ``current`` uses the article, today's facts and the corrections; ``article`` the
            article and what hardware makes impossible.
        lang: ``en`` or ``zh``, for the sentences alone.
        problems: what was noticed while the question was put together.
        knowledge: other knowledge than the installed.
    """
    known = knowledge or load()
    question = Question(
        knowledge=known,
        machine=machine,
        workload=workload,
        model=_merged(model) if model else None,
        rules=selected(known.rules, rules),
        words=Words(table=known.words, lang=lang),
    )
    devices = groups(machine)
    verdict = decide(question, devices)
    if not served(verdict, devices):
        question, verdict, told = instead(question, verdict, devices)
        problems = (*problems, *told)
    return _answer(question, verdict, rules, problems)


def _merged(model: Model) -> Model:
    from recommender.models.catalogue import merge

    return merge(model)


def groups(machine: Machine) -> list[Group]:
    """Equal accelerators together, in the order of the machine."""
    if not machine.accelerators:
        return []
    from recommender.devices.catalogue import complete, series_of

    found: dict[tuple[object, ...], list[Accelerator]] = defaultdict(list)
    for device in map(complete, machine.accelerators):
        found[_kind(device)].append(device)
    return [
        Group(
            members=tuple(members),
            series=series_of(members[0]),
            link=_link(machine, members),
        )
        for members in found.values()
    ]


def _kind(device: Accelerator) -> tuple[object, ...]:
    memory = None if device.memory_gib is None else round(device.memory_gib)
    return (
        device.vendor,
        device.name,
        memory,
        device.compute_capability,
        device.gfx,
        device.chip,
        device.partition,
        device.unusable,
    )


def _link(machine: Machine, members: Sequence[Accelerator]) -> str | None:
    indexes = {device.index for device in members}
    for link in machine.links:
        if not link.devices or indexes <= set(link.devices):
            return link.kind
    return None


def _answer(
    question: Question, verdict: Verdict, rules: str, problems: Sequence[Problem]
) -> Answer:
    warned = {rule.rule for rule in question.rules if rule.warn}
    ranking = tuple(
        _candidate(scored, rank, question.words, warned)
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
        problems=(*problems, *question.machine.problems, *_machine_problems(question)),
    )


def _proposed(scored: Scored) -> Model:
    """The model as it would be served."""
    return replace(scored.model, quantization=scored.fit.quantization)


def _candidate(scored: Scored, rank: int, words: Words, warned: Collection[str]) -> Candidate:
    platform = scored.trial.platform
    through = scored.facts.fact("via.wsl2")
    moved = [reason for reason in scored.reasons if reason.rule in warned]
    return Candidate(
        rank=rank,
        framework=scored.trial.framework.id,
        platform=platform.id,
        support="plugin" if through and platform.support == "supported" else platform.support,
        score=scored.score,
        version=platform.version,
        device=scored.trial.group.first.name,
        reasons=scored.reasons,
        warnings=(*moved, *scored.warnings),
        fit=scored.fit,
        launch=launch(scored, scored.facts, words),
    )


def _machine_problems(question: Question) -> tuple[Problem, ...]:
    facts = base(question)
    said = told(question.knowledge.machine_notices, facts, question.words)
    return tuple(Problem(what=reason.text, fix=reason.fix, rule=reason.rule) for reason in said)
