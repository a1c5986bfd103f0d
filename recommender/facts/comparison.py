"""Machines side by side for one piece of work, and what each gives over the first."""

from collections.abc import Mapping
from dataclasses import field

from recommender.facts.answer import SCHEMA_VERSION, Rejection
from recommender.facts.fitting import Fitted
from recommender.facts.machine import Machine, Problem
from recommender.facts.model import Model
from recommender.facts.noun import noun
from recommender.facts.workload import Workload


@noun
class Compared:
    """One machine: its ``pick`` (None where nothing runs the model there) and what cannot run.

    ``model`` is the one that was asked for, else the strongest that is proposed for this machine.
    """

    name: str
    machine: Machine
    model: Model | None
    pick: Fitted | None = None
    rejected: tuple[Rejection, ...] = ()
    problems: tuple[Problem, ...] = ()


@noun
class Gain:
    """What ``machine`` gives over ``than``: the ``rule`` and ``params`` of the sentence ``text``.

    ``better`` is None where it is another thing rather than a better or a worse one.
    """

    machine: str
    than: str
    rule: str
    better: bool | None = None
    params: Mapping[str, object] = field(default_factory=dict)
    text: str = ""


@noun
class Comparison:
    """The answer of ``llmpick compare``; ``best`` names a machine, None where none serves it."""

    schema_version: str = SCHEMA_VERSION
    llmpick_version: str
    knowledge_date: str
    workload: Workload
    model: Model | None
    machines: tuple[Compared, ...]
    gains: tuple[Gain, ...] = ()
    best: str | None = None
    problems: tuple[Problem, ...] = ()
