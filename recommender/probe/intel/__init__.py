"""Intel GPUs: what the drivers i915 and xe tell, and Intel's tool for names and what is missing."""

from collections.abc import Mapping, Sequence

from recommender.facts.machine import Accelerator, Link, Problem
from recommender.probe import visible
from recommender.probe.context import Context, Findings, PciDevice
from recommender.probe.intel import kernel, problems, selection
from recommender.probe.intel.told import Told, asked, read
from recommender.probe.parts import Device, Part, device

__all__ = ["probe", "understood"]

_PCI_VENDOR = "8086"
_SELECTING = "ZE_AFFINITY_MASK, ONEAPI_DEVICE_SELECTOR"
_WITHHELD = Part(source="/dev/dri", facts={"usable_gib": 0.0})


def probe(context: Context) -> Findings:
    """All Intel GPUs that have Intel's driver.

    A GPU inside of the processor has no memory of its own: its size is None and ``unified`` is
    True, for it takes of the main memory what the runtime of a server grants.
    """
    every = tuple(
        seen
        for seen in context.bound(_PCI_VENDOR)
        if context.contained or not seen.virtual_function
    )
    own = _given(context, every)
    memory = {seen.bus_id: kernel.memory(context, seen) for seen in own}
    told = asked(context, _unsized(own, memory)) if context.live and own else Told()
    devices = tuple(_device(context, seen, memory[seen.bus_id], told) for seen in own)
    flags = selection.shown(context.env, [one.accelerator for one in devices])
    return Findings(
        devices=visible.marked(devices, flags, _SELECTING),
        links=_links(devices),
        software={**told.software, **kernel.software(context.files)} if every else {},
        problems=(
            *_wrong(context, own, devices, told),
            *selection.problem(context.env, flags),
        ),
        not_ours=tuple(seen.bus_id for seen in every if seen not in own),
    )


def understood(text: str) -> Findings:
    """What ``xpu-smi``, ``xpumcli``, ``sycl-ls`` or ``clinfo`` printed, in any of their forms."""
    told = read(text)
    devices = tuple(device(gpu) for gpu in told.gpus)
    return Findings(
        devices=devices,
        software=told.software,
        problems=(*told.problems, *_states(devices)),
    )


def _given(context: Context, every: Sequence[PciDevice]) -> tuple[PciDevice, ...]:
    """GPUs that are here: a container sees all of its host on the bus, and may use its own.

    One that was given none counts them all if it has no other device, as that is worth mending.
    """
    here = tuple(seen for seen in every if not kernel.withheld(context, seen))
    others = any(found.driver_bound and found.vendor != "intel" for found in context.pci)
    return here if here or others else tuple(every)


def _unsized(own: Sequence[PciDevice], memory: Mapping[str, Part]) -> list[str]:
    """Addresses of cards whose driver does not tell their size."""
    unknown = (seen for seen in own if "memory_gib" not in memory[seen.bus_id].facts)
    return [seen.bus_id for seen in unknown if not seen.integrated]


def _device(context: Context, seen: PciDevice, memory: Part, told: Told) -> Device:
    """One GPU. The tool's size is believed first: the kernel's has what firmware keeps back."""
    return device(
        *([_WITHHELD] if kernel.withheld(context, seen) else []),
        kernel.state(context.files, seen),
        kernel.place(seen, memory),
        *told.at(seen.bus_id),
        memory,
    )


def _wrong(
    context: Context, own: Sequence[PciDevice], devices: Sequence[Device], told: Told
) -> tuple[Problem, ...]:
    if own and all(kernel.withheld(context, seen) for seen in own):
        return (problems.not_given(),)
    nodes = [node for seen in own for node in kernel.denied(context, seen)]
    denied = tuple(problems.denied(node) for node in nodes)
    # Where a node is denied, what the runtime cannot find follows from it.
    return (*(denied or told.problems), *_states(devices), *_sizes(devices))


def _states(devices: Sequence[Device]) -> tuple[Problem, ...]:
    found = ((one.accelerator, _bad(one.accelerator)) for one in devices)
    return tuple(
        problems.broken(_which(one))
        if one.usable_gib == 0
        else problems.bad_state(_which(one), bad)
        for one, bad in found
        if bad
    )


def _bad(one: Accelerator) -> str | None:
    """The word for a state that is not normal."""
    said = (str(one.details.get(name) or "normal") for name in ("state", "health"))
    return next((word for word in said if word.lower() != "normal"), None)


def _sizes(devices: Sequence[Device]) -> tuple[Problem, ...]:
    found = (one.accelerator for one in devices)
    return tuple(
        problems.memory_unknown(_which(one))
        for one in found
        if one.memory_gib is None and one.usable_gib is None and not one.unified
    )


def _which(one: Accelerator) -> str:
    return f"at {one.bus_id}" if one.bus_id else one.name or "without an address"


def _links(devices: Sequence[Device]) -> tuple[Link, ...]:
    """Cards reach each other over the bus at least."""
    cards = tuple(n for n, one in enumerate(devices) if one.accelerator.integrated is False)
    return (Link(kind="pcie", devices=cards),) if len(cards) > 1 else ()
