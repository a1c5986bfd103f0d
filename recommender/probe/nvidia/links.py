"""Which NVIDIA GPUs are joined by NVLink, directly or through switches."""

from collections.abc import Callable, Mapping
from typing import Any

from recommender.facts.noun import noun
from recommender.probe.tables import bus_id

Ask = Callable[..., tuple[Any, int]]

# NVML knows at most this many links a device; asking beyond what a device has is an error.
_MOST_LINKS = 36
_SWITCH = 2


@noun
class Peers:
    """Numbers of the GPUs at the other ends of active links, and whether one end is a switch."""

    direct: frozenset[int]
    switched: bool


def peers(ask: Ask, handle: object, numbers: Mapping[str, int]) -> Peers:
    """Ask a device about each of its links until it has no more of them.

    Args:
        ask: calls a function of NVML by name; the answer and the error number.
        handle: the device.
        numbers: number of each GPU by its bus id.

    """
    direct = set()
    for link in range(_MOST_LINKS):
        active, code = ask("nvmlDeviceGetNvLinkState", handle, link)
        if code:
            break
        if not active:
            continue
        remote, _ = ask("nvmlDeviceGetNvLinkRemotePciInfo", handle, link)
        number = numbers.get(place(remote) or "")
        if number is not None:
            direct.add(number)
        elif ask("nvmlDeviceGetNvLinkRemoteDeviceType", handle, link)[0] == _SWITCH:
            # A GPU that is at a switch has all of its links there.
            return Peers(direct=frozenset(direct), switched=True)
    return Peers(direct=frozenset(direct), switched=False)


def place(pci: object) -> str | None:
    """Bus id in NVML's structure about a place on the bus."""
    text = getattr(pci, "busId", None)
    return bus_id(text.decode("ascii", "replace") if isinstance(text, bytes) else text)


def of_peers(found: Mapping[int, Peers]) -> tuple[tuple[int, ...], ...]:
    """The sets of GPUs that NVLink joins.

    All GPUs at switches see each other: one machine has one fabric of them.
    """
    switched = {number for number, one in found.items() if one.switched}
    return sets({n: one.direct | (switched if one.switched else set()) for n, one in found.items()})


def sets(joined: Mapping[int, set[int] | frozenset[int]]) -> tuple[tuple[int, ...], ...]:
    """Connected GPUs in order; one that is joined to no other is left out."""
    left, groups = set(joined), []
    while left:
        group, edge = set(), {min(left)}
        while edge:
            group |= edge
            edge = {other for number in edge for other in joined[number]} & joined.keys() - group
        left -= group
        groups.append(tuple(sorted(group)))
    return tuple(group for group in groups if len(group) > 1)
