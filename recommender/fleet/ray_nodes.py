"""Nodes of a Ray cluster: what their probes found, and where one saw nothing what Ray tells.

Ray knows how many devices it lends and what their type is called, which is less than a probe sees
and more than nothing: no size of memory, no driver.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from recommender.devices.catalogue import find
from recommender.errors import InputError, printable
from recommender.facts import Accelerator, Machine, Problem
from recommender.facts.scheduler import RayDevices
from recommender.fleet import device_types, machines
from recommender.fleet.ray_cluster import PROBE_S, Cluster, Probed
from recommender.fleet.records import Node

SOURCE = "ray"
_MOST = 4096


class _Lent(NamedTuple):
    """Devices as Ray tells of them."""

    resource: str
    number: int
    device: Accelerator


def nodes(cluster: Cluster, seconds: float | None = None) -> list[Node]:
    """Every node, by name; one that was replaced by another of its name is left out.

    Args:
        cluster: a cluster that was not asked before.
        seconds: how long a node may take to answer.
    """
    found = sorted(cluster.nodes(seconds or PROBE_S), key=lambda one: _name(one.told))
    names = Counter(_name(one.told) for one in found if one.told["alive"])
    there = (one for one in found if one.told["alive"] or not names[_name(one.told)])
    return [_node(one, unique=names[_name(one.told)] <= 1) for one in there]


def _name(told: Mapping[str, Any]) -> str:
    """What people call a node: Ray itself calls it by its address unless it was given a name."""
    name = str(told["NodeName"])
    return str(told["NodeManagerHostname"] or name) if name == told["NodeManagerAddress"] else name


def _node(found: Probed, *, unique: bool) -> Node:
    """The machine of a node; names that several nodes have need what tells them apart."""
    name = _name(found.told) if unique else f"{_name(found.told)} {found.told['NodeID'][:12]}"
    told = machines.node_of(Machine())._replace(name=printable(name, 300), source=SOURCE)
    if apart := _apart(found):
        return told._replace(apart=apart)
    try:
        machine = _machine(found)
    except InputError as error:
        return told._replace(apart=f"its probe printed no machine: {printable(error, 300)}")
    return machines.node_of(machine)._replace(name=told.name, source=SOURCE)


def _apart(found: Probed) -> str | None:
    """Why nothing should be started on a node that may be out of order."""
    if not found.told["alive"]:
        why = printable(found.told["DeathReasonMessage"], 300)
        return f"Ray says that it is not alive: {why}" if why else "Ray says that it is not alive"
    return _failed(found) if found.gone else None


def _failed(found: Probed) -> str:
    return f"its probe failed: {printable(found.failure or '?', 300)}"


def _machine(found: Probed) -> Machine:
    """The machine that the probe saw, or nothing but what Ray tells.

    Raises:
        InputError: what the probe printed is no machine.
    """
    from recommender.schema import machine_of

    if found.text is None:
        seen = Machine(problems=(Problem(what=_failed(found)),))
    else:
        seen, _ = machine_of(machines.decoded(found.text.encode())[1])
    return _with(seen, list(_lent(found.told)))


def _with(machine: Machine, lent: list[_Lent]) -> Machine:
    """The machine with the devices that Ray tells of, where the probe saw none."""
    seen = [device for device in machine.accelerators if not device.integrated]
    if not lent or seen:
        return machine
    every = [one.device for one in lent for _ in range(one.number)][:_MOST]
    told = ", ".join(f"{one.number} {one.resource}" for one in lent)
    what = f"the probe sees no accelerator there; Ray tells of {printable(told)}"
    unknown = (
        Problem(what=f"which accelerators Ray means by {printable(one.resource)} is not known")
        for one in lent
        if one.device.vendor is None
    )
    return replace(
        machine,
        accelerators=tuple(replace(device, index=index) for index, device in enumerate(every)),
        # Where a probe is shut off from the devices, that it sees no driver tells nothing.
        software=replace(machine.software, absent=()),
        problems=(*machine.problems, Problem(what=what), *unknown),
    )


def _lent(told: Mapping[str, Any]) -> Iterator[_Lent]:
    """Each resource of a node that counts devices."""
    reading = _reading()
    kind = _type(told, reading)
    for resource, vendor in reading.resources.items():
        count = told["resources"].get(resource)
        if isinstance(count, (int, float)) and count >= 1:
            yield _Lent(resource, min(int(count), _MOST), _device(kind, vendor or None, reading))


def _type(told: Mapping[str, Any], reading: RayDevices) -> str | None:
    """What Ray calls the devices of a node, None where it tells of no type or of several."""
    types = {
        name.removeprefix(reading.type)
        for name in told["resources"]
        if name.startswith(reading.type)
    }
    label = told["labels"].get(reading.label)
    found = types or ({str(label)} if label else set())
    return found.pop() if len(found) == 1 else None


def _device(kind: str | None, vendor: str | None, reading: RayDevices) -> Accelerator:
    plain = kind
    for suffix in reading.suffixes:
        plain = plain.removesuffix(suffix) if plain and not find(plain).rows else plain
    found = device_types.device(plain)
    maker = found.vendor or vendor
    if vendor and found.vendor not in {None, vendor}:
        return Accelerator(vendor=vendor)
    name = found.name or (printable(kind) if kind and maker else None)
    return replace(found, vendor=maker, name=name)


def _reading() -> RayDevices:
    from recommender.targets.schedulers import schedulers

    return schedulers().ray.reading
