"""Which server runs on which nodes of its pool, with which devices and port."""

from collections.abc import Mapping, Sequence

from recommender.facts.fleet_plan import Place
from recommender.facts.noun import noun
from recommender.fleet.pools import Kind
from recommender.planning.units import Unit

# Servers of one node differ in their ports, from that of most examples up.
_PORT = 8000


@noun
class Packed:
    """The places of every unit's servers, and what is left: whole nodes, and devices of others."""

    places: tuple[tuple[Place, ...], ...]
    nodes: int
    devices: int


def packed(
    kind: Kind, units: Sequence[Unit], counts: Sequence[int], apart: Mapping[int, int]
) -> Packed:
    """Places for all servers of one pool, the widest first.

    Args:
        kind: the pool.
        units: what its servers are.
        counts: how many there are of each.
        apart: for each demand how many of its servers are to be on nodes of their own, as far as
            there is room.
    """
    try:
        return _Packing(kind, apart).packed(units, counts)
    except StopIteration:
        return _Packing(kind, {}).packed(units, counts)


class _Packing:
    """Nodes that fill up."""

    def __init__(self, kind: Kind, apart: Mapping[int, int]) -> None:
        self._nodes, self._devices = iter(kind.nodes), len(kind.machine.accelerators)
        self._open: list[_Node] = []
        self._apart = apart

    def packed(self, units: Sequence[Unit], counts: Sequence[int]) -> Packed:
        found: list[list[Place]] = [[] for _ in units]
        order = sorted(range(len(units)), key=lambda at: (-units[at].nodes, -units[at].devices))
        for at in order:
            found[at] = [self._place(units[at]) for _ in range(counts[at])]
        return Packed(
            places=tuple(map(tuple, found)),
            nodes=sum(1 for _ in self._nodes),
            devices=sum(self._devices - node.used for node in self._open),
        )

    def _place(self, unit: Unit) -> Place:
        if unit.whole(self._devices):
            names = [next(self._nodes) for _ in range(unit.nodes)]
            return Place(nodes=tuple(names), port=_PORT)
        node = self._node(unit)
        start, port = node.used, _PORT + len(node.demands)
        node.used += unit.devices
        node.demands.append(unit.demand)
        devices = tuple(range(start, start + unit.devices))
        return Place(nodes=(node.name,), devices=devices, port=port)

    def _node(self, unit: Unit) -> "_Node":
        """The first node with room, or a fresh one."""
        room = [node for node in self._open if node.used + unit.devices <= self._devices]
        alone = [node for node in room if unit.demand not in node.demands]
        holding = sum(unit.demand in node.demands for node in self._open)
        chosen = alone if holding < self._apart.get(unit.demand, 1) else room
        if not chosen:
            self._open.append(_Node(next(self._nodes)))
            return self._open[-1]
        return chosen[0]


class _Node:
    """A node that several servers share: the devices that are taken, and for which demands."""

    def __init__(self, name: str) -> None:
        self.name, self.used = name, 0
        self.demands: list[int] = []
