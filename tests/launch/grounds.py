"""For every platform a machine that it runs on, so that plans of it can be made in many ways."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

from recommender.facts import Machine, Model, Platform, Workload
from recommender.facts.plan import Opening, Plan
from recommender.knowledge import load
from recommender.launch.plans import plan_of
from recommender.rules.candidates import Scored
from recommender.rules.eligibility import usable_methods
from recommender.rules.grouping import groups
from recommender.rules.question import Question
from recommender.rules.ranking import outcomes
from recommender.words import Words
from tests.launch.emitted_argv import only
from tests.launch.test_commands import EVERYTHING, MODELS, _claimed

WORDS = Words(table=load().words, lang="en")
LARGE = MODELS["deepseek-ai/DeepSeek-V3"]
SMALL = MODELS["Qwen/Qwen3-8B"]
NAMES = sorted((f.id, p.id) for f in load().frameworks for p in f.platforms)
Ground = tuple[Scored, str, int]


def made(ground: Ground, opening: Opening) -> Plan:
    """The plan of a ground, started in its way."""
    scored, method, nodes = ground
    return plan_of(scored, replace(opening, methods=(method,)), nodes, WORDS)


@cache
def grounds(framework: str, platform: str) -> tuple[Ground, ...]:
    """A candidate for each way to start a platform, on one machine and on two where it can."""
    head = next(item for item in load().frameworks if item.id == framework)
    body = next(item for item in head.platforms if item.id == platform)
    single = _first(framework, body, SMALL, _claimed(body))
    pairs = (_two(machine) for machine in _claimed(body) if machine.accelerators)
    return (*single, *_first(framework, body, LARGE, pairs))


def _two(machine: Machine) -> Machine:
    devices = tuple(
        replace(machine.accelerators[0], index=index, memory_gib=141.0) for index in range(8)
    )
    return replace(machine, accelerators=devices, nodes=2)


def _first(
    framework: str, body: Platform, model: Model, machines: Iterator[Machine]
) -> tuple[Ground, ...]:
    found: dict[str, Ground] = {}
    for machine in machines:
        scored = _scored(framework, body, machine, model)
        if scored is None:
            continue
        for method in usable_methods(scored.trial, WORDS):
            found.setdefault(method, (scored, method, machine.nodes))
        if set(found) == set(body.methods):
            break
    return tuple(found.values())


def _scored(framework: str, body: Platform, machine: Machine, model: Model) -> Scored | None:
    question = Question(
        knowledge=only(framework, body.id),
        frameworks=tuple(only(framework, body.id).heads),
        machine=machine,
        workload=Workload(allow=EVERYTHING),
        model=model,
        rules=load().rules,
        words=WORDS,
    )
    for framework_ in question.frameworks:
        for trial, outcome in outcomes(question, framework_, groups(machine)):
            if isinstance(outcome, Scored) and trial.platform.id == body.id:
                return outcome
    return None
