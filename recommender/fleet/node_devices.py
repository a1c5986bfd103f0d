"""Accelerators of a node from the labels and resources of their vendors' plugins.

Which labels those are stands in knowledge/clusters.yaml. What they do not tell stays unknown: a
size of memory is never taken from a name.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any, NamedTuple

from recommender.errors import printable
from recommender.facts import Accelerator
from recommender.facts.cluster import ClusterDevice, NodeDevices, NodeReading
from recommender.fleet.labels import Labels, whole

# More devices than any machine has; see schema.py.
_MOST = 4096
_MIB_PER_GIB = 1024


class Found(NamedTuple):
    """The devices of a node that work, and why it is to be set apart where none does."""

    accelerators: tuple[Accelerator, ...]
    software: Mapping[str, Any]
    versions: Mapping[str, str]
    problems: tuple[str, ...]
    broken: str | None


def devices(labels: Labels, reading: NodeReading) -> Found:
    """What the labels and resources of a node tell of its accelerators."""
    plugins = rows()
    found: list[Accelerator] = []
    broken: list[str] = []
    problems: list[str] = []
    told: dict[str, str] = {}
    for row in plugins:
        own = list(_of_vendor(row, labels, reading.instance))
        found += own
        broken += _broken(row, labels, own)
        problems += [*_shared(row, labels), *_without_name(row, own)] if own else ()
        told |= dict(_versions(row, labels)) if own else {}
    if not found:
        broken += [*_unknown(plugins, labels), *_on_the_bus(labels, reading)]
    indexed = (replace(device, index=index) for index, device in enumerate(found[:_MOST]))
    return Found(
        accelerators=tuple(indexed),
        software={name: text for name, text in told.items() if "." not in name},
        versions={name.partition(".")[2]: text for name, text in told.items() if "." in name},
        problems=tuple(problems),
        broken=broken[0] if broken and (not found or _nameless(found, plugins)) else None,
    )


@cache
def rows() -> tuple[NodeDevices, ...]:
    """All device plugins that are known, with how their labels are read where that is known."""
    from recommender.knowledge import load

    known = load().kubernetes
    told = {resource for row in known.reading.devices for resource in row.resources}
    return (
        *known.reading.devices,
        *(_other(row) for row in known.devices if row.resource not in told),
    )


def _other(row: ClusterDevice) -> NodeDevices:
    """A vendor of which no more is known than what its devices are called."""
    return NodeDevices(
        vendor=row.vendor,
        resources=(row.resource,),
        source=row.source,
        checked=row.checked,
    )


def _of_vendor(row: NodeDevices, labels: Labels, instance: str) -> Iterator[Accelerator]:
    kinds = list(_kinds(row, labels, instance))
    count = _count(row, labels)
    if count and len(kinds) <= 1:
        yield from [kinds[0][0] if kinds else Accelerator(vendor=row.vendor)] * min(count, _MOST)
    elif count:
        yield from (device for device, many in kinds for _ in range(min(many, _MOST)))
    yield from _slices(row, labels)


def _count(row: NodeDevices, labels: Labels) -> int:
    """Physical devices that pods may have: shared ones stand there once for each share."""
    offered = [labels.usable(name) for name in row.resources if name in labels.capacity]
    usable = max((number or 0 for number in offered), default=None)
    there = labels.number(row.count)
    if usable is None:
        return there or 0  # dynamic resource allocation has labels and no such resource
    shares = max(labels.number(row.replicas) or 1, 1)
    if row.count and row.replicas is None and there is not None and usable > there:
        return there  # a plugin without a label of its own lends each device several times
    return -(-usable // shares)


def _kinds(row: NodeDevices, labels: Labels, instance: str) -> Iterator[tuple[Accelerator, int]]:
    """Each kind of device that the labels tell of, and how many of it."""
    if row.counted:
        yield from _counted(row, labels)
        return
    name = _name(row, labels) or _instance(row, labels, instance)
    name, partition = _cut(name, row.cut)
    numbers = [labels.get(key) for key in row.capability]
    yield (
        _device(
            row,
            name=name,
            memory_gib=_memory(row, labels.get(row.memory)),
            compute_capability=".".join(map(str, numbers)) if numbers and all(numbers) else None,
            partition=partition,
        ),
        1,
    )


def _device(row: NodeDevices, **facts: Any) -> Accelerator:
    return Accelerator(vendor=row.vendor, driver_bound=True, **facts)


def _name(row: NodeDevices, labels: Labels) -> str | None:
    """The device's name as people write it: a label's value has no blanks."""
    text = labels.get(row.product)
    if text is None:
        return None
    return row.prefix + text.removesuffix(row.shared or "")


def _cut(name: str | None, mark: str | None) -> tuple[str | None, str | None]:
    """A name and the profile of the slice that stands behind it."""
    plain, _, profile = (name or "").partition(mark) if mark else (name or "", "", "")
    return _spaced(plain) or None, profile or None


def _spaced(text: str) -> str:
    return text.replace("-", " ").replace("_", " ").strip()


def _instance(row: NodeDevices, labels: Labels, instance: str) -> str | None:
    family = (labels.get(instance) or "").partition(".")[0]
    return next((name for start, name in row.instances.items() if family.startswith(start)), None)


def _memory(row: NodeDevices, text: str | None) -> float | None:
    size = whole((text or "").removesuffix("G"))
    if not size:
        return None
    return round(size / _MIB_PER_GIB, 3) if row.unit == "mib" else float(size)


def _counted(row: NodeDevices, labels: Labels) -> Iterator[tuple[Accelerator, int]]:
    """Kinds of a labeller that writes KEY=VALUE for one kind, KEY.VALUE=COUNT for several."""
    products = _values(row, labels, row.product)
    sizes = _values(row, labels, row.memory)
    units = _values(row, labels, row.units)
    partition = labels.get(row.partition)
    if partition in row.whole:
        partition = None
    for name, count in products.items():
        yield (
            _device(
                row,
                name=_spaced(name) or None,
                # The labeller tells the memory of a board, not of a part of it.
                memory_gib=None
                if partition
                else _memory(row, _paired(name, count, products, sizes)),
                compute_units=whole(_paired(name, count, products, units)),
                partition=partition,
            ),
            count,
        )


def _values(row: NodeDevices, labels: Labels, key: str | None) -> dict[str, int]:
    """Values of a label and how many devices have each; 1 where all have the same."""
    for prefix in row.prefixes:
        single = labels.get(f"{prefix}{key}")
        if single:
            return {single: 1}
        start = f"{prefix}{key}."
        several = {
            name.removeprefix(start): whole(value) or 0
            for name, value in labels.labels.items()
            if name.startswith(start)
        }
        if several:
            return dict(sorted(several.items()))
    return {}


def _paired(
    name: str, count: int, products: Mapping[str, int], values: Mapping[str, int]
) -> str | None:
    """The value that the devices of this name have: the only one, or that of as many devices."""
    if len(values) == 1:
        return next(iter(values))
    alike = [value for value, many in values.items() if many == count]
    alone = sum(many == count for many in products.values()) == 1
    return alike[0] if alone and len(alike) == 1 and name in products else None


def _slices(row: NodeDevices, labels: Labels) -> Iterator[Accelerator]:
    """Parts of devices that are resources of their own."""
    if row.slices is None:
        return
    for resource in sorted(labels.capacity):
        found = re.fullmatch(row.slices, resource)
        if found is None:
            continue
        text = labels.get(f"{resource}.product") or _first_name(row, labels)
        name, _ = _cut(text, row.cut)
        device = _device(
            row,
            name=name,
            memory_gib=_memory(row, labels.get(f"{resource}.memory")),
            partition=found[1],
        )
        yield from [device] * min(labels.usable(resource) or 0, _MOST)


def _first_name(row: NodeDevices, labels: Labels) -> str | None:
    """The name that whole devices of the node have, if it is one."""
    if row.counted:
        names = list(_values(row, labels, row.product))
        return names[0] if len(names) == 1 else None
    return _name(row, labels)


def _versions(row: NodeDevices, labels: Labels) -> Iterator[tuple[str, str]]:
    for field, forms in row.versions.items():
        for keys in forms:
            parts = [labels.get(key) for key in keys]
            if parts[0] and len([part for part in parts if part]) >= min(len(parts), 2):
                yield field, ".".join(part for part in parts if part)
                break


def _shared(row: NodeDevices, labels: Labels) -> Iterator[str]:
    shares = labels.number(row.replicas) or 1
    if shares > 1:
        yield (
            f"{shares} pods share each device there, with no memory of their own: a server that "
            "takes the whole memory leaves the others none"
        )


def _without_name(row: NodeDevices, own: list[Accelerator]) -> Iterator[str]:
    if any(device.name is None for device in own) and not row.nameless:
        yield f"no label tells which devices its {row.resources[0]} stands for"


def _broken(row: NodeDevices, labels: Labels, own: list[Accelerator]) -> Iterator[str]:
    """That devices are there and cannot be had, or that nobody tells what they are."""
    if row.nameless and own:
        yield f"{row.resources[0]} does not tell which generation of the device it is"
    if own:
        return
    known = [name for name in row.resources if whole(labels.capacity.get(name)) is not None]
    there = max([labels.number(row.count) or 0, *(whole(labels.capacity[n]) or 0 for n in known)])
    if there and known:
        yield (
            f"none of its {there} {known[0]} can be had: see the driver and the device plugin there"
        )


def _nameless(found: list[Accelerator], rows: tuple[NodeDevices, ...]) -> bool:
    """Whether all that was found are devices of which nobody knows what they are."""
    vendors = {row.vendor for row in rows if row.nameless}
    return all(device.name is None and device.vendor in vendors for device in found)


def _unknown(rows: Iterable[NodeDevices], labels: Labels) -> Iterator[str]:
    """Resources of the plugins of known vendors that stand for no device that is known."""
    domains = {resource.partition("/")[0] for row in rows for resource in row.resources}
    for resource, count in labels.capacity.items():
        if resource.partition("/")[0] in domains and whole(count):
            yield f"what its {printable(resource)} is, llmpick does not know"


def _on_the_bus(labels: Labels, reading: NodeReading) -> Iterator[str]:
    """Vendors whose devices are on the bus while no plugin offers any."""
    buses = reading.buses
    for name, value in labels.labels.items():
        if name.startswith(buses.prefix) and value == "true":
            words = name.removeprefix(buses.prefix).removesuffix(".present").split("_")
            for vendor, number in buses.vendors.items():
                classes = buses.classes[vendor]
                if number in words and (len(words) == 1 or set(words) & set(classes)):
                    who = printable(vendor)
                    yield f"a device of {who} is on its bus, and no device plugin offers it"
