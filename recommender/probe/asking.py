"""Asks one vendor's tool for its devices, and says what is wrong where it does not tell them."""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeAlias

from recommender.facts.machine import Problem
from recommender.facts.noun import noun
from recommender.probe import parts, visible
from recommender.probe.answers import Told
from recommender.probe.context import Context, Findings, PciDevice, Read
from recommender.probe.files import clean, integer
from recommender.probe.parts import Device, Part

Understood: TypeAlias = Callable[[str], Findings]

# The end of a problem's rule -> how tools of all vendors word it. Whatever is longer than such a
# message is none.
_COMPLAINTS = (
    (
        "permission",
        re.compile(r"permission|not permitted|access denied|as root|be root", re.IGNORECASE),
    ),
    (
        "no-devices",
        re.compile(
            r"\bno\b(?: \w+){0,2} (?:devices?|[gpm]pus?|cards?|mlus?)\b"
            r"|(?:devices?|cards?) not found|can(?:not|'t) find (?:\w+ )?(?:devices?|cards?)",
            re.IGNORECASE,
        ),
    ),
    (
        "driver",
        re.compile(
            r"driver\b.{0,60}\b(?:not|no|fail\w*|mismatch|missing)\b|version mismatch"
            r"|(?:fail\w*|unable|cannot|can't|could ?n[o']t|error)\b.{0,80}"
            r"\b(?:driver|init\w*|load\w*|open\w*|discover|communicate|devices?)\b"
            r"|init\w* (?:fail|error)",
            re.IGNORECASE,
        ),
    ),
)
_MESSAGE = 2000


@noun
class Tool:
    """What there is to know of a vendor's tool.

    ``nodes`` fits the names below /dev that belong to one device each. ``libraries`` are folders
    that the tool may need to be told of. ``install`` is a sentence for computers without the tool,
    ``start`` one for containers without the devices, ``grant`` one for users without the right.
    """

    vendor: str
    label: str
    program: str
    rules: str
    nodes: str
    install: str
    start: str
    grant: str
    places: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
    questions: tuple[tuple[str, ...], ...] = ((),)
    variables: tuple[str, ...] = ()

    def problem(self, end: str, what: str, fix: str) -> Problem:
        """A problem under the rules of this vendor."""
        return Problem(what=what, fix=fix, rule=f"{self.rules}.{end}")


def read(context: Context, tool: Tool, understood: Understood, *, seconds: float = 3.0) -> Findings:
    """Devices and problems; nothing where the root is a recorded one.

    Args:
        context: the computer.
        tool: what to ask.
        understood: makes findings of what it prints.
        seconds: when the tool is given up.

    """
    if not context.live:
        return Findings()
    found = _asked(context, tool, understood, seconds)
    found = replace(found, problems=(*_nodes(context, tool), *found.problems))
    return _shown(context, tool, _with_bus(context, tool, found))


def told(tool: Tool, *devices: Told, software: dict[str, Read] | None = None) -> Findings:
    """Findings of devices that the tool told of, with a problem for each size that is missing."""
    sizeless = [one.label for one in devices if one.total_gib is None]
    return Findings(
        devices=tuple(parts.device(one.part(tool.vendor)) for one in devices),
        software=software or {},
        problems=tuple(_memory(tool, label) for label in sizeless),
    )


def complaint(tool: Tool, text: str) -> tuple[Problem, ...]:
    """The problem that a short text without devices words; none where it words none."""
    ends = (end for end, words in _COMPLAINTS if words.search(text))
    end = next(ends, None) if len(text) < _MESSAGE else None
    if end is None:
        return ()
    said = clean(" ".join(text.split()))
    what = f'{tool.program} cannot read the {tool.label} devices: "{said}"'
    fix = tool.grant if end == "permission" else tool.install
    return (tool.problem(end, what, f"{fix} {tool.start}"),)


def errors(tool: Tool, device: Told, count: str) -> tuple[Problem, ...]:
    """A device with that many memory errors since its driver was loaded, if any."""
    if (integer(count) or 0) <= 0:
        return ()
    what = f"{tool.label} device {device.label} had {count} memory errors that it cannot correct."
    fix = f"Reset it or reboot; if {tool.program} shows such errors again, have it replaced."
    return (tool.problem("ecc", what, fix),)


def module_version(context: Context, module: str, name: str) -> dict[str, Read]:
    """Version of the kernel driver that is loaded as ``module``, under ``versions.name``."""
    place = f"sys/module/{module}/version"
    found = context.files.line(place)
    return {f"versions.{name}": (found, f"/{place}")} if found else {}


def unhealthy(tool: Tool, device: Told, state: str) -> Problem:
    """A device that its tool calls broken."""
    return tool.problem(
        "unhealthy",
        f"{tool.program} calls {tool.label} device {device.label} {state}; it cannot be used.",
        f"Look for its errors in the kernel log (sudo dmesg), and reset it or reboot; "
        f"{tool.program} shows whether it is back.",
    )


def _asked(context: Context, tool: Tool, understood: Understood, seconds: float) -> Findings:
    """The answer with devices, else what is wrong."""
    from recommender.probe import tools

    program = tools.find(context, tool.program, *tool.places)
    if program is None:
        return Findings(problems=_missing(context, tool))
    asked = replace(context, env=_environment(context, tool))
    every = tools.ask(asked, program, *tool.questions, seconds=seconds)
    answers = [text for text in every if text is not None]
    found = [understood(text) for text in answers]
    best = next((one for one in found if one.devices), None)
    if best is None:
        problems = tuple(problem for one in found for problem in one.problems)
        best = Findings(problems=problems or (_silent(tool, answered=bool(answers)),))
    software = {name: read for one in (*found, best) for name, read in one.software.items()}
    links = next((one.links for one in found if one.links), ())
    return replace(best, software=software, links=links if best.devices else ())


def _environment(context: Context, tool: Tool) -> dict[str, str]:
    """With the folders of libraries that are there: set-up scripts add them, services do not."""
    folders = [context.files.path(place) for place in tool.libraries if context.files.exists(place)]
    known = context.env.get("LD_LIBRARY_PATH")
    every = os.pathsep.join([*([known] if known else []), *folders])
    return {**context.env, **({"LD_LIBRARY_PATH": every} if every else {})}


def _with_bus(context: Context, tool: Tool, found: Findings) -> Findings:
    """The findings, and what is true of devices on the bus that the tool did not tell of."""
    if not found.devices:
        return found
    own = (d for d in context.pci if d.vendor == tool.vendor and d.driver_bound)
    lost, others = found.left(own, lent=context.contained)
    return replace(
        found,
        devices=(*found.devices, *(_lost(tool, seen) for seen in lost)),
        problems=(*found.problems, *(_not_offered(tool, seen) for seen in lost)),
        not_ours=(*found.not_ours, *(seen.bus_id for seen in others)),
    )


def _shown(context: Context, tool: Tool, found: Findings) -> Findings:
    """Each device with whether the environment lets programs see it."""
    choice = visible.chosen(context.env, *tool.variables)
    flags = visible.flags(choice, [_names(one, i) for i, one in enumerate(found.devices)])
    devices = visible.marked(found.devices, flags, choice.variable)
    hidden = visible.problem(choice, flags, f"{tool.rules}.hidden")
    return replace(found, devices=devices, problems=(*found.problems, *hidden))


def _names(device: Device, place: int) -> list[str]:
    details = device.accelerator.details
    return [str(details.get("index", place)), str(details.get("unique_id", ""))]


def _nodes(context: Context, tool: Tool) -> Iterator[Problem]:
    """Device nodes that are missing in a container, or that this user may not open."""
    names = [name for name in context.files.names("dev") if re.fullmatch(tool.nodes, name)]
    if names and not any(context.files.openable(f"dev/{name}") for name in names):
        what = f"This user may not open the {tool.label} devices (/dev/{names[0]})."
        yield tool.problem("permission", what, tool.grant)
    bound = any(d.vendor == tool.vendor and d.driver_bound for d in context.pci)
    if not names and bound and context.contained:
        what = f"This container was started without the {tool.label} devices of its host."
        yield tool.problem("no-devices", what, tool.start)


def _missing(context: Context, tool: Tool) -> tuple[Problem, ...]:
    what = (
        f"{tool.program} was not found, so the {tool.label} devices' names and memory are unknown."
    )
    fix = f"{tool.install} {tool.start}" if context.contained else tool.install
    return (tool.problem("tool", what, fix),)


def _silent(tool: Tool, *, answered: bool) -> Problem:
    if answered:
        what = f"{tool.program} tells of no {tool.label} device in a form that is known."
        fix = f"Run {tool.program} and see what it says; please report its output."
        return tool.problem("unread", what, fix)
    what = f"{tool.program} did not answer in time."
    fix = f"Run {tool.program} in a terminal; if it hangs there too, reload the driver or reboot."
    return tool.problem("timeout", what, fix)


def _memory(tool: Tool, label: str) -> Problem:
    return tool.problem(
        "memory",
        f"{tool.program} does not tell how much memory {tool.label} device {label} has.",
        "Update the driver, or describe the machine with --gpu.",
    )


def _lost(tool: Tool, seen: PciDevice) -> Device:
    facts = {"vendor": tool.vendor, "usable_gib": 0.0, "bus_id": seen.bus_id, "driver_bound": True}
    return parts.device(Part(source=tool.program, facts=facts))


def _not_offered(tool: Tool, seen: PciDevice) -> Problem:
    return tool.problem(
        "lost",
        f"The {tool.label} driver holds the device at {seen.bus_id}, but {tool.program} does not "
        "show it; it cannot be used.",
        "Look for its errors in the kernel log (sudo dmesg), and reboot.",
    )
