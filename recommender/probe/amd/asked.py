"""AMD's tools, asked side by side for what the kernel's files did not tell."""

from collections.abc import Iterator, Sequence

from recommender.facts.machine import Accelerator, Problem
from recommender.probe.amd.texts import understood
from recommender.probe.context import Context, Findings, Read
from recommender.probe.parts import Device, Part, completed

# Each with its arguments; the first that tells a fact is believed.
_QUESTIONS = {
    "amd-smi": ("static", "--asic", "--bus", "--vram", "--driver", "--json"),
    "rocminfo": (),
    "rocm-smi": ("-i", "--showproductname", "--showbus", "--showmeminfo", "vram", "--json"),
}
# Where nothing but a name is wanting, the one of them that is no Python program is enough.
_QUICK = "rocminfo"
_FOLDER = "opt/rocm/bin"


def ask(context: Context, devices: Sequence[Device]) -> tuple[Findings, ...]:
    """What the tools that are installed say, where the kernel left out what they may know.

    None is asked where the root is not this host, and each as long as the slowest may take.
    """
    measured = all(map(_measured, devices))
    if not context.live or (devices and measured and all(map(_named, devices))):
        return ()
    from recommender.probe.tools import SECONDS, find, run

    paths = {name: find(context, name, f"{_FOLDER}/{name}") for name in _QUESTIONS}
    commands = {name: (path, *_QUESTIONS[name]) for name, path in paths.items() if path}
    if devices and measured and _QUICK in commands:
        commands = {_QUICK: commands[_QUICK]}
    if not commands:
        return ()
    answers = run(commands, context.env, SECONDS, context.stop)
    return tuple(understood(answers[name] or "") for name in commands)


def _named(device: Device) -> bool:
    return bool(device.accelerator.name)


def _measured(device: Device) -> bool:
    """Whether memory and, of what computes, the instruction set are known."""
    known = device.accelerator
    return known.memory_gib is not None and bool(known.gfx or "node" not in known.details)


def filled(devices: Sequence[Device], told: Sequence[Findings]) -> tuple[Device, ...]:
    """Devices with what the tools add; the tools' own where the kernel shows none."""
    known = devices or next((found.devices for found in told if found.devices), ())
    sole = len(known) == 1
    return tuple(completed(device, *_parts(device, told, sole=sole)) for device in known)


def versions(told: Sequence[Findings]) -> dict[str, Read]:
    """Versions that the tools know."""
    return {name: read for found in reversed(told) for name, read in found.software.items()}


def problems(told: Sequence[Findings]) -> tuple[Problem, ...]:
    """Each complaint once."""
    return tuple(dict.fromkeys(problem for found in told for problem in found.problems))


def _parts(device: Device, told: Sequence[Findings], *, sole: bool) -> Iterator[Part]:
    for found in told:
        for other in found.devices:
            alone = sole and len(found.devices) == 1
            if _same(device.accelerator, other.accelerator) or alone:
                source = next(iter(other.evidence.values()), "")
                yield Part(source=source, facts=_facts(other.accelerator))
                break


def _same(known: Accelerator, other: Accelerator) -> bool:
    """By the node of KFD, which a partition has for itself, else by the address."""
    nodes = known.details.get("node"), other.details.get("node")
    if None not in nodes:
        return nodes[0] == nodes[1]
    return known.bus_id is not None and known.bus_id == other.bus_id


def _facts(told: Accelerator) -> dict[str, object]:
    """What a tool adds; its numbers are not those of the kernel's list."""
    facts = {name: getattr(told, name) for name in Accelerator.__dataclass_fields__}
    details = {name: value for name, value in told.details.items() if name != "index"}
    added = {name: value for name, value in facts.items() if name not in {"card", "index"}}
    return {**added, "details": details}
