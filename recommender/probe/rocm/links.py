"""Which GPUs of one machine are joined by XGMI, and which only by PCIe."""

from collections.abc import Iterable, Sequence

from recommender.facts.machine import Link
from recommender.probe import kfd
from recommender.probe.files import Files
from recommender.probe.kfd import Node


def read(files: Files, nodes: Sequence[Node]) -> tuple[Link, ...]:
    """Links between nodes, named by their places in ``nodes``.

    The kernel gives all GPUs that XGMI joins one ``hive_id``. Kernels without it list each link.
    """
    hives = [node.facts.get("hive_id") or None for node in nodes]
    if any(hive is not None and hives.count(hive) > 1 for hive in hives):
        pairs = [(hives.index(hive), place) for place, hive in enumerate(hives) if hive]
    else:
        places = {node.number: place for place, node in enumerate(nodes)}
        pairs = [
            (place, places[peer])
            for place, node in enumerate(nodes)
            for peer in kfd.xgmi_peers(files, node)
            if peer in places
        ]
    return grouped(len(nodes), pairs)


def grouped(count: int, joined: Iterable[tuple[int, int]]) -> tuple[Link, ...]:
    """One XGMI link for each group of joined devices; PCIe over all where that leaves any apart."""
    if count <= 1:
        return ()
    group_of = list(range(count))
    for one, other in joined:
        old, new = sorted((group_of[one], group_of[other]), reverse=True)
        group_of = [new if group == old else group for group in group_of]
    groups = [
        tuple(place for place, group in enumerate(group_of) if group == name)
        for name in dict.fromkeys(group_of)
    ]
    xgmi = tuple(Link(kind="xgmi", devices=group) for group in groups if len(group) > 1)
    return xgmi if len(groups) == 1 else (*xgmi, Link(kind="pcie", devices=tuple(range(count))))
