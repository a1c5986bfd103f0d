"""NVIDIA's GPUs as devices, whichever way they were read."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from recommender.facts.machine import Link, Memory, Problem
from recommender.facts.noun import noun
from recommender.probe import parts
from recommender.probe.context import Findings
from recommender.probe.files import clean
from recommender.probe.nvidia import hiding, problems, told
from recommender.probe.nvidia.told import Gpu, Instance, Reading, Size
from recommender.probe.nvidia.words import MOST_GPUS
from recommender.probe.parts import Device, Part

# Devices that share the main memory and whose memory call says NOT_SUPPORTED: GB10 (DGX Spark
# known issues), Thor and Orin; NVIDIA's Tegra driver appends "(nvgpu)" to the name.
_UNIFIED = re.compile(r"\bGB10\b|\bThor\b|\bOrin\b|\(nvgpu\)", re.IGNORECASE)
_TEGRA = re.compile(r"\(nvgpu\)|^(?:NVIDIA )?(?:Thor|Orin|Xavier)\b", re.IGNORECASE)
# Virtual GPU types end in their memory and licence: A100-40C, T4-4C, A100-4-20C, A100-1-5CME
# (NVIDIA vGPU user guide, "Virtual GPU Types").
_VIRTUAL = re.compile(r"-\d+[ABCQ](?:ME|GFX)?$")
# The plain table cuts names that are too long for its column.
_CUT = "..."
_MIB_PER_GIB = 1024


@noun
class _Made:
    """Devices of one GPU, with what CUDA_VISIBLE_DEVICES may call each of them."""

    gpus: tuple[Gpu, ...]
    devices: tuple[Device, ...]
    called: tuple[tuple[str, ...], ...]
    problems: tuple[Problem, ...] = ()
    whole: bool = True


def findings(readings: Sequence[Reading], memory: Memory, env: Mapping[str, str]) -> Findings:
    """One account of what several sources tell; the first that tells a fact is believed.

    Args:
        readings: what the sources tell, the most reliable first.
        memory: the main memory, which some devices share; unknown for a recorded text.
        env: where CUDA_VISIBLE_DEVICES may stand.

    """
    grouped = enumerate(told.grouped(readings))
    made = [_numbered(_made(gpus, memory), place) for place, gpus in grouped]
    wsl = told.first(readings, "wsl")
    every = [device for one in made for device in one.devices]
    called = [names for one in made for names in one.called]
    shown, said = hiding.shown(env, [d.accelerator.name for d in every], called)
    return Findings(
        devices=tuple(_marked(*each, wsl=wsl) for each in zip(every, shown, strict=True)),
        links=_links(made, readings),
        software={name: read for one in reversed(readings) for name, read in one.software.items()},
        problems=problems.unique(
            *(problem for reading in readings for problem in reading.problems),
            *(problem for one in made for problem in one.problems),
            *said,
        ),
    )


def _numbered(made: _Made, place: int) -> _Made:
    """With the driver's number where that is not the place: a job may be given GPU 4 alone."""
    number = made.gpus[0].number
    if number == place or number >= MOST_GPUS:
        return made
    part = Part(source=made.gpus[0].source, facts={"details": {"index": number}})
    return replace(made, devices=tuple(parts.completed(one, part) for one in made.devices))


def shares_memory(name: str | None) -> bool:
    """Whether a device of this name has no memory of its own."""
    return bool(name and _UNIFIED.search(name))


def shared(memory: Memory) -> Part:
    """Sizes of a device that shares the main memory; a control group's limit holds for it too."""
    known = [size for size in (memory.total_gib, memory.limit_gib) if size is not None]
    sizes = {"memory_gib": memory.total_gib, "usable_gib": min(known, default=None)}
    return Part(source="/proc/meminfo", facts={**sizes, "unified": True})


def _made(gpus: tuple[Gpu, ...], memory: Memory) -> _Made:
    number, label = gpus[0].number, str(gpus[0].number)
    plain = [_plain(gpu, _full_name(gpus)) for gpu in gpus]
    said = tuple(_complaints(gpus, label))
    uuids = tuple(gpu.uuid for gpu in gpus if gpu.uuid)
    if told.first(gpus, "mig"):
        return _partitioned(gpus, plain, uuids, said)
    whole, unknown = _whole(gpus, plain, memory)
    return _Made(
        gpus=gpus,
        devices=(whole,),
        called=((str(number), *uuids),),
        problems=(*said, *unknown),
    )


def _whole(
    gpus: Sequence[Gpu], plain: list[Part], memory: Memory
) -> tuple[Device, tuple[Problem, ...]]:
    """A GPU that is not divided, and what is to be said where its size is not told."""
    sizes = [Part(source=gpu.source, facts=_own(gpu.size)) for gpu in gpus]
    usable = [_unusable(gpus)] if _is_faulty(gpus) else []
    if shares_memory(_full_name(gpus)):
        common = shared(memory)
        return parts.device(*usable, *plain, common, *sizes), ()
    own = {"unified": False, "integrated": False}
    sizes += [Part(source=gpu.source, facts=own) for gpu in gpus if gpu.size.total]
    known = any(gpu.size.total for gpu in gpus) or _is_faulty(gpus)
    refused = not known and any(gpu.size.refused for gpu in gpus)
    said = (problems.memory_unknown(str(gpus[0].number)),) if refused else ()
    return parts.device(*usable, *plain, *sizes), said


def _partitioned(
    gpus: tuple[Gpu, ...], plain: list[Part], uuids: tuple[str, ...], said: tuple[Problem, ...]
) -> _Made:
    """The MIG devices of a GPU; without any, the GPU itself is of no use."""
    groups = told.instances(gpus)
    number = gpus[0].number
    size = told.first([gpu.size for gpu in gpus], "total")
    if groups:
        return _Made(
            gpus=gpus,
            devices=tuple(_instance(group, plain, number, size) for group in groups),
            called=tuple(_names(group, number, uuids) for group in groups),
            problems=said,
            whole=False,
        )
    memory = [Part(source=gpu.source, facts=_own(gpu.size)) for gpu in gpus]
    card = Part(source=gpus[0].source, facts={"card": number, "partition": "mig"})
    if groups is None:
        hint, first = problems.mig_unread(str(number)), [card]
        memory = [replace(one, facts={**one.facts, "usable_gib": None}) for one in memory]
    else:
        hint, first = problems.mig_empty(str(number)), [_unusable(gpus), card]
    whole = parts.device(*first, *plain, *memory)
    called = ((str(number), *uuids),)
    return _Made(gpus=gpus, devices=(whole,), called=called, problems=(*said, hint), whole=False)


def _instance(
    group: tuple[Instance, ...], plain: list[Part], number: int, size: float | None
) -> Device:
    own = [
        Part(
            source=one.source,
            facts={**_own(one.size), "details": {"gi": one.gi, "ci": one.ci}},
        )
        for one in group
    ]
    named = [Part(source=one.source, facts={"partition": one.profile}) for one in group]
    rest = {"partition": "mig", "card": number, "unified": False, "integrated": False}
    rest["details"] = {"card_gib": _gib(size)}
    return parts.device(*own, *named, *plain, Part(source=group[0].source, facts=rest))


def _names(group: tuple[Instance, ...], number: int, uuids: tuple[str, ...]) -> tuple[str, ...]:
    """What a MIG device may be called; what means its GPU means the first device of it."""
    own = [one.uuid for one in group if one.uuid]
    gi, ci = told.first(group, "gi"), told.first(group, "ci")
    if None not in {gi, ci}:
        own += [f"MIG-{uuid}/{gi}/{ci}" for uuid in uuids]
    return (*own, str(number), *uuids) if group[0].number == 0 else tuple(own)


def _plain(gpu: Gpu, name: str | None) -> Part:
    virtual = gpu.virtual or bool(gpu.name and _VIRTUAL.search(gpu.name)) or None
    details = {
        "ecc": _state(gpu.ecc),
        "mig": _state(gpu.mig),
        "virtual_function": virtual,
        "jetson": True if gpu.name and _TEGRA.search(gpu.name) else None,
        "nics": gpu.nics,
    }
    facts = {
        "vendor": "nvidia",
        "name": name if gpu.name else None,
        "compute_capability": gpu.compute_capability,
        "driver_bound": True,
        "bus_id": gpu.bus_id,
        "numa_node": gpu.numa_node,
        "details": details,
    }
    return Part(source=gpu.source, facts=facts)


def _full_name(gpus: Sequence[Gpu]) -> str | None:
    """The name as the first source has it, or in full where that source had to cut it."""
    names = [clean(gpu.name) for gpu in gpus if gpu.name]
    if not names:
        return None
    start = names[0].removesuffix(_CUT).rstrip()
    return next((n for n in names if not n.endswith(_CUT) and n.startswith(start)), names[0])


def _state(value: bool | None) -> str | None:  # noqa: FBT001  # the driver's words for it
    return None if value is None else ("Enabled" if value else "Disabled")


def _own(size: Size) -> dict[str, Any]:
    usable = None if size.total is None else size.total - (size.reserved or 0)
    return {"memory_gib": _gib(size.total), "usable_gib": _gib(usable), "used_gib": _gib(size.used)}


def _gib(mib: float | None) -> float | None:
    return None if mib is None else round(mib / _MIB_PER_GIB, 3)


def _is_faulty(gpus: Sequence[Gpu]) -> bool:
    return any(gpu.fault for gpu in gpus)


def _unusable(gpus: Sequence[Gpu]) -> Part:
    return Part(source=gpus[0].source, facts={"usable_gib": 0.0})


def _complaints(gpus: Sequence[Gpu], label: str) -> Iterator[Problem]:
    fault = told.first(gpus, "fault")
    if fault:
        yield problems.faulty(told.first(gpus, "bus_id") or label, fault)
    if told.first(gpus, "uncorrected"):
        yield problems.uncorrected(label)
    fabric = told.first(gpus, "fabric")
    if fabric and fabric.lower() in problems.FABRIC_UNFINISHED:
        yield problems.fabric()


def _marked(device: Device, shown: bool | None, *, wsl: bool | None) -> Device:  # noqa: FBT001
    return parts.completed(
        device,
        Part(source=hiding.VARIABLE, facts={"visible": shown}),
        Part(source="nvidia-smi", facts={"details": {"wsl": wsl}}),
    )


def _links(made: Sequence[_Made], readings: Sequence[Reading]) -> tuple[Link, ...]:
    """Links between whole GPUs: MIG devices reach each other by no link."""
    joined = told.first(readings, "joined")
    if joined is None:
        return ()
    places: dict[int, int] = {}
    at = 0
    for one in made:
        if one.whole:
            places[one.gpus[0].number] = at
        at += len(one.devices)
    sets = [tuple(sorted(places[n] for n in each if n in places)) for each in joined]
    nvlink = tuple(Link(kind="nvlink", devices=each) for each in sets if len(each) > 1)
    if len(places) <= 1 or any(len(each) == len(places) for each in sets):
        return nvlink
    return (*nvlink, Link(kind="pcie", devices=tuple(sorted(places.values()))))
