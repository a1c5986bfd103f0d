"""Which of the servers that hold a model are fast enough for the work."""

from collections.abc import Iterator, Sequence

from recommender.facts.fleet_plan import Demand
from recommender.planning.units import Unit
from recommender.rules.instead import makeshift

# Ceilings tell unlike devices apart where they differ by a factor; less is lost in what servers
# reach of them.
_ALIKE = 0.5


def suiting(demands: Sequence[Demand], units: Sequence[Unit]) -> list[Unit]:
    """The servers that may be chosen.

    Those too slow for what a demand asks for are left out. A makeshift and the processor serve
    only what nothing better of the fleet can, and latency is for the fastest devices.
    """
    found: list[Unit] = []
    for row, demand in enumerate(demands):
        found += _fastest(demand, [unit for unit in units if unit.demand == row])
    return found


def _fastest(demand: Demand, units: Sequence[Unit]) -> Sequence[Unit]:
    enough = [unit for unit in units if not _slow(demand, unit)]
    proper = [unit for unit in enough if not makeshift(unit.candidate.score, unit.fit)] or enough
    devices = [unit for unit in proper if unit.devices] or proper
    if demand.workload.priority != "latency":
        return devices
    best = max(_known(devices), default=0.0)
    return [unit for unit in devices if (unit.ceiling or 0.0) >= best * _ALIKE]


def _known(units: Sequence[Unit]) -> Iterator[float]:
    return (unit.ceiling for unit in units if unit.ceiling is not None)


def _slow(demand: Demand, unit: Unit) -> bool:
    """Whether it cannot reach what is asked for; of the processor nothing is known."""
    wanted, speed = demand.tokens_per_s, unit.candidate.speed.decode_tokens_per_s
    if wanted is None:
        return False
    best = speed[1] if speed else unit.ceiling
    return best is None or best < wanted
