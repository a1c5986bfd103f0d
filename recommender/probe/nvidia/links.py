"""Which NVIDIA GPUs are joined by NVLink, directly or through switches."""

from collections.abc import Callable, Mapping
from typing import Any

from recommender.facts.machine import Link
from recommender.facts.noun import noun
from recommender.probe.nvidia.devices import bus_of

Ask = Callable[..., tuple[Any, int]]

# NVML knows at most this many links a device; asking beyond what a device has is an error.
_MOST_LINKS = 36
_SWITCH = 2


@noun
class Peers:
    """Places of the GPUs at the other ends of active links, and whether one end is a switch."""

    direct: frozenset[int]
    switched: bool


def peers(ask: Ask, handle: object, places: Mapping[str, int]) -> Peers:
    """Ask a device about each of its links until it has no more of them."""
    direct, switched = set(), False
    for number in range(_MOST_LINKS):
        active, code = ask("nvmlDeviceGetNvLinkState", handle, number)
        if code:
            break
        if not active:
            continue
        remote, _ = ask("nvmlDeviceGetNvLinkRemotePciInfo", handle, number)
        place = places.get(bus_of(remote) or "")
        if place is not None:
            direct.add(place)
        else:
            kind, _ = ask("nvmlDeviceGetNvLinkRemoteDeviceType", handle, number)
            switched = switched or kind == _SWITCH
    return Peers(direct=frozenset(direct), switched=switched)


def grouped(found: Mapping[int, Peers]) -> tuple[Link, ...]:
    """One NVLink for each set of joined devices; PCIe over all where NVLink does not join all."""
    if len(found) <= 1:
        return ()
    groups = _components({place: _joined(place, found) for place in found})
    joined = tuple(Link(kind="nvlink", devices=group) for group in groups if len(group) > 1)
    if len(groups) == 1:
        return joined
    return (*joined, Link(kind="pcie", devices=tuple(sorted(found))))


def _joined(place: int, found: Mapping[int, Peers]) -> set[int]:
    own = found[place]
    # All devices at switches see each other: one machine has one fabric of them.
    behind = {other for other, peers_ in found.items() if own.switched and peers_.switched}
    return {place, *own.direct, *behind} & found.keys()


def _components(joined: Mapping[int, set[int]]) -> list[tuple[int, ...]]:
    left, groups = set(joined), []
    while left:
        group, edge = set(), {min(left)}
        while edge:
            group |= edge
            edge = {other for place in edge for other in joined[place]} - group
        left -= group
        groups.append(tuple(sorted(group)))
    return groups
