"""AWS Trainium and Inferentia: the driver's sysfs, then neuron-ls."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from recommender.facts.machine import Problem
from recommender.probe import asking, parts, visible
from recommender.probe.context import Context, Findings, Read
from recommender.probe.neuron import sysfs
from recommender.probe.neuron.listing import TOOL, understood
from recommender.probe.neuron.seen import Seen, by_pci_id, joined, numbers
from recommender.probe.parts import Device, Part

__all__ = ["probe", "understood"]

_DRIVER = "sys/module/neuron/version"
_CORES = "NEURON_RT_VISIBLE_CORES"
# The table is asked for after the JSON: two neuron-ls side by side made each other fail before
# release 2.27 of the SDK. Both fit into the time of the whole probe.
_TABLE_SECONDS = 1.2
_HOPELESS = {f"{TOOL.rules}.{end}" for end in ("tool", "timeout", "driver")}


def probe(context: Context) -> Findings:
    """All Neuron devices; their memory is told by neuron-ls only."""
    seen = {one.number: one for one in sysfs.devices(context)}
    found = _asked(context)
    if found.devices:
        devices = (parts.completed(one, *_more(context, seen, one)) for one in found.devices)
        found = replace(found, devices=tuple(devices))
    else:
        known = joined(seen.values())
        found = replace(found, devices=known.devices, links=known.links)
    problems = (*found.problems, *_ecc(context, seen))
    software = {**_versions(context), **found.software}
    return _shown(context, replace(found, software=software, problems=problems))


def _asked(context: Context) -> Findings:
    """The answer of neuron-ls; releases without JSON have a table."""
    found = asking.read(context, TOOL, understood)
    if not context.live or found.devices:
        return found
    if any(problem.rule in _HOPELESS for problem in found.problems):
        return found
    table = replace(TOOL, questions=((),))
    return asking.read(context, table, understood, seconds=_TABLE_SECONDS)


def _more(context: Context, seen: Mapping[int, Seen], device: Device) -> Iterator[Part]:
    """What sysfs and the bus tell of a device of neuron-ls."""
    known = seen.get(device.accelerator.details.get("device_id", -1))
    if known:
        yield known.part
    for one in context.pci:
        if one.vendor == "aws" and one.bus_id == device.accelerator.bus_id:
            facts = by_pci_id(one.pci_id)
            yield Part(source=f"/sys/bus/pci/devices/{one.bus_id}", facts=facts)


def _ecc(context: Context, seen: Iterable[int]) -> Iterator[Problem]:
    for number in seen:
        if sysfs.uncorrected(context.files, number):
            yield TOOL.problem(
                "ecc",
                f"AWS Neuron device {number} had memory errors that could not be corrected.",
                "Stop and start the instance, which moves it to other hardware.",
            )


def _shown(context: Context, found: Findings) -> Findings:
    """Each device with whether any of its cores may be used by programs started here."""
    choice = visible.chosen(context.env, _CORES)
    if choice.value is None:
        return found
    wanted, first, flags = set(numbers(choice.value)), 0, []
    for device in found.devices:
        count = device.accelerator.details.get("nc_count") or 0
        flags.append(not wanted.isdisjoint(range(first, first + count)) if count else None)
        first += count
    devices = visible.marked(found.devices, flags, _CORES)
    hidden = visible.problem(choice, flags, f"{TOOL.rules}.hidden")
    return replace(found, devices=devices, problems=(*found.problems, *hidden))


def _versions(context: Context) -> dict[str, Read]:
    driver = context.files.line(_DRIVER)
    names = ("neuron", "versions.neuron-driver") if driver else ()
    return dict.fromkeys(names, (driver or "", f"/{_DRIVER}"))
