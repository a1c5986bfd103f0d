"""Plans for the targets that write for schedulers: of every platform, and made by hand."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from recommender.errors import InputError
from recommender.facts import Machine, Model, Workload
from recommender.facts.noun import changed
from recommender.facts.plan import Hardware, Opening, Plan, Process
from recommender.knowledge import load
from recommender.launch.variables import mark, plain
from recommender.launching import NothingRunsError, containers, launching
from recommender.targets.registry import TARGETS
from recommender.words import Words
from tests.launch.test_commands import (
    EVERYTHING,
    MODELS,
    PLATFORMS,
    QWEN_8B,
    _claimed,
    nvidia,
)

DEEPSEEK = MODELS["deepseek-ai/DeepSeek-V3"]
# What a file or a user may call a model.
HOSTILE = (
    "a/it's",
    'a/"quoted" name',
    "a/two\nlines",
    "a/$(touch owned)",
    "a/`touch owned`",
    "a/${HOME} $HOME %d %% \\ \\n !x *",
    "a/\u202eright\u0085next\u2028line\ttab\rreturn",
    "a/--flag: - # no comment",
)
_ENOUGH = 4
_WORDS = Words(table=load().words, lang="en")


def opening(target: str, *, expose: bool = False, **more: Any) -> Opening:
    """What ``llmpick launch --target`` wishes for."""
    found = TARGETS[target]
    return Opening(
        methods=found.methods,
        exposed=expose or found.inside,
        guarded=expose or found.inside or found.shared,
        shares_network=found.shares_network,
        **more,
    )


def plan(
    target: str, framework: str, machine: Machine, model: Model = QWEN_8B, **more: Any
) -> Plan:
    """The plan of a framework for a target."""
    version = TARGETS[target].version(framework)
    return launching(
        framework,
        containers(machine),
        Workload(allow=EVERYTHING, features=("function-calling",)),
        model,
        opening(target, version=version, **more),
        _WORDS,
    )


@cache
def every(target: str) -> tuple[tuple[str, Plan | str], ...]:
    """For each platform some plans of it, or why there is none."""
    return tuple(
        (f"{framework}-{platform}", found)
        for framework, platform in sorted(PLATFORMS)
        for found in _of(target, framework, platform)
    )


def _of(target: str, framework: str, platform: str) -> Iterator[Plan | str]:
    why, made = "", 0
    for machine in _claimed(PLATFORMS[framework, platform]):
        try:
            found = plan(target, framework, machine)
        except (NothingRunsError, LookupError) as error:
            why = str(error)
            continue
        if found.platform == platform:
            yield found
            made += 1
        if made == _ENOUGH:
            return
    if not made:
        yield why or "another platform of it is better on every machine"


@cache
def written(target: str) -> dict[str, str]:
    """What the target writes for every platform that it does not refuse."""
    texts = {}
    for at, (name, found) in enumerate(every(target)):
        if isinstance(found, Plan):
            with suppress(InputError):
                texts[f"{name}-{at}"] = TARGETS[target].write(found)
    return texts


def refused(target: str) -> dict[str, str]:
    """What the target says of the plans that it refuses."""
    reasons = {}
    for at, (name, found) in enumerate(every(target)):
        if isinstance(found, Plan) and f"{name}-{at}" not in written(target):
            with pytest.raises(InputError) as error:
                TARGETS[target].write(found)
            reasons[f"{name}-{at}"] = str(error.value)
    return reasons


def two_machines(target: str, framework: str, **more: Any) -> Plan:
    """A plan that one machine of eight H100 is too small for."""
    return plan(target, framework, replace(nvidia(8), nodes=2), DEEPSEEK, **more)


def by_hand(*processes: Process, **more: Any) -> Plan:
    """A plan whose processes are given."""
    values: dict[str, Any] = {
        "llmpick_version": "0",
        "framework": "own",
        "title": "Own",
        "platform": "cuda",
        "version": "1",
        "method": "pip",
        "model": "a/model",
        "name": "model",
        "hardware": Hardware(vendor="nvidia", name="H100 SXM 80GB", devices=8),
        "port": 8123,
        "ready": "/health",
        "world_size": 8,
        "processes": processes,
    }
    return Plan(**{**values, **more})


def process(role: str, line: str, **env: str) -> Process:
    """A process of the machine from words, with variables as knowledge writes them."""
    return Process(role=role, argv=tuple(map(mark, line.split())), env=env)


def named(found: Plan, model: str) -> Plan:
    """The plan with another name of its model."""
    processes = tuple(
        changed(item, argv=tuple(model if word == found.model else word for word in item.argv))
        for item in found.processes
    )
    return changed(found, model=model, processes=processes)


def words(item: Process, **variables: str) -> list[str]:
    """The words that a process must get."""
    return [_filled(word, variables) for word in item.argv]


def _filled(word: str, variables: dict[str, str]) -> str:
    for name, value in variables.items():
        word = word.replace(f"\0{name}\0", value)
    return plain(word)
