"""Hygon's DCUs: a driver and tools made from AMD's, so the kernel's files and hy-smi tell the same.

A DCU is called HCU since DTK 24, DTK is what ROCm is to AMD.
"""

import re
from collections.abc import Iterator, Sequence

from recommender.facts.machine import Problem
from recommender.probe import parts
from recommender.probe.context import Context, Findings, Read
from recommender.probe.drm import JOIN_GROUPS
from recommender.probe.files import clean, integer
from recommender.probe.parts import Device, Part, completed
from recommender.probe.rocm import agents, devices, links, log, visibility
from recommender.probe.rocm.devices import Gpu
from recommender.probe.rocm.maker import Maker

_MAKER = Maker(word="hygon", pci_vendor="1d94", tool="hy-smi", driver="hygon-driver")
# The driver's module was called hydcu before.
_MODULES = ("sys/module/hycu", "sys/module/hydcu")
_AMD = re.compile(r"Advanced Micro Devices|ROCm System Management|\bGPU\[\d+\]|AMD-?SMI")
_VERSION = re.compile(r"\d+(?:\.\d+)+")
_QUESTION = ("--showproductname", "--showmeminfo", "vram", "--json")
_PLAIN = ("--showproductname", "--showmeminfo", "vram")
_PLACES = ("opt/hyhal/bin/hy-smi", "usr/local/hyhal/bin/hy-smi", "opt/dtk/bin/hy-smi")


def probe(context: Context) -> Findings:
    """DCUs that have their driver; names mostly come from hy-smi alone."""
    gpus = devices.read(context, _MAKER.pci_vendor)
    if not gpus and not _there(context):
        return Findings()
    nodes = [gpu.node for gpu in gpus if gpu.node]
    shown, hidden = visibility.flags(context.env, nodes, "probe.hygon.hidden")
    flags = dict(zip((node.number for node in nodes), shown, strict=True))
    known = [_device(gpu, flags, context) for gpu in gpus]
    told = _asked(context) if not known or any(map(_wanting, known)) else Findings()
    found = _filled(known, told.devices)
    return Findings(
        devices=found,
        links=links.read(context.files, nodes) if nodes else told.links,
        software={**told.software, **_versions(context)},
        problems=(*_access(context, gpus), *hidden, *_unknown(found)),
    )


def _there(context: Context) -> bool:
    """Whether the compute stack is Hygon's, whose files those of AMD are too."""
    return bool(context.bound(_MAKER.pci_vendor)) or any(map(context.files.exists, _MODULES))


def understood(text: str) -> Findings:
    """Devices and versions in the output of hy-smi, or of the rocm-smi and rocminfo of DTK.

    Args:
        text: what a tool of any release printed; the table tells neither names nor sizes.

    """
    if _AMD.search(text) and "hygon" not in text.lower():
        return Findings()
    told = agents.read(text, _MAKER)
    return told if told.devices else log.read(text, _MAKER)


def _device(gpu: Gpu, flags: dict[int, bool | None], context: Context) -> Device:
    flag = flags.get(gpu.node.number) if gpu.node else None
    hiding = Part(source="HIP_VISIBLE_DEVICES", facts={"visible": flag})
    return parts.device(*devices.parts(gpu, _MAKER.word, context), *_named(gpu), hiding)


def _named(gpu: Gpu) -> Iterator[Part]:
    product = clean(gpu.card.product or "") if gpu.card else ""
    if gpu.card and product and product.upper() != "N/A" and integer(product) is None:
        yield Part(source=f"/{gpu.card.folder}/product_name", facts={"name": product})


def _wanting(device: Device) -> bool:
    return not device.accelerator.name or device.accelerator.memory_gib is None


def _asked(context: Context) -> Findings:
    """What hy-smi says, as JSON and in lines: releases differ in which of them is whole."""
    if not context.live:
        return Findings()
    from recommender.probe import tools

    program = tools.find(context, "hy-smi", *_PLACES)
    answers = tools.ask(context, program, _QUESTION, _PLAIN)
    told = [understood(answer or "") for answer in answers]
    return next((found for found in told if any(map(_useful, found.devices))), Findings())


def _useful(device: Device) -> bool:
    return bool(device.accelerator.name or device.accelerator.memory_gib)


def _filled(known: Sequence[Device], told: Sequence[Device]) -> tuple[Device, ...]:
    """Devices with what hy-smi adds; it counts them in the order of the kernel's list."""
    if not known or len(known) != len(told):
        return tuple(known or told)
    pairs = zip(known, told, strict=True)
    return tuple(completed(device, _part(other)) for device, other in pairs)


def _part(told: Device) -> Part:
    known = told.accelerator
    names = ("name", "memory_gib", "usable_gib", "used_gib", "details")
    return Part(source=_MAKER.tool, facts={name: getattr(known, name) for name in names})


def _versions(context: Context) -> dict[str, Read]:
    """The driver's version and that of DTK."""
    found: dict[str, Read] = {}
    for folder in _MODULES:
        version = context.files.line(f"{folder}/version")
        if version:
            found["versions.hygon-driver"] = (version, f"/{folder}/version")
    releases = (name for name in context.files.names("opt") if name.startswith("dtk"))
    for name in releases:
        place = f"opt/{name}/.info/version"
        match = _VERSION.match(context.files.line(place) or "")
        if match:
            found["versions.dtk"] = (match[0], f"/{place}")
    return found


def _access(context: Context, gpus: Sequence[Gpu]) -> Iterator[Problem]:
    """Device nodes that may not be opened; only this host's can be tried."""
    minors = sorted(gpu.node.render_minor or 0 for gpu in gpus if gpu.node)
    names = ["dev/kfd", *(f"dev/dri/renderD{minor}" for minor in minors if minor)]
    there = [name for name in names if context.files.exists(name)] if context.live else []
    closed = [name for name in there if not context.files.openable(name)]
    if closed:
        listed = ", ".join(f"/{name}" for name in closed[:4])
        yield Problem(
            what=f"This user may not open {listed}, so the Hygon DCU cannot be used.",
            fix=f"Run {JOIN_GROUPS} and log in again.",
            rule="probe.hygon.permission",
        )
    elif context.live and context.confined and gpus and "dev/kfd" not in there:
        yield Problem(
            what="This container was not given /dev/kfd and /dev/dri, so no DCU can be used in it.",
            fix="Start it with docker run --device /dev/kfd --device /dev/dri --group-add video.",
            rule="probe.hygon.not-given",
        )


def _unknown(found: Sequence[Device]) -> Iterator[Problem]:
    if any(device.accelerator.memory_gib is None for device in found):
        yield Problem(
            what="The driver does not tell how much memory the Hygon DCUs have.",
            fix="Run hy-smi --showmeminfo vram by hand, or describe the machine with --gpu.",
            rule="probe.hygon.memory",
        )
