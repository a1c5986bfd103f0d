"""Other hardware for a machine, the least change first."""

import math
from collections.abc import Collection, Iterator
from dataclasses import replace

from recommender.devices.catalogue import Spec, find, specs
from recommender.facts import Accelerator, Machine, Os, Software
from recommender.facts.noun import noun

_MORE = (2, 4, 8, 16)
# Of a computer that was not bought yet: what servers have most.
_ARCHES = ("x86_64", "aarch64")
_USUAL_GIB, _USUAL_WATTS = 24.0, 300.0


@noun
class Hardware:
    """A machine with other accelerators: so many of ``name``, ``own`` where their maker stays."""

    machine: Machine
    name: str
    count: int
    own: bool


def other_hardware(machine: Machine, vendors: Collection[str]) -> Iterator[Hardware]:
    """More of the same devices, then others of their maker, then of the ``vendors``."""
    first = machine.accelerators[0] if machine.accelerators else None
    if first is not None and first.partition is None:
        yield from _more(machine, first)
    makers = {first.vendor} if first else set()
    own = [spec for spec in specs() if spec.vendor in makers & set(vendors)]
    foreign = [spec for spec in specs() if spec.vendor in set(vendors) - makers]
    for spec in _nearest(own, first):
        yield _replaced(machine, spec, own=True)
    for spec in _nearest(foreign, first):
        yield _replaced(machine, spec, own=False)


def _more(machine: Machine, first: Accelerator) -> Iterator[Hardware]:
    here = [device for device in machine.accelerators if device.name == first.name]
    if first.unified:
        return
    for count in _MORE:
        if count > len(here):
            devices = tuple(replace(first, index=index) for index in range(count))
            more = replace(machine, accelerators=devices, links=())
            yield Hardware(machine=more, name=first.name or "", count=count, own=True)


def _nearest(found: Collection[Spec], first: Accelerator | None) -> list[Spec]:
    """Devices with a memory of their own size that is known, those most like the present first."""
    sized = [spec for spec in found if spec.memory_gib]
    memory = (first.memory_gib if first else None) or _USUAL_GIB
    watts = _watts(first)
    return sorted(sized, key=lambda spec: (_distance(spec, memory, watts), spec.name))


def _watts(first: Accelerator | None) -> float:
    row = find(first.name).row if first and first.name else None
    return (row.tdp_w if row else None) or _USUAL_WATTS


def _distance(spec: Spec, memory: float, watts: float) -> float:
    """How unlike a device is in memory and power, in octaves; less memory is worse than more."""
    more = math.log2((spec.memory_gib or memory) / memory)
    power = abs(math.log2((spec.tdp_w or watts) / watts))
    return round(max(more, -2 * more) + power / 2 + (spec.devices_per_card > 1) / 2, 2)


def _replaced(machine: Machine, spec: Spec, *, own: bool) -> Hardware:
    count = 1 if spec.unified_memory else max(len(machine.accelerators), 1)
    devices = tuple(_accelerator(spec, index) for index in range(count))
    if own:
        changed = replace(machine, accelerators=devices, links=())
    else:
        changed = Machine(
            os=Os(family="macos" if spec.vendor == "apple" else "linux"),
            arch=spec.host_arch if spec.host_arch in _ARCHES else _ARCHES[0],
            memory=machine.memory,
            accelerators=devices,
            software=Software(docker=machine.software.docker),
        )
    return Hardware(machine=changed, name=spec.name, count=count, own=own)


def _accelerator(spec: Spec, index: int) -> Accelerator:
    return Accelerator(
        vendor=spec.vendor,
        name=spec.name,
        index=index,
        memory_gib=spec.memory_gib,
        compute_capability=spec.compute_capability,
        gfx=spec.gfx,
        chip=spec.chip,
        unified=spec.unified_memory,
        integrated=spec.integrated,
    )
