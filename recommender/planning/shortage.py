"""What of a demand is not met, why, and what would meet it."""

from collections.abc import Iterator, Sequence

from recommender.facts import Rejection
from recommender.facts.fleet_plan import Demand, Serving, Shortage
from recommender.fleet.pools import Kind
from recommender.fleet.wishes import Answering, Wish
from recommender.knowledge import load
from recommender.planning.parts import spanning
from recommender.planning.units import SPANS, Cell, Unit, serves, wished
from recommender.rules.instead import makeshift

# Of so many pools it is said why; others differ little.
_POOLS = 5


class Shortages:
    """What every demand lacks, told from what each pool can hold."""

    def __init__(
        self,
        every: Sequence[Cell],
        units: Sequence[Unit],
        kinds: Sequence[Kind],
        asking: Wish,
        answering: Answering,
    ) -> None:
        """Tell of demands.

        Args:
            every: what serves each demand in each pool.
            units: the servers among them that were fast enough.
            kinds: the pools.
            asking: how questions are put.
            answering: where they are answered.
        """
        self._every, self._units, self._kinds = every, units, kinds
        self._asking, self._answering = asking, answering
        self._words = load().speak(asking.lang)

    def of(self, row: int, demand: Demand, users: int, replicas: int) -> Shortage | None:
        """What the demand of this number lacks; None where nothing is missing.

        Args:
            row: its number.
            demand: what is asked for.
            users: requests that its servers hold.
            replicas: its servers.
        """
        missing = max(demand.workload.concurrency - users, 0)
        fewer = max(demand.replicas - replicas, 0)
        if not missing and not fewer:
            return None
        why, would = self._told(row, demand, missing, fewer)
        return Shortage(users=missing, replicas=fewer, why=tuple(why), would=tuple(would))

    def better(self, demand: Demand, servings: Sequence[Serving]) -> tuple[str, ...]:
        """What would serve a demand as it should be, where only a makeshift does."""
        poor = any(makeshift(one.score, one.fit) for one in servings)
        return tuple(self._wider(demand)) if poor else ()

    def _told(
        self, row: int, demand: Demand, missing: int, fewer: int
    ) -> tuple[list[str], list[str]]:
        usable = [unit for unit in self._units if unit.demand == row]
        mine = [cell for cell in self._every if cell.demand == row]
        if usable:
            return [self._words.key("plan.taken")], list(self._more(usable, missing, fewer))
        if any(cell.units for cell in mine):
            wanted = demand.tokens_per_s
            return [self._words.key("plan.slow", wanted=wanted)], []
        would = list(self._wider(demand)) or list(_fixes(mine))
        return list(self._refusals(mine)), would

    def _more(self, units: Sequence[Unit], missing: int, fewer: int) -> Iterator[str]:
        """How many more nodes of a pool would do, the fewest first."""
        found: dict[int, int] = {}
        for unit in units:
            devices = len(self._kinds[unit.pool].machine.accelerators)
            servers = max(-(-missing // unit.users), fewer)
            each = 1 if unit.whole(devices) else devices // unit.devices
            nodes = -(-servers // each) * unit.nodes
            found[unit.pool] = min(nodes, found.get(unit.pool, nodes))
        for pool, nodes in sorted(found.items(), key=lambda row: row[1])[:_POOLS]:
            yield self._words.key("plan.more-nodes", count=nodes, pool=pool + 1)

    def _wider(self, demand: Demand) -> Iterator[str]:
        """How many nodes of a pool would serve the model together, were there as many."""
        for pool, kind in enumerate(self._kinds[:_POOLS]):
            spans = [span for span in SPANS if span > len(kind.nodes)]
            wishes = [wished(self._asking, demand, spanning(kind.machine, span)) for span in spans]
            tried = zip(spans, self._answering(wishes), strict=True)
            span = next((span for span, answer in tried if serves(answer, demand)), None)
            if span:
                yield self._words.key("plan.together", count=span, pool=pool + 1)

    def _refusals(self, mine: Sequence[Cell]) -> Iterator[str]:
        """Why the framework that came nearest does not serve it, for each pool."""
        for cell in mine[:_POOLS]:
            nearest, pool = _nearest(cell.rejected), cell.pool + 1
            if nearest:
                name, why = load().titles[nearest.framework], nearest.reasons[0].text
                yield self._words.key("plan.why", pool=pool, framework=name, why=why)
            else:
                yield self._words.key("plan.unsized", pool=pool)


def _nearest(rejected: Sequence[Rejection]) -> Rejection | None:
    """The one with the fewest obstacles."""
    return min(rejected, key=lambda one: len(one.reasons), default=None)


def _fixes(mine: Sequence[Cell]) -> Iterator[str]:
    found = (_nearest(cell.rejected) for cell in mine[:_POOLS])
    fixes = (reason.fix for one in found if one for reason in one.reasons if reason.fix)
    yield from dict.fromkeys(fixes)
