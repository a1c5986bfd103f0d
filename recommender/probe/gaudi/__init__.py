"""Intel Gaudi accelerators: hl-smi, and the driver habanalabs where the tool is missing."""

import re
from collections.abc import Sequence
from dataclasses import replace

from recommender.facts.machine import Problem
from recommender.probe import asking, parts, visible
from recommender.probe.context import Context, Findings, PciDevice
from recommender.probe.gaudi.forms import TOOL, broken, understood
from recommender.probe.parts import Device, Part

__all__ = ["probe", "understood"]

_PCI_VENDOR = "1da3"
_FIELDS = "index,name,bus_id,driver_version,memory.total,memory.used,module_id"
_QUESTIONS = (("-Q", _FIELDS, "-f", "csv"), ())
_MODULES = "HABANA_VISIBLE_MODULES"
_WITHHELD = f"{TOOL.rules}.devices"
# Product by the number of the PCI device (kernel source: habanalabs_drv.c).
_CHIPS = {
    **dict.fromkeys(("1000", "1001", "1010", "1011"), "Gaudi"),
    "1020": "Gaudi 2",
    "1060": "Gaudi 3",
}


def probe(context: Context) -> Findings:
    """All Gaudi accelerators that have their driver."""
    own = context.bound(_PCI_VENDOR)
    told = _asked(context, own) if context.live else Findings()
    addresses = {one.accelerator.bus_id for one in told.devices}
    rest = [] if None in addresses else [one for one in own if one.bus_id not in addresses]
    # A container sees all devices of its host on the bus, also those that others were given.
    spare = rest if told.devices and context.contained else []
    lost = rest if told.devices and not spare else []
    barred = bool(lost) or any(problem.rule == _WITHHELD for problem in told.problems)
    silent = [_of_bus(context, seen, barred=barred) for seen in rest] if not spare else []
    devices, hidden = _shown(context, (*_with_bus(context, told.devices, own), *silent))
    return Findings(
        devices=devices,
        software={**_module(context), **told.software},
        problems=(*told.problems, *map(_not_offered, lost), *hidden),
        not_ours=tuple(one.bus_id for one in spare),
    )


def _asked(context: Context, own: Sequence[PciDevice]) -> Findings:
    """What the tool tells; why it does not, where there is a device to tell of."""
    from recommender.probe import tools

    program = tools.find(context, TOOL.program, *TOOL.places)
    every = [understood(text) for text in tools.ask(context, program, *_QUESTIONS) if text]
    software = {name: read for found in reversed(every) for name, read in found.software.items()}
    best = next((found for found in every if found.devices), None)
    if best is not None:
        return replace(best, software=software)
    failed = [problem for found in every for problem in found.problems][:1]
    reason = _reason(context, failed, tool=program is not None) if own else ()
    return Findings(software=software, problems=reason)


def _reason(context: Context, failed: Sequence[Problem], *, tool: bool) -> tuple[Problem, ...]:
    nodes = [*context.files.names("dev/accel"), *context.files.names("dev")]
    if context.contained and not any(re.fullmatch(TOOL.nodes, node) for node in nodes):
        what = "This container was started without the Gaudi devices of its host."
        return (Problem(what=what, fix=TOOL.start, rule=_WITHHELD),)
    if failed:
        return tuple(failed)
    silent = "hl-smi did not answer" if tool else "hl-smi was not found"
    what = f"{silent}, so the names and the memory of the Gaudi devices are unknown."
    return (TOOL.problem("timeout" if tool else "tool", what, TOOL.install),)


def _with_bus(
    context: Context, devices: Sequence[Device], own: Sequence[PciDevice]
) -> tuple[Device, ...]:
    seen = {one.bus_id: one for one in own}
    return tuple(
        parts.completed(one, _sysfs(context, seen[one.accelerator.bus_id]))
        if one.accelerator.bus_id in seen
        else one
        for one in devices
    )


def _of_bus(context: Context, seen: PciDevice, *, barred: bool) -> Device:
    unusable = [Part(source="hl-smi", facts={"usable_gib": 0.0})] if barred else []
    return parts.device(*unusable, _sysfs(context, seen))


def _sysfs(context: Context, seen: PciDevice) -> Part:
    """What the bus and the driver's files (ABI: sysfs-driver-habanalabs) say without the tool."""
    folder = f"sys/bus/pci/devices/{seen.bus_id}"
    state = context.files.line(f"{folder}/status")
    facts = {
        "vendor": "intel",
        "usable_gib": 0.0 if broken(state) else None,
        "unified": False,
        "integrated": False,
        "bus_id": seen.bus_id,
        "details": {"product": _CHIPS.get(seen.pci_id.partition(":")[2]), "state": state},
    }
    return Part(source=f"/{folder}", facts=facts)


def _not_offered(seen: PciDevice) -> Problem:
    what = f"The Gaudi driver holds the device at {seen.bus_id}, but hl-smi does not show it."
    fix = "Look for its errors in the kernel log (sudo dmesg), and reboot."
    return TOOL.problem("lost", what, fix)


def _shown(
    context: Context, devices: Sequence[Device]
) -> tuple[tuple[Device, ...], tuple[Problem, ...]]:
    """Each device with whether it is left to programs started here, by its module's number."""
    numbers = [one.accelerator.details.get("module_id") for one in devices]
    choice = visible.chosen(context.env, _MODULES)
    if not choice.value or None in numbers:
        return tuple(devices), ()
    flags = visible.flags(choice, [[str(number)] for number in numbers])
    shown = visible.marked(devices, flags, _MODULES)
    return shown, visible.problem(choice, flags, f"{TOOL.rules}.hidden")


def _module(context: Context) -> dict[str, tuple[str, str]]:
    found = asking.module_version(context, "habanalabs", "habana")
    return {"habana": found["versions.habana"]} if found else {}
