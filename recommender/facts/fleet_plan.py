"""Which pool serves which model: the answer of ``llmpick fleet --workloads``."""

from dataclasses import field

from recommender.facts.answer import Reason
from recommender.facts.fit import Fit, Speed
from recommender.facts.model import Model
from recommender.facts.noun import noun
from recommender.facts.workload import Workload


@noun
class Demand:
    """One model that the fleet has to serve, and for whom.

    ``workload.concurrency`` counts requests in flight over all its servers, of which there are to
    be ``replicas`` at least. ``tokens_per_s`` is what each user shall get who is alone.
    """

    name: str
    model: Model
    workload: Workload
    replicas: int = 1
    tokens_per_s: float | None = None


@noun
class Place:
    """Where one server runs: its nodes, its devices by their numbers on each, and its port.

    ``devices`` is empty where a server takes all of a node or computes on the processor.
    """

    nodes: tuple[str, ...]
    devices: tuple[int, ...] = ()
    port: int


@noun
class Serving:
    """Equal servers of one model in one pool.

    ``pool`` counts from 0 in ``pools`` of the answer. Each of the ``replicas`` takes ``devices`` of
    a node, or ``nodes`` whole nodes together, and holds ``users`` requests at once; ``fit`` and
    ``speed`` are those of one.
    """

    pool: int
    framework: str
    platform: str
    version: str | None
    score: float
    replicas: int
    devices: int
    nodes: int = 1
    users: int
    fit: Fit
    speed: Speed = field(default_factory=Speed)
    warnings: tuple[Reason, ...] = ()
    places: tuple[Place, ...] = ()


@noun
class Shortage:
    """What of a demand is not met: requests in flight, and servers.

    ``why`` says it of each pool, ``would`` what would meet it.
    """

    users: int
    replicas: int = 0
    why: tuple[str, ...] = ()
    would: tuple[str, ...] = ()


@noun
class Served:
    """One demand, and what serves it; ``users`` is what its servers hold at once.

    ``better`` says what would serve it as it should be, where only a makeshift does.
    """

    name: str
    model: Model
    workload: Workload
    replicas: int
    users: int
    servings: tuple[Serving, ...] = ()
    shortage: Shortage | None = None
    better: tuple[str, ...] = ()


@noun
class Spare:
    """What a pool has left: nodes on which nothing runs, and devices of the others."""

    pool: int
    nodes: int
    devices: int


@noun
class FleetPlan:
    """Servers for all demands, the first named first where not all can be met.

    ``proven`` is False where the time ended before it was known that nothing is better.
    """

    served: tuple[Served, ...]
    spare: tuple[Spare, ...] = ()
    proven: bool = True

    @property
    def servers(self) -> int:
        """How many there are in all."""
        return sum(serving.replicas for one in self.served for serving in one.servings)
