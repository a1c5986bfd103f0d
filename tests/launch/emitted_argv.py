"""Reads emitted command lines as their programs would, and says what these would refuse."""

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from recommender.facts import Answer, Candidate
from recommender.facts.plan import Plan, Process
from recommender.knowledge import Knowledge
from recommender.knowledge import load as load_knowledge
from recommender.knowledge_source import compile_document, read_yaml
from recommender.launch import engine
from recommender.launch.shell import posix
from recommender.launch.variables import plain
from recommender.lint import argv
from recommender.lint.option_lists import ENVIRONMENT, OptionList, load
from recommender.lint.options import OWN_VARIABLE, Platforms
from recommender.lint.programs import Invocation, invocation

KNOWLEDGE = Path(__file__).parents[2] / "knowledge"
# Runs a program of its own, of which there is no list.
UNLISTED = {("sglang", "tpu")}
_SETTING = re.compile(r"\$env:(\w+) = ('(?:[^']|'')*'); ")
_WORD = re.compile(r"'((?:[^']|'')*)'|\"((?:[^\"`]|`.)*)\"|(\S+)")


@cache
def option_list(framework: str) -> OptionList | None:
    path = KNOWLEDGE / "options" / f"{framework}.json"
    return load(path) if path.is_file() else None


@cache
def _platforms() -> Platforms:
    return Platforms(document=read_yaml(KNOWLEDGE / "options" / "platforms.yaml")["platforms"])


@cache
def _by_name() -> Mapping[tuple[str, str], Mapping[str, Any]]:
    every = compile_document(KNOWLEDGE, "core")["frameworks"]
    return {(f["id"], p["id"]): p for f in every for p in f["platforms"]}


@cache
def only(framework: str, platform: str) -> Knowledge:
    """The installed knowledge with one platform."""
    known = load_knowledge()
    whole = next(f for f in known.document["frameworks"] if f["id"] == framework)
    kept = [item for item in whole["platforms"] if item["id"] == platform]
    document = {**known.document, "frameworks": [{**whole, "platforms": kept}]}
    return replace(known, document=document)


def words(line: str) -> list[str]:
    """The words of a line for a POSIX shell or for PowerShell, variables before them as A=b."""
    if not (line.startswith(("$env:", "& ")) or _SETTING.search(line)):
        return shlex.split(line)
    settings = [f"{name}={text[1:-1]}" for name, text in _SETTING.findall(line)]
    call = _SETTING.sub("", line).removeprefix("& ")
    found = _WORD.findall(call)
    return [
        *settings,
        *(single.replace("''", "'") or quoted or bare for single, quoted, bare in found),
    ]


def started(framework: str, line: str) -> Invocation | None:
    """The program that a line starts, with the words that it gets."""
    listed = option_list(framework)
    names = [name for name in listed.programs if name != ENVIRONMENT] if listed else []
    return invocation(words(line), names)


def refused(framework: str, platform: str, line: str) -> Iterator[str]:
    """What the program of a line would say against it, one sentence each."""
    version = _platforms().version(framework, _by_name()[framework, platform])
    yield from _refused(framework, platform, started(framework, line), version)


def refused_in_plan(plan: Plan, process: Process) -> Iterator[str]:
    """What the program of a process would say against its words, in the version of the plan."""
    version = _platforms().version(plan.framework, {"id": plan.platform, "version": plan.version})
    call = program_of(plan, process)
    yield from _refused(plan.framework, plan.platform, call, version)


def program_of(plan: Plan, process: Process) -> Invocation | None:
    """The program of a process with its words, where there is a list of its options."""
    listed, command = option_list(plan.framework), engine.command(process)
    names = [name for name in listed.programs if name != ENVIRONMENT] if listed else []
    given = [f"{name}={plain(value)}" for name, value in command.env.items()]
    spoken = words(posix(command)) if command.raw else [plain(word) for word in command.argv]
    return invocation([*given, *spoken], names)


def _refused(framework: str, platform: str, call: Invocation | None, version: str) -> Iterator[str]:
    listed = option_list(framework)
    if listed is None or call is None:
        return
    plugin = _platforms().plugin(framework, platform)
    yield from argv.findings(listed, call.program, call.words, version, plugin)
    read = listed.read_version(version)
    known = {name for row in listed.options(ENVIRONMENT, read) for name in row.names}
    for name in call.env:
        if known and OWN_VARIABLE.match(name) and name not in known:
            yield f"{name} is no variable of {framework} {read}"


def served(answer: Answer) -> Iterator[tuple[Candidate, str, tuple[str, ...]]]:
    """The serve lines of every candidate, one tuple a way to start it."""
    for candidate in answer.ranking:
        start = candidate.launch
        if start:
            yield candidate, start.method, start.serve
            for method, commands in start.others.items():
                yield candidate, method, commands.serve
