"""How many of which servers: an assignment of demands to the devices of all pools.

The aims, one after the other: all demands met, the first named first; no framework that ranks far
below the best one for its work; few unlike servers, for a gateway hands each of them as much;
little memory taken, so that small models leave large devices free; few servers.
"""

from collections.abc import Iterator, Sequence

from recommender.facts.fleet_plan import Demand
from recommender.facts.noun import noun
from recommender.planning.program import Program
from recommender.planning.units import Unit

# For all aims. A fleet of some pools takes milliseconds.
_SECONDS = 30.0
# What two frameworks may differ by and be called close (rules/close.py).
_CLOSE = 6.0
# Servers of one model with unlike builds answer unlike; that is worth a place in the ranking.
_OTHER_BUILD = 12.0
_OWN = "own"


@noun
class Assigned:
    """How many of each unit, and whether nothing better exists."""

    counts: tuple[int, ...]
    proven: bool


def assigned(
    demands: Sequence[Demand], units: Sequence[Unit], sizes: Sequence[tuple[int, int]]
) -> Assigned:
    """The number of servers of each kind.

    Args:
        demands: what is to be served.
        units: what a server can be.
        sizes: for each pool how many nodes it has, and how many devices each.

    Raises:
        InputError: the solver is not installed.
    """
    return _Assignment(demands, units, sizes).solved()


class _Assignment:
    def __init__(
        self, demands: Sequence[Demand], units: Sequence[Unit], sizes: Sequence[tuple[int, int]]
    ) -> None:
        self._demands, self._units = demands, units
        self._program = Program(_SECONDS)
        self._of = {
            row: [at for at, unit in enumerate(units) if unit.demand == row]
            for row in range(len(demands))
        }
        self._limits = [_most(demands[unit.demand], unit, sizes) for unit in units]
        self._count = [self._program.variable(limit) for limit in self._limits]
        self._room(sizes)
        self._used = list(self._kinds())

    def solved(self) -> Assigned:
        for row, demand in enumerate(self._demands):
            self._meet(row, demand)
        self._program.least(self._losses())
        self._program.least(dict.fromkeys(self._used, 1.0))
        self._program.least({self._count[at]: unit.memory_gib for at, unit in self._all()})
        self._program.least(dict.fromkeys(self._count, 1.0))
        values = self._program.values()
        return Assigned(
            counts=tuple(values[number] for number in self._count), proven=self._program.proven
        )

    def _all(self) -> Iterator[tuple[int, Unit]]:
        return enumerate(self._units)

    def _meet(self, row: int, demand: Demand) -> None:
        """As many users and servers as can be, after those that were named before."""
        program = self._program
        mine = self._of[row]
        users = program.variable(demand.workload.concurrency)
        servers = program.variable(demand.replicas)
        held = {self._count[at]: float(self._units[at].users) for at in mine}
        program.at_least({**held, users: 1.0}, demand.workload.concurrency)
        program.at_least({**{self._count[at]: 1.0 for at in mine}, servers: 1.0}, demand.replicas)
        # A missing server is worse than what it would have held.
        program.least({users: 1.0, servers: float(demand.workload.concurrency)})

    def _losses(self) -> dict[int, float]:
        """Points by which a server ranks below the best for its demand, for each of its users."""
        found: dict[int, float] = {}
        for mine in self._of.values():
            best = max((self._units[at].candidate.score for at in mine), default=0.0)
            own = any(self._units[at].fit.build == _OWN for at in mine)
            for at in mine:
                unit = self._units[at]
                loss = max(best - unit.candidate.score - _CLOSE, 0.0)
                loss += _OTHER_BUILD if own and unit.fit.build != _OWN else 0.0
                if loss:
                    found[self._count[at]] = loss * unit.users
        return found

    def _room(self, sizes: Sequence[tuple[int, int]]) -> None:
        for pool, (nodes, devices) in enumerate(sizes):
            mine = [at for at, unit in self._all() if unit.pool == pool]
            if mine:
                self._nodes(mine, nodes, devices)

    def _nodes(self, mine: Sequence[int], nodes: int, devices: int) -> None:
        """Servers find room on their nodes.

        Widths are powers of two, so the widest first fills a node without a gap: it is enough that
        those of a width and above leave as many slots of it as there are.
        """
        whole = {at for at in mine if self._units[at].whole(devices)}
        for width in {self._units[at].devices for at in mine if at not in whole} or {devices or 1}:
            slots = max(devices, 1) // width
            wide = {at: self._units[at].devices // width for at in mine if at not in whole}
            taken = {self._count[at]: float(many) for at, many in wide.items() if many}
            taken |= {self._count[at]: float(self._units[at].nodes * slots) for at in whole}
            self._program.at_most(taken, nodes * slots)

    def _kinds(self) -> Iterator[int]:
        """A variable for each kind of server: whether there is one."""
        for number, limit in zip(self._count, self._limits, strict=True):
            used = self._program.variable(1)
            self._program.at_most({number: 1.0, used: -float(limit)}, 0)
            yield used


def _most(demand: Demand, unit: Unit, sizes: Sequence[tuple[int, int]]) -> int:
    """No more servers than the demand needs, nor than the pool has room for."""
    nodes, devices = sizes[unit.pool]
    room = nodes // unit.nodes if unit.whole(devices) else nodes * (devices // unit.devices)
    needed = -(-demand.workload.concurrency // unit.users)
    return min(room, max(needed, demand.replicas))
