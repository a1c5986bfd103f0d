"""Many machines for one piece of work: pools of equal ones, and those that no pool takes."""

from collections.abc import Mapping, Sequence
from dataclasses import field

from recommender.facts.answer import SCHEMA_VERSION, Candidate, Rejection
from recommender.facts.fleet_plan import FleetPlan
from recommender.facts.machine import Machine, Problem
from recommender.facts.model import Model
from recommender.facts.noun import noun
from recommender.facts.workload import Workload


@noun
class Taint:
    """What keeps pods off a node that do not tolerate it."""

    key: str
    effect: str
    value: str | None = None


@noun
class Where:
    """How the owner of a fleet tells these nodes from others.

    ``labels`` and ``taints`` are what all have in Kubernetes, ``resources`` what their devices are
    called there, by the vendor or by the profile of a slice. ``gres`` is what Slurm calls them,
    ``features`` and ``partitions`` what its nodes have.
    """

    labels: Mapping[str, str] = field(default_factory=dict)
    taints: tuple[Taint, ...] = ()
    resources: Mapping[str, str] = field(default_factory=dict)
    gres: str | None = None
    features: tuple[str, ...] = ()
    partitions: tuple[str, ...] = ()


@noun
class Pool:
    """Machines that are equal in all that decides, ranked once.

    ``machine`` is one of them without what is its own (name, addresses, free memory), ``count``
    how many there are, ``nodes`` their names. ``runs`` is whether one of them serves the work with
    the model that was asked for. ``unknown`` names facts that could have decided against a
    candidate and that the source does not tell, ``ask`` the command that learns them from a node.
    ``source`` says who told of them, ``where`` how that one finds them.
    """

    machine: Machine
    count: int
    nodes: tuple[str, ...]
    source: str | None = None
    where: Where | None = None
    model: Model | None = None
    runs: bool = False
    ranking: tuple[Candidate, ...] = ()
    rejected: tuple[Rejection, ...] = ()
    unknown: tuple[str, ...] = ()
    ask: str | None = None
    problems: tuple[Problem, ...] = ()


@noun
class SetApart:
    """A machine on which nothing should be started now, and why."""

    node: str
    reason: str


@noun
class Unreadable:
    """A line that tells of no machine; ``line`` counts from 1."""

    line: int
    reason: str


@noun
class Fleet:
    """The answer of ``llmpick fleet``: the largest pool first.

    ``unreadable`` holds the first of the lines that could not be read, ``unreadable_count`` how
    many there were. ``plan`` is there where several models were asked for: then no pool has a
    ranking, for each would have one a model.
    """

    schema_version: str = SCHEMA_VERSION
    llmpick_version: str
    knowledge_date: str
    rules: str
    workload: Workload
    pools: Sequence[Pool] = ()
    set_apart: tuple[SetApart, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    unreadable_count: int = 0
    plan: FleetPlan | None = None
    problems: tuple[Problem, ...] = ()
