"""AMD: the kernel's files first, then the tools of ROCm for what those do not tell."""

from collections.abc import Iterator, Sequence

from recommender.facts.machine import Problem
from recommender.probe import kfd, parts
from recommender.probe.amd import asked, names, problems, software
from recommender.probe.amd.texts import MAKER, understood
from recommender.probe.context import Context, Findings
from recommender.probe.parts import Device, Part
from recommender.probe.rocm import devices, links, visibility
from recommender.probe.rocm.devices import Gpu

__all__ = ["probe", "understood"]

_KFD, _RENDER = "dev/kfd", "dev/dri"
_WSL, _ROCM = "dev/dxg", "opt/rocm"
# Hygon's drivers make the same device nodes.
_OTHER_DRIVERS = ("sys/module/hycu", "sys/module/hydcu")


def probe(context: Context) -> Findings:
    """AMD's GPUs that have their driver, each partition for itself, and what is wrong with them."""
    every = devices.read(context, MAKER.pci_vendor)
    lent = [gpu for gpu in every if _is_of_others(context, gpu)]
    gpus = [gpu for gpu in every if gpu not in lent]
    nodes = [gpu.node for gpu in gpus if gpu.node]
    known, hidden = _seen(context, gpus)
    told = _asked(context, known)
    found = asked.filled(known, told)
    told_links = next((answer.links for answer in told if answer.links), ())
    return Findings(
        devices=found,
        links=links.read(context.files, nodes) if known else told_links,
        software={**asked.versions(told), **software.versions(context)},
        problems=(
            *_access(context, gpus),
            *hidden,
            *_overrides(context, gpus),
            *_unknown(found),
            *_without_compute(context, gpus),
            *(asked.problems(told) if not _complete(found) else ()),
        ),
        not_ours=tuple(gpu.bus_id for gpu in lent if gpu.bus_id),
    )


def _seen(context: Context, gpus: Sequence[Gpu]) -> tuple[list[Device], tuple[Problem, ...]]:
    """Devices as the kernel tells them, with whether a variable hides them."""
    nodes = [gpu.node for gpu in gpus if gpu.node]
    shown, hidden = visibility.flags(context.env, nodes, "probe.amd.hidden")
    flags = dict(zip((node.number for node in nodes), shown, strict=True))
    found = []
    for gpu in gpus:
        flag = flags.get(gpu.node.number) if gpu.node else None
        variables = Part(
            source="ROCR_VISIBLE_DEVICES, HIP_VISIBLE_DEVICES", facts={"visible": flag}
        )
        told = (*devices.parts(gpu, MAKER.word, context), *names.of(context.files, gpu))
        found.append(parts.device(*told, variables))
    return found, hidden


def _asked(context: Context, known: Sequence[Device]) -> tuple[Findings, ...]:
    """The tools' answers; without any device in sysfs only where a device node shows one.

    WSL never has one in sysfs: there ROCm reaches the GPU through the driver of Windows.
    """
    exists = context.files.exists
    masked = exists(_KFD) and not any(map(exists, _OTHER_DRIVERS))
    through_windows = bool(context.os.wsl) and exists(_WSL) and exists(_ROCM)
    return asked.ask(context, known) if known or masked or through_windows else ()


def _is_of_others(context: Context, gpu: Gpu) -> bool:
    """Whether a container sees the GPU on the bus although it was given to others."""
    if not (context.live and context.confined and gpu.node is None):
        return False
    given = [name for name in context.files.names(_RENDER) if name.startswith("renderD")]
    minor = gpu.card.render_minor if gpu.card else None
    return bool(given) and minor is not None and f"renderD{minor}" not in given


def _access(context: Context, gpus: Sequence[Gpu]) -> Iterator[Problem]:
    """Device nodes that are absent or may not be opened; only this host's can be tried."""
    if not context.live or not gpus or (context.contained and context.node):
        return
    if not context.files.exists(_KFD):
        yield problems.not_given() if context.contained else problems.no_kfd()
        return
    minors = {gpu.node.render_minor for gpu in gpus if gpu.node}
    minors |= {gpu.card.render_minor for gpu in gpus if gpu.card}
    rendering = [f"{_RENDER}/renderD{minor}" for minor in sorted(filter(None, minors))]
    there = [name for name in (_KFD, *rendering) if context.files.exists(name)]
    closed = [f"/{name}" for name in there if not context.files.openable(name)]
    if closed:
        yield problems.denied(closed)
    elif context.contained and rendering and there == [_KFD]:
        yield problems.not_given()


def _overrides(context: Context, gpus: Sequence[Gpu]) -> Iterator[Problem]:
    """Each pair of a chip and what ROCm is told that it is, once."""
    told = set()
    for gpu in gpus:
        override = devices.override_of(gpu, context.env)
        if override and gpu.target and gpu.target != override[1]:
            told.add((override[0], gpu.target, override[1]))
    yield from (problems.overridden(*names_) for names_ in sorted(told))


def _unknown(found: Sequence[Device]) -> Iterator[Problem]:
    known = [device.accelerator for device in found]
    sizes = sum(accelerator.memory_gib is None for accelerator in known)
    targets = sum(a.gfx is None and "node" in a.details for a in known)
    if sizes:
        yield problems.memory_unknown(sizes)
    if targets:
        yield problems.target_unknown(targets)


def _without_compute(context: Context, gpus: Sequence[Gpu]) -> Iterator[Problem]:
    """Cards that are not in the kernel's list of compute devices, where there is such a list."""
    if any(gpu.node for gpu in gpus) or context.files.exists(kfd.FOLDER):
        for gpu in gpus:
            if gpu.node is None:
                yield problems.no_compute(f"the AMD GPU at {gpu.bus_id}" if gpu.bus_id else "a GPU")


def _complete(found: Sequence[Device]) -> bool:
    return bool(found) and all(device.accelerator.memory_gib for device in found)
