"""Which devices of a machine can work together."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from recommender.facts import Accelerator, Machine
from recommender.rules.situation import Group


def groups(machine: Machine) -> list[Group]:
    """Equal accelerators together, in the order of the machine."""
    if not machine.accelerators:
        return []
    from recommender.devices.catalogue import complete, series_of

    found: dict[tuple[object, ...], list[Accelerator]] = defaultdict(list)
    for device in map(complete, machine.accelerators):
        found[_kind(device)].append(device)
    return [
        Group(
            members=tuple(members),
            others=_others(members[0], kind, found),
            series=series_of(members[0]),
            link=_link(machine, members),
        )
        for kind, members in found.items()
    ]


def _others(
    first: Accelerator,
    kind: tuple[object, ...],
    found: Mapping[tuple[object, ...], Sequence[Accelerator]],
) -> tuple[Accelerator, ...]:
    """Devices of other kinds that one process could use beside these."""
    if not _joins(first):
        return ()
    return tuple(
        device
        for other, members in found.items()
        for device in members
        if other != kind and device.vendor == first.vendor and _joins(device)
    )


def _joins(device: Accelerator) -> bool:
    shared = device.unified or device.integrated
    return not (shared or device.partition or device.unusable)


def _kind(device: Accelerator) -> tuple[object, ...]:
    memory = None if device.memory_gib is None else round(device.memory_gib)
    return (
        device.vendor,
        device.name,
        memory,
        device.compute_capability,
        device.gfx,
        device.chip,
        device.partition,
        device.unusable,
    )


def _link(machine: Machine, members: Sequence[Accelerator]) -> str | None:
    indexes = {device.index for device in members}
    for link in machine.links:
        if not link.devices or indexes <= set(link.devices):
            return link.kind
    return None
