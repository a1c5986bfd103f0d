"""Every platform has a device that it drives, and commands that render for it."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from recommender.devices.catalogue import Spec, series_of, specs
from recommender.errors import nearest
from recommender.facts import (
    Accelerator,
    Cpu,
    Framework,
    Machine,
    Memory,
    Model,
    Os,
    Outline,
    Workload,
)
from recommender.facts.plan import Opening
from recommender.knowledge import Knowledge
from recommender.knowledge_source import pack
from recommender.launch.commands import launch
from recommender.launch.plans import plan_of
from recommender.lint.loaded import Loaded
from recommender.models.rows import by_exact_id
from recommender.rules.candidates import Scored, candidate
from recommender.rules.conditions import holds
from recommender.rules.eligibility import Trial
from recommender.rules.grouping import groups
from recommender.rules.names import names
from recommender.rules.question import Question
from recommender.rules.ranking import trials
from recommender.rules.situation import Group, device_facts
from recommender.words import Words, placeholders

# A fact that is unknown leaves an empty word, which the shell gets in quotes.
_EMPTY = re.compile(r"(?<![^\s=])''(?!\S)")
# What differs on every machine: a server that is named by it is none on the first machine.
_FURTHER = re.compile(r"\b(NODE_RANK|WORKER_IP)\b")
_SPECIAL = frozenset(("arguments", "env"))
_LINES = ("install", "prepare", "serve", "check")
_ARCHES = frozenset(("x86_64", "aarch64"))
# Whether a model fits is no question here.
_GIB = 512.0
_RAM = Memory(total_gib=4 * _GIB)
_FLAGS = ("avx", "avx2", "avx512f", "avx512_bf16", "amx_tile", "amx_int8", "amx_bf16")
# A dense model that every list has, a GGUF file, and a mixture of experts.
_DENSE, _MOE = "Qwen/Qwen3-4B", "Qwen/Qwen3-30B-A3B"


def findings(knowledge: Loaded) -> Iterator[str]:
    """Sentences about platforms without a device, and commands that do not render."""
    yield from _names(knowledge)
    yield from _roles(knowledge)
    files = pack(knowledge.root)
    known = Knowledge(document=json.loads(files["core.json"]), read=files.__getitem__)
    machines = [*_with_devices(), *_without_devices()]
    for head in (*known.heads, *known.challenger_heads):
        yield from _framework(known, head, machines)


def _with_devices() -> Iterator[Machine]:
    """One device of each kind, in a machine of each system that may hold it."""
    seen = set()
    for spec in specs():
        kind = (spec.vendor, spec.compute_capability, spec.gfx, series_of(_device(spec)))
        if kind in seen:
            continue
        seen.add(kind)
        device = _device(spec)
        for family in ("macos",) if spec.vendor == "apple" else ("linux", "windows"):
            for arch in sorted(_ARCHES & {spec.host_arch}) or sorted(_ARCHES):
                os = Os(family=family)
                yield Machine(os=os, arch=arch, memory=_RAM, accelerators=(device,))


def _device(spec: Spec) -> Accelerator:
    return Accelerator(
        vendor=spec.vendor,
        name=spec.name,
        index=0,
        memory_gib=_GIB,
        compute_capability=spec.compute_capability,
        gfx=spec.gfx,
        chip=spec.chip,
        unified=spec.unified_memory,
    )


def _without_devices() -> Iterator[Machine]:
    cpu = Cpu(vendor="intel", flags=_FLAGS, x86_level=4, physical_cores=64)
    for family in ("linux", "windows", "macos", "freebsd"):
        yield Machine(os=Os(family=family), arch="x86_64", cpu=cpu, memory=_RAM)
        for arch in ("aarch64", "riscv64", "ppc64le"):
            yield Machine(os=Os(family=family), arch=arch, memory=_RAM)


def _models() -> tuple[Model | None, ...]:
    dense = by_exact_id(_DENSE)
    gguf = replace(dense, id="model.gguf", format="gguf", quantization="q4_0") if dense else None
    return dense, gguf, by_exact_id(_MOE)


def _framework(known: Knowledge, head: Framework, machines: Iterable[Machine]) -> Iterator[str]:
    waiting = {outline.id: outline for outline in known.outlines(head.id)}
    for machine in machines:
        question = _question(known, head, machine)
        if not any(_may_drive(question, outline) for outline in waiting.values()):
            continue
        for trial, found in _scored(question):
            if waiting.pop(trial.platform.id, None):
                yield from _rendered(question, trial, found)
    for name in sorted(waiting):
        yield f"{head.id}/{name}: no device of accelerators.yaml can run it"


def _may_drive(question: Question, outline: Outline) -> bool:
    known = question.base
    devices = groups(question.machine) or [Group()]
    return any(holds(outline.device, known.extend(device_facts(one))) for one in devices)


def _scored(question: Question) -> Iterator[tuple[Trial, Scored]]:
    for model in _models():
        asked = replace(question, model=model)
        for trial in trials(asked, groups(question.machine)):
            found = candidate(asked, trial) if trial.runs else ()
            if isinstance(found, Scored):
                yield trial, found


def _question(known: Knowledge, head: Framework, machine: Machine) -> Question:
    return Question(
        knowledge=known,
        frameworks=(head,),
        machine=machine,
        workload=Workload(),
        model=None,
        rules=known.rules,
        words=Words(table=known.words, lang="en"),
    )


def _rendered(question: Question, trial: Trial, scored: Scored) -> Iterator[str]:
    where = f"{trial.framework.id}/{trial.platform.id}"
    made = launch(scored, scored.facts, question.words)
    if made is None or not made.serve:
        yield f"{where}: there is no command that serves"
        return
    for line in (*made.install, *made.serve, *made.check):
        if _EMPTY.search(line):
            yield f"{where}: a word is empty in: {line}"
    try:
        plan_of(scored, Opening(), 1, question.words)
    except ValueError as error:
        yield f"{where}: no plan follows from the commands: {error}"


def _names(knowledge: Loaded) -> Iterator[str]:
    """Sentences about names in commands that stand for no fact."""
    known = names() | _SPECIAL
    for framework in knowledge.frameworks:
        for platform in framework["platforms"]:
            where = f"{framework['id']}/{platform['id']}"
            for text in _texts(platform):
                for name in placeholders(text):
                    if name not in known and not name.startswith("installed."):
                        yield f"{where}: no fact is called {name!r}{nearest(name, known)}: {text}"


def _roles(knowledge: Loaded) -> Iterator[str]:
    """Sentences about lines for further machines that would start on the first one alone."""
    for framework in knowledge.frameworks:
        for platform in framework["platforms"]:
            where = f"{framework['id']}/{platform['id']}"
            for method in platform.get("methods", {}).values():
                for line in method.get("serve", ()):
                    words = " ".join((line.get("raw", ""), *_words(line)))
                    if "role" not in line and _FURTHER.search(words):
                        yield f"{where}: for further machines a line needs a role: {words.strip()}"


def _words(line: Mapping[str, Any]) -> Iterator[str]:
    for step in line.get("steps", ()):
        yield from (step.get("args", ""), *step.get("env", {}).values())


def _texts(platform: Mapping[str, Any]) -> Iterator[str]:
    lines = [
        line
        for method in platform.get("methods", {}).values()
        for part in _LINES
        for line in method.get(part, ())
    ]
    yield from (line["raw"] for line in lines if "raw" in line)
    steps = [step for line in lines for step in line.get("steps", ())]
    for step in (*steps, *platform.get("arguments", ()), *platform.get("environment", ())):
        yield from (step.get("args", ""), *step.get("env", {}).values())
