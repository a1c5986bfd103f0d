"""The plan of a fleet: servers for every demand, and what is left."""

from collections.abc import Mapping, Sequence

from recommender.facts.fleet_plan import Demand, FleetPlan, Place, Served, Serving, Spare
from recommender.fleet.pools import Kind
from recommender.fleet.wishes import Answering, Wish, here
from recommender.planning.assignment import assigned
from recommender.planning.packing import Packed, packed
from recommender.planning.shortage import Shortages
from recommender.planning.suiting import suiting
from recommender.planning.units import Unit, cells

_Placed = Sequence[tuple[Unit, tuple[Place, ...]]]


def planned(
    demands: Sequence[Demand],
    kinds: Sequence[Kind],
    asking: Wish,
    answering: Answering = here,
) -> FleetPlan:
    """Which pool serves which demand, with how many servers and where.

    Args:
        demands: what is to be served, the most important first.
        kinds: the pools.
        asking: by which rules, in which language and with which challengers.
        answering: where the questions are answered.

    Raises:
        InputError: the solver is not installed.
    """
    every = cells(demands, kinds, asking, answering)
    units = suiting(demands, [unit for cell in every for unit in cell.units])
    sizes = [(len(kind.nodes), len(kind.machine.accelerators)) for kind in kinds]
    chosen = assigned(demands, units, sizes)
    apart = {row: demand.replicas for row, demand in enumerate(demands)}
    rooms, placed = _placed(kinds, units, chosen.counts, apart)
    missing = Shortages(every, units, kinds, asking, answering)
    served = []
    for row, demand in enumerate(demands):
        mine = (_serving(unit, places) for unit, places in placed if unit.demand == row)
        served.append(_served(row, demand, tuple(mine), missing))
    spare = (
        Spare(pool=pool, nodes=room.nodes, devices=room.devices) for pool, room in enumerate(rooms)
    )
    return FleetPlan(served=tuple(served), spare=tuple(spare), proven=chosen.proven)


def _placed(
    kinds: Sequence[Kind], units: Sequence[Unit], counts: Sequence[int], apart: Mapping[int, int]
) -> tuple[list[Packed], _Placed]:
    """What each pool has left, and the units that are used with their places."""
    rooms: list[Packed] = []
    placed: list[tuple[Unit, tuple[Place, ...]]] = []
    for pool, kind in enumerate(kinds):
        mine = [at for at, unit in enumerate(units) if unit.pool == pool and counts[at]]
        own = [units[at] for at in mine]
        rooms.append(packed(kind, own, [counts[at] for at in mine], apart))
        placed += zip(own, rooms[-1].places, strict=True)
    return rooms, placed


def _served(row: int, demand: Demand, servings: tuple[Serving, ...], missing: Shortages) -> Served:
    users = sum(one.users * one.replicas for one in servings)
    return Served(
        name=demand.name,
        model=demand.model,
        workload=demand.workload,
        replicas=demand.replicas,
        users=users,
        servings=servings,
        shortage=missing.of(row, demand, users, sum(one.replicas for one in servings)),
        better=missing.better(demand, servings),
    )


def _serving(unit: Unit, places: tuple[Place, ...]) -> Serving:
    candidate = unit.candidate
    return Serving(
        pool=unit.pool,
        framework=candidate.framework,
        platform=candidate.platform,
        version=candidate.version,
        score=candidate.score,
        replicas=len(places),
        devices=unit.devices,
        nodes=unit.nodes,
        users=unit.users,
        fit=unit.fit,
        speed=candidate.speed,
        warnings=candidate.warnings,
        places=places,
    )
