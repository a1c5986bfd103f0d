"""The answer of ``llmpick recommend``: a ranking with reasons, and why the rest cannot run."""

from collections.abc import Mapping
from dataclasses import field

from recommender.facts.fit import Fit, Speed
from recommender.facts.machine import Machine, Problem
from recommender.facts.model import Model
from recommender.facts.noun import noun
from recommender.facts.workload import Workload

SCHEMA_VERSION = "1.0"
SITE = "site"
"""The layer of what a site says of itself: its house rules, names and addresses."""


@noun
class Reason:
    """One named reason. ``layer`` is article, facts, corrections, estimate or site.

    ``text`` is the sentence for ``rule`` and ``params`` in the language of the answer; ``fact`` and
    ``fix`` are given where the rule failed, ``points`` where it moved the score.
    """

    rule: str
    points: float = 0
    layer: str = "facts"
    params: Mapping[str, object] = field(default_factory=dict)
    text: str = ""
    fact: str | None = None
    fix: str | None = None
    source: str | None = None
    checked: str | None = None


@noun
class Commands:
    """Lines to paste into a shell, in order; ``notes`` say what a line cannot."""

    install: tuple[str, ...] = ()
    serve: tuple[str, ...] = ()
    check: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@noun
class Launch:
    """How to start the pick: the preferred way (``method``), and the other ways beside it."""

    method: str
    version: str | None = None
    install: tuple[str, ...] = ()
    serve: tuple[str, ...] = ()
    check: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    others: Mapping[str, Commands] = field(default_factory=dict)


@noun
class Candidate:
    """One framework that can run here. The points of ``reasons`` sum to ``score``.

    ``unknown`` names the facts that could have decided against it and are not known, and
    ``confidence`` follows from them: high with none, low where even the memory or the support is
    unknown, else medium.
    """

    rank: int
    framework: str
    platform: str
    support: str
    score: float
    confidence: str = "high"
    unknown: tuple[str, ...] = ()
    version: str | None = None
    device: str | None = None
    reasons: tuple[Reason, ...] = ()
    warnings: tuple[Reason, ...] = ()
    fit: Fit | None = None
    speed: Speed = field(default_factory=Speed)
    launch: Launch | None = None


@noun
class Rejection:
    """One framework that cannot run here, with every rule that failed."""

    framework: str
    platform: str
    reasons: tuple[Reason, ...]


@noun
class Considered:
    """A framework beside the ranked ones that an expert would name here, and why.

    ``role`` is challenger, or layer for what runs over the ranked frameworks named in ``over``.
    """

    framework: str
    name: str
    role: str
    over: tuple[str, ...] = ()
    reasons: tuple[Reason, ...]


@noun
class Answer:
    """The whole answer; ``problems`` are about the machine, the wish or the model."""

    schema_version: str = SCHEMA_VERSION
    llmpick_version: str
    knowledge_date: str
    rules: str
    machine: Machine
    workload: Workload
    model: Model | None
    ranking: tuple[Candidate, ...] = ()
    rejected: tuple[Rejection, ...] = ()
    problems: tuple[Problem, ...] = ()
    also_consider: tuple[Considered, ...] = ()
