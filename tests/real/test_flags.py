"""Every flag of llama.cpp in knowledge/ against the parser of the real llama-server."""

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import pytest

from recommender.cli.asking import Asked
from recommender.facts import Line, Platform, Step
from recommender.knowledge import load
from recommender.rules.conditions import never
from recommender.rules.situation import Situation
from recommender.words import replace_names

from .emitted import placed
from .llama_server import REFUSED, build_number, environment, run_to_end
from .workloads import GPUS, WORK, serve_lines

LLAMA = load().framework("llama.cpp")
FLAG = re.compile(r"(?<![\w-])--?[a-z][\w-]*")
OWN = {f"--{field.name.replace('_', '-')}" for field in fields(Asked)}
NOWHERE = "http://127.0.0.1:9/"
INSTALLED, OLDER = "installed.llama.cpp", ("1", "6100", "7000")
VERSION, NEWEST = "version", max(platform.version for platform in LLAMA.platforms)
# Its options are its own; another program's parser has nothing to say of them.
LENDS = "ggml-rpc-server"


def arguments(platform: Platform) -> Iterator[Step]:
    """Steps whose words go to llama-server: the platform's own, and those after the program."""
    yield from platform.arguments
    for method in platform.methods.values():
        for line in method.serve:
            if not any(LENDS in step.args for step in line.steps):
                yield from after_the_program(line)


def after_the_program(line: Line) -> Iterator[Step]:
    images = [at for at, step in enumerate(line.steps) if "{image}" in step.args.split()]
    for step in line.steps[images[0] + 1 if images else 0 :]:
        if step.args.startswith("-"):
            yield step


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield from (value["en"],) if isinstance(value.get("en"), str) else ()
        value = value.values()
    if not isinstance(value, str):
        for inner in value if hasattr(value, "__iter__") else ():
            yield from texts(inner)


STEPS = {
    f"{step.args} {step.when or ''}": step
    for platform in LLAMA.platforms
    for step in arguments(platform)
}
NAMED = sorted({flag for text in texts(asdict(LLAMA)) for flag in FLAG.findall(text)} - OWN)


def stands(step: Step, installed: str | bool) -> bool:
    """Whether the step can be in a command where this build, or none, is installed."""
    values = {INSTALLED: installed, VERSION: installed or NEWEST}
    facts = Situation(values=values, situations=load().situations)
    return not never(step.when, facts, values.keys())


def filled(args: str, file: Path) -> list[str]:
    """The words with a value in each place: a file or an address where the name says so."""

    def value(name: str) -> str:
        if name == "host":
            return "127.0.0.1"
        return str(file) if name.endswith("file") else "1"

    return [replace_names(word, value) for word in args.split()]


@pytest.fixture(scope="session")
def env(llama_server_bin: Path) -> dict[str, str]:
    # Nothing is downloaded: a repository is looked for where nobody listens.
    return environment(llama_server_bin) | {"MODEL_ENDPOINT": NOWHERE, "HF_ENDPOINT": NOWHERE}


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS.keys())
def test_the_build_takes_the_arguments_that_are_meant_for_it(
    step: Step, env: dict[str, str], tmp_path: Path
) -> None:
    """What neither a fresh installation nor this build gets must be for an older build."""
    if not stands(step, installed=False) and not stands(step, build_number(env)):
        assert any(stands(step, build) for build in OLDER), f"no build at all gets {step.args}"
        return
    file = tmp_path / "empty"
    file.touch()
    words = filled(step.args, file)
    done = run_to_end(env, "-m", "/nonexist", "--port", "1", *words)
    assert not REFUSED.search(done.stdout), f"{words}\n{done.stdout}"


def test_older_builds_get_what_newer_ones_do_by_themselves(env: dict[str, str]) -> None:
    """The version gates, by name, so that no flag is left out of the test above unseen."""
    build = build_number(env)
    gated = {
        step.args
        for step in STEPS.values()
        if not stands(step, installed=False) and not stands(step, build)
    }
    assert gated == {"-ngl 99", "--cpu-moe", "--jinja", "-fa -ctk q8_0 -ctv q8_0"}


@pytest.mark.parametrize("flag", NAMED)
def test_the_build_knows_the_flags_that_texts_name(flag: str, env: dict[str, str]) -> None:
    """Without its value a known flag is at most incomplete."""
    done = run_to_end(env, "-m", "/nonexist", "--port", "1", flag)
    assert "invalid argument" not in done.stdout, done.stdout


def test_texts_and_commands_name_flags() -> None:
    """The tests above would hold for empty lists, too."""
    assert {"--mmproj", "--n-cpu-moe"} <= set(NAMED)
    assert any("-ctk q8_0" in step.args for step in STEPS.values())


@pytest.mark.parametrize("machine", GPUS.values(), ids=GPUS.keys())
def test_the_build_takes_every_command_for_a_gpu(
    machine: Mapping[str, Any], env: dict[str, str]
) -> None:
    """Arguments are read before devices are: a missing model means that all were taken."""
    lines = {
        placed(line, Path("/nonexist"), 1, "llama-server").partition("llama-server ")[2]
        for work in WORK.values()
        for line in serve_lines(machine, work.asked)
    }
    assert lines
    for line in lines:
        done = run_to_end(env, *shlex.split(line))
        assert not REFUSED.search(done.stdout), f"{line}\n{done.stdout}"
        assert "failed to load model" in done.stdout, f"{line}\n{done.stdout}"
