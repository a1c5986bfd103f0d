"""Google TPUs: the bus, device nodes and the variables of a TPU VM.

No tool is asked: tpu-info starts the TPU runtime, which takes seconds and locks the chips. The
metadata server of the VM is a network, and slow where there is none.
"""

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace

from recommender.facts.machine import Problem
from recommender.probe import parts, visible
from recommender.probe.answers import Told, size, version, word
from recommender.probe.bounds import bounded
from recommender.probe.context import Context, Findings, PciDevice, Read
from recommender.probe.parts import Device, Part

# PCI device id -> generation: jax/_src/hardware_utils.py and tpu_info/device.py of
# cloud-accelerator-diagnostics. Generations 2 and 3 differ in the id of the subsystem only.
_CHIPS = {"005e": "v4", "0062": "v5p", "0063": "v5e", "006f": "v6e", "0076": "v7x"}
_SUBSYSTEMS = {"004e": "v2", "004f": "v3"}
_SHARED_ID = "0027"
# A type is the generation and the number of cores or chips: v5litepod-8, v4-16, tpu7x-8.
_TYPE_VARIABLES = ("TPU_ACCELERATOR_TYPE", "ACCELERATOR_TYPE")
_TYPE = re.compile(r"(?:tpu-?)?v?(\d+)(litepod|lite|[epx])?(?![a-z\d])", re.IGNORECASE)
_VISIBLE = ("TPU_VISIBLE_CHIPS", "TPU_VISIBLE_DEVICES")
_ACCEL, _NUMBER = re.compile(r"accel\d+"), re.compile(r"\d+")

_CHIP_ROW = re.compile(
    r"^[^\w\n]*dev/\S+[^\w\n]+TPU ?v?(\w+)(?: chip)?[^\w\n]+(\d+)\b", re.MULTILINE
)
_MEMORY_ROW = re.compile(
    r"^[^\w\n]*\d+[^\w\n]+([\d.]+ ?[KMGT]iB) / ([\d.]+ ?[KMGT]iB)", re.MULTILINE
)
_VERSIONS = {
    "versions.libtpu": re.compile(
        r"^[^\w\n]*libtpu version: (\d\S*)", re.MULTILINE | re.IGNORECASE
    ),
    "versions.tpu-info": re.compile(r"^[^\w\n]*tpu-info version: (\d\S*)", re.MULTILINE),
}
_NONE = re.compile(r"no TPU chips? found", re.IGNORECASE)
_DIST_INFO = re.compile(r"libtpu(?:_nightly)?-(.+)\.dist-info")
_SOURCE = "tpu-info"


def probe(context: Context) -> Findings:
    """The chips of this host. Their memory is told to none but the runtime that holds them."""
    slots: dict[str, list[PciDevice]] = {}
    for seen in context.pci:
        if seen.vendor == "google":
            slots.setdefault(seen.bus_id.rpartition(".")[0], []).append(seen)
    devices = tuple(_chip(context, functions[0]) for functions in slots.values())
    # Both cores of a chip may show as functions of one slot.
    spare = tuple(other.bus_id for functions in slots.values() for other in functions[1:])
    return _shown(
        context,
        Findings(
            devices=devices or tuple(_by_nodes(context)),
            software=_libtpu(context),
            problems=tuple(_permission(context)),
            not_ours=spare,
        ),
    )


def understood(text: str) -> Findings:
    """What tpu-info printed: chips, and the memory of those that a program uses right now."""
    text = bounded(text)
    found = {name: version(pattern, text) for name, pattern in _VERSIONS.items()}
    software = {name: (known, _SOURCE) for name, known in found.items() if known}
    chips = [(name.lower(), int(cores[:2])) for name, cores in _CHIP_ROW.findall(text)]
    memories = [(size(used), size(total)) for used, total in _MEMORY_ROW.findall(text)]
    per_chip = chips[0][1] if chips else 1
    if len(memories) != len(chips) * per_chip:
        memories = []
    told = [
        Told(
            source=_SOURCE,
            name=f"TPU v{generation}",
            number=place,
            used_gib=_sum(used for used, _ in memories[place * per_chip :][:per_chip]),
            total_gib=_sum(total for _, total in memories[place * per_chip :][:per_chip]),
        )
        for place, (generation, _) in enumerate(chips)
    ]
    devices = tuple(
        parts.device(
            one.part("google"),
            Part(source=_SOURCE, facts={"chip": (one.name or "").removeprefix("TPU ")}),
        )
        for one in told
    )
    missing = (_no_chips(),) if not chips and _NONE.search(text) else ()
    return Findings(devices=devices, software=software, problems=missing)


def _sum(sizes: Iterator[float | None]) -> float | None:
    known = [one for one in sizes if one is not None]
    return round(sum(known), 3) if known else None


def _chip(context: Context, seen: PciDevice) -> Device:
    number = seen.pci_id.partition(":")[2]
    folder = f"sys/bus/pci/devices/{seen.bus_id}"
    subsystem = context.files.line(f"{folder}/subsystem_device") or ""
    shared = _SUBSYSTEMS.get(subsystem.removeprefix("0x")) if number == _SHARED_ID else None
    facts = {"bus_id": seen.bus_id, **_facts(_CHIPS.get(number, shared))}
    return parts.device(Part(source=f"/{folder}", facts=facts), *_typed(context))


def _facts(generation: str | None) -> dict[str, object]:
    name = f"TPU {generation}" if generation else None
    return {"vendor": "google", "name": name, "chip": generation, "driver_bound": True}


def _typed(context: Context) -> Iterator[Part]:
    """What the type of the VM in a variable tells of each of its chips."""
    choice = visible.chosen(context.env, *_TYPE_VARIABLES)
    told = word(choice.value)
    match = _TYPE.match(told or "")
    if match:
        lite = {"litepod": "e", "lite": "e"}
        suffix = (match[2] or "").lower()
        generation = f"v{match[1]}{lite.get(suffix, suffix)}"
        facts = {**_facts(generation), "details": {"instance_type": told}}
        yield Part(source=choice.variable, facts=facts)


def _by_nodes(context: Context) -> Iterator[Device]:
    """Chips by their nodes, where the bus is hidden and a variable says that this is a TPU VM."""
    for _ in _nodes(context):
        for part in _typed(context):
            yield parts.device(part)


def _nodes(context: Context) -> list[str]:
    """Nodes of one chip each: up to v4 ``/dev/accel0``, later the groups of vfio."""
    names = context.files.names
    nodes = [f"dev/{name}" for name in names("dev") if _ACCEL.fullmatch(name)]
    groups = (f"dev/vfio/{name}" for name in names("dev/vfio") if _NUMBER.fullmatch(name))
    return nodes or list(groups)


def _permission(context: Context) -> Iterator[Problem]:
    nodes = _nodes(context) if context.live else []
    closed = [node for node in nodes if not context.files.openable(node)]
    if closed:
        yield Problem(
            what=f"This user may not open the Google TPU (/{closed[0]}).",
            fix="Run as root (sudo), or in a container that is started with --privileged.",
            rule="probe.tpu.permission",
        )


def _shown(context: Context, found: Findings) -> Findings:
    """Each chip with whether the environment lets programs use it."""
    choice = visible.chosen(context.env, *_VISIBLE)
    flags = visible.flags(choice, [[str(place)] for place in range(len(found.devices))])
    devices = visible.marked(found.devices, flags, choice.variable)
    hidden = visible.problem(choice, flags, "probe.tpu.hidden")
    return replace(found, devices=devices, problems=(*found.problems, *hidden))


def _libtpu(context: Context) -> Mapping[str, Read]:
    """The runtime that is installed beside llmpick or in the active environment."""
    if not context.live:
        return {}
    for folder in _site_packages(context):
        for name in context.files.names(folder):
            match = _DIST_INFO.fullmatch(name)
            if match:
                return {"versions.libtpu": (match[1], f"{folder}/{name}")}
    return {}


def _site_packages(context: Context) -> Iterator[str]:
    yield from (folder for folder in sys.path if folder)
    environment = context.env.get("VIRTUAL_ENV")
    for name in context.files.names(f"{environment}/lib") if environment else ():
        yield f"{environment}/lib/{name}/site-packages"


def _no_chips() -> Problem:
    return Problem(
        what="tpu-info finds no TPU chips.",
        fix="Start a TPU VM, or start the container with --privileged --net=host.",
        rule="probe.tpu.no-devices",
    )
