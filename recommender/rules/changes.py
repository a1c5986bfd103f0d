"""The smallest change after which a framework runs: searched for, and tried."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from recommender.facts import Machine, Model, Requirement
from recommender.facts.noun import noun
from recommender.rules.builds import builds
from recommender.rules.conditions import holds
from recommender.rules.eligibility import Trial
from recommender.rules.grouping import groups
from recommender.rules.hardware import Hardware, other_hardware
from recommender.rules.question import Question
from recommender.rules.ranking import decide, trials
from recommender.versions import parts

# The software of a machine that a person can install or upgrade.
_DRIVERS = {"driver.nvidia": "nvidia_driver"}
_SETTABLE = ("os.version", "os.libc_version")


@noun
class Change:
    """One step: the ``key`` and ``params`` of its sentence, and the question after it."""

    key: str
    params: Mapping[str, Any]
    apply: Callable[[Question], Question]


def smallest_change(question: Question, framework: str) -> tuple[Change, ...] | None:
    """The steps after which the framework runs on an accelerator (or at all, without any).

    Hardware stays if it can, then there is more of the same, then the nearest other device; the
    model goes only where no hardware helps. None of the steps can be left out. An empty tuple: it
    runs as things are. None: nothing was found.
    """
    only = replace(
        question,
        frameworks=tuple(head for head in question.frameworks if head.id == framework),
    )
    if _runs(only):
        return ()
    found = _searched(only)
    if found is None and only.model is not None:
        other = Change(key="change.model", params={}, apply=_with_model(None))
        rest = _searched(other.apply(only))
        return None if rest is None else (other, *rest)
    return found


def _searched(only: Question) -> tuple[Change, ...] | None:
    for first in (None, *_hardware_changes(only)):
        for system in _system_changes(only):
            taken = [change for change in (first, *system) if change is not None]
            found = _mended(only, taken)
            if found is not None:
                return found
    return None


def _mended(question: Question, taken: list[Change]) -> tuple[Change, ...] | None:
    changed = _after(question, taken)
    steps = [*taken, *_soft_changes(changed)]
    if not _runs(_after(question, steps)):
        return None
    for step in reversed(steps):
        fewer = [other for other in steps if other is not step]
        if _runs(_after(question, fewer)):
            steps = fewer
    return tuple(steps)


def _after(question: Question, steps: Iterable[Change]) -> Question:
    for step in steps:
        question = step.apply(question)
    return question


def _runs(question: Question) -> bool:
    devices = groups(question.machine)
    return any(
        scored.trial.group.members or not devices for scored in decide(question, devices).ranking
    )


def _hardware_changes(question: Question) -> Iterator[Change]:
    vendors = _vendors(question)
    if question.machine.accelerators and question.machine.accelerators[0].vendor not in vendors:
        yield Change(key="change.processor", params={}, apply=_without_devices)
    for hardware in other_hardware(question.machine, vendors):
        same = question.machine.accelerators and hardware.name == (
            question.machine.accelerators[0].name
        )
        params = {"name": hardware.name, "count": hardware.count}
        key = "change.more" if same else ("change.device" if hardware.own else "change.machine")
        yield Change(key=key, params=params, apply=_with_machine(hardware))


def _without_devices(question: Question) -> Question:
    return replace(question, machine=replace(question.machine, accelerators=(), links=()))


def _vendors(question: Question) -> list[str]:
    found: list[str] = []
    for framework in question.frameworks:
        for outline in question.knowledge.outlines(framework.id):
            named = outline.device.get("device.vendor", [])
            found += [named] if isinstance(named, str) else named
    return list(dict.fromkeys(found))


def _with_machine(hardware: Hardware) -> Callable[[Question], Question]:
    return lambda question: replace(question, machine=hardware.machine)


def _system_changes(question: Question) -> Iterator[tuple[Change, ...]]:
    """As it is, WSL2 inside Windows, or Linux in place of another system."""
    yield ()
    machine = question.machine
    if machine.os.family == "windows":
        yield (Change(key="change.wsl2", params={}, apply=_allowing("wsl2")),)
    apple = any(device.vendor == "apple" for device in machine.accelerators)
    if machine.os.family not in {"linux", None} and not apple:
        yield (Change(key="change.linux", params={}, apply=_on_linux),)


def _allowing(word: str) -> Callable[[Question], Question]:
    def apply(question: Question) -> Question:
        work = question.workload
        allowed = tuple(item for item in work.allow if item != f"no-{word}")
        return replace(question, workload=replace(work, allow=(*allowed, word)))

    return apply


def _on_linux(question: Question) -> Question:
    os = replace(question.machine.os, family="linux", distro=None, version=None)
    return replace(question, machine=replace(question.machine, os=os))


def _soft_changes(question: Question) -> Iterator[Change]:
    """Steps that leave the hardware alone, the lightest first."""
    failing = [
        (trial, need)
        for trial in trials(question, groups(question.machine))
        for need in _failing(question, trial)
    ]
    yield from _work_changes(question)
    yield from _model_changes(question)
    wanted: dict[str, Any] = {}
    for trial, need in failing:
        for fact, value in _wanted(need.needs, trial):
            if fact not in wanted or _higher(value, wanted[fact]):
                wanted[fact] = value
    for fact, value in wanted.items():
        yield from _setting(fact, value)


def _failing(question: Question, trial: Trial) -> Iterator[Requirement]:
    methods = (need for method in trial.platform.methods.values() for need in method.requires)
    for need in (*question.knowledge.requirements, *trial.platform.requires, *methods):
        if holds(need.needs, trial.facts) is False:
            yield need


def _wanted(condition: Mapping[str, Any], trial: Trial) -> Iterator[tuple[str, Any]]:
    """Values that would make the failing parts of a condition hold."""
    for name, test in condition.items():
        if name in {"any", "all"}:
            for part in test:
                if holds(part, trial.facts) is not True:
                    yield from _wanted(part, trial)
        elif name not in {"none", "holds"} and holds({name: test}, trial.facts) is not True:
            yield from ((name, value) for value in _values(test))


def _values(test: Any) -> Iterator[Any]:
    if isinstance(test, Mapping):
        if "at_least" in test:
            yield test["at_least"]
        elif test.get("not") is False:
            yield True
    elif isinstance(test, (list, tuple)):
        yield from test[:1]
    else:
        yield test


def _higher(value: Any, other: Any) -> bool:
    return (parts(str(value)) or ()) > (parts(str(other)) or ())


def _setting(fact: str, value: Any) -> Iterator[Change]:
    if fact.startswith("driver.") and isinstance(value, str):
        field = _DRIVERS.get(fact, fact.removeprefix("driver."))
        apply = _with_software(field, value)
        yield Change(key="change.upgrade", params={"fact": fact, "version": value}, apply=apply)
    elif fact == "docker":
        yield Change(key="change.docker", params={}, apply=_with_software("docker", value=True))
    elif fact in _SETTABLE and isinstance(value, str):
        apply = _with_system(fact.removeprefix("os."), value)
        yield Change(key="change.upgrade", params={"fact": fact, "version": value}, apply=apply)
    elif fact == "python.arch":
        yield Change(key="change.python", params={}, apply=_with_software("python_arch", "aarch64"))
    elif fact in {"device.driver_bound", "device.visible"}:
        key = "change.bound" if fact == "device.driver_bound" else "change.visible"
        yield Change(key=key, params={}, apply=_with_devices(fact.removeprefix("device.")))


def _with_software(field: str, value: object) -> Callable[[Question], Question]:
    def apply(question: Question) -> Question:
        software = question.machine.software
        absent = tuple(name for name in software.absent if name != field)
        changed = replace(software, absent=absent, **{field: value})  # type: ignore[arg-type]
        return replace(question, machine=replace(question.machine, software=changed))

    return apply


def _with_system(field: str, value: str) -> Callable[[Question], Question]:
    def apply(question: Question) -> Question:
        os = replace(question.machine.os, **{field: value})  # type: ignore[arg-type]
        return replace(question, machine=replace(question.machine, os=os))

    return apply


def _with_devices(field: str) -> Callable[[Question], Question]:
    def change(machine: Machine) -> Machine:
        found = (replace(device, **{field: True}) for device in machine.accelerators)  # type: ignore[arg-type]
        return replace(machine, accelerators=tuple(found))

    return lambda question: replace(question, machine=change(question.machine))


def _work_changes(question: Question) -> Iterator[Change]:
    if question.workload.offline:
        yield Change(key="change.online", params={}, apply=_online)
    if question.machine.nodes > 1:
        yield Change(key="change.one-machine", params={}, apply=_alone)


def _online(question: Question) -> Question:
    return replace(question, workload=replace(question.workload, offline=False))


def _alone(question: Question) -> Question:
    return replace(question, machine=replace(question.machine, nodes=1))


def _model_changes(question: Question) -> Iterator[Change]:
    """The largest other build that a platform loads here."""
    model = question.model
    if model is None:
        return
    for trial in trials(question, groups(question.machine)):
        loaded = builds(_plain(model), trial.platform, trial.facts, question.table)
        for build in sorted(loaded, key=lambda build: build.weights_gib or 0)[:1]:
            other = replace(_plain(model), id=build.model, quantization=build.quantization)
            params = {"model": build.model, "quantization": build.quantization}
            yield Change(key="change.build", params=params, apply=_with_model(other))
            return


def _plain(model: Model) -> Model:
    """The model without a quantization of its own, where its base is known."""
    if model.base is None or model.format == "gguf":
        return model
    return replace(model, id=model.base, quantization="bf16", weights_gib=None)


def _with_model(model: Model | None) -> Callable[[Question], Question]:
    return lambda question: replace(question, model=model)
