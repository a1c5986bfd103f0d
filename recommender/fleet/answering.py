"""The answer for a whole fleet: each pool of equal machines is ranked once."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from recommender import __version__
from recommender.errors import visible
from recommender.facts import Answer, Model, Problem, Workload
from recommender.facts.command import Command
from recommender.facts.fleet import Fleet, Pool
from recommender.facts.packed import Packed
from recommender.fleet import kubernetes, slurm
from recommender.fleet.pools import Kind, Pools
from recommender.fleet.wishes import Answering, Wish, here
from recommender.knowledge import load
from recommender.launch.shell import posix
from recommender.rules.instead import runs

if TYPE_CHECKING:
    from recommender.facts.measurement import Measurement

# A name that is a host's and no option of srun.
_HOST = re.compile(r"[A-Za-z0-9][\w.-]{0,252}")
_MANY = 200
_PROBE = ("llmpick", "probe", "--json")
_PROBE_ALL = ("llmpick", "launch", "probe", "--target", "kubernetes")


def answered(  # noqa: PLR0913  # the whole question
    pools: Pools,
    workload: Workload,
    model: Model | None = None,
    *,
    rules: str = "current",
    lang: str = "en",
    include: Collection[str] = (),
    problems: Sequence[Problem] = (),
    measurements: "Sequence[Measurement]" = (),
    answering: Answering = here,
) -> Fleet:
    """What to run on each pool, and what no pool takes.

    Args:
        pools: what was read.
        workload: what the servers are for, the same for all.
        model: the model to serve; None lets each pool propose its own.
        rules: ``current`` or ``article``.
        lang: ``en`` or ``zh``, for the sentences alone.
        include: ids of challengers that take part.
        problems: what was noticed while the question was put together.
        measurements: what was measured of servers, here or elsewhere.
        answering: where the questions are answered.
    """
    kinds = pools.largest_first()
    wishes = (
        Wish(
            machine=kind.machine,
            workload=workload,
            model=model,
            rules=rules,
            lang=lang,
            include=tuple(include),
            measurements=tuple(measurements),
        )
        for kind in kinds
    )
    return replace(
        told(pools, workload, problems, rules=rules, lang=lang),
        pools=_held(map(_pool, kinds, answering(wishes)), len(kinds)),
    )


def told(
    pools: Pools,
    workload: Workload,
    problems: Sequence[Problem] = (),
    *,
    rules: str = "current",
    lang: str = "en",
) -> Fleet:
    """The pools without a ranking, and what no pool takes; the arguments are those above."""
    known = load()
    words = known.speak(lang)
    return Fleet(
        llmpick_version=__version__,
        knowledge_date=known.date,
        rules=rules,
        workload=workload,
        pools=tuple(_unranked(kind) for kind in pools.largest_first()),
        set_apart=tuple(replace(one, reason=words.said(one.reason)) for one in pools.set_apart),
        unreadable=tuple(replace(one, reason=words.said(one.reason)) for one in pools.unreadable),
        unreadable_count=pools.unreadable_count,
        problems=tuple(map(words.problem, problems)),
    )


def _held(pools: Iterable[Pool], count: int) -> Sequence[Pool]:
    """Few as they are; of many, which have 80 kB each, only those that are looked at."""
    return tuple(pools) if count < _MANY else Packed(pools)


def _unranked(kind: Kind) -> Pool:
    return Pool(
        machine=kind.machine,
        count=len(kind.nodes),
        nodes=tuple(kind.nodes),
        source=kind.source,
        where=kind.where,
    )


def _pool(kind: Kind, answer: Answer) -> Pool:
    missing = dict.fromkeys(name for one in answer.ranking for name in one.unknown)
    return replace(
        _unranked(kind),
        machine=answer.machine,
        model=answer.model,
        runs=runs(answer),
        ranking=answer.ranking,
        rejected=answer.rejected,
        unknown=tuple(missing),
        ask=_ask(kind) if missing or not answer.ranking else None,
        problems=answer.problems,
    )


def _ask(kind: Kind) -> str | None:
    """The command that probes one node of a kind of which a scheduler told, or all of them."""
    if kind.source == kubernetes.SOURCE:
        return " ".join(_PROBE_ALL)
    name = kind.nodes[0]
    if not _HOST.fullmatch(name):
        return None
    asked = ("srun", "-N1", "-w", name, *_PROBE)
    return visible(posix(Command(argv=asked))) if kind.source == slurm.SOURCE else None
