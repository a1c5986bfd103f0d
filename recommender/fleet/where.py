"""What the nodes of a pool have in common, by which their owner tells them from others."""

import re
from collections.abc import Iterable

from recommender.facts.cluster import NodeDevices
from recommender.facts.fleet import Where
from recommender.fleet.labels import Labels


def domains(rows: Iterable[NodeDevices]) -> frozenset[str]:
    """What the labels and resources of device plugins begin with."""
    return frozenset(resource.partition("/")[0] for row in rows for resource in row.resources)


def resources(labels: Labels, rows: Iterable[NodeDevices]) -> dict[str, str]:
    """What the devices of a node are called, by the vendor or by the profile of a slice."""
    found: dict[str, str] = {}
    for row in rows:
        whole = next((name for name in row.resources if labels.usable(name)), None)
        if whole:
            found.setdefault(row.vendor, whole)
        matched = (re.fullmatch(row.slices, name) for name in labels.capacity if row.slices)
        found |= {one[1]: one[0] for one in matched if one and labels.usable(one[0])}
    return found


def common(one: Where, other: Where) -> Where:
    """What holds for both; a pod there has to tolerate the taints of either."""
    return Where(
        labels={key: text for key, text in one.labels.items() if other.labels.get(key) == text},
        taints=tuple(dict.fromkeys((*one.taints, *other.taints))),
        resources={
            key: name for key, name in one.resources.items() if other.resources.get(key) == name
        },
        gres=one.gres if one.gres == other.gres else None,
        features=tuple(name for name in one.features if name in other.features),
        partitions=tuple(name for name in one.partitions if name in other.partitions),
    )
