"""The answer for a whole fleet: each pool of equal machines is ranked once."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from recommender import __version__
from recommender.errors import visible
from recommender.facts import Answer
from recommender.facts.command import Command
from recommender.facts.fleet import Fleet, Pool
from recommender.facts.noun import changed
from recommender.facts.packed import Packed
from recommender.fleet import kubernetes, slurm
from recommender.fleet.pools import Kind, Pools
from recommender.fleet.wishes import Answering, Wish, here
from recommender.knowledge import load
from recommender.launch.shell import posix
from recommender.rules.instead import runs

# A name that is a host's and no option of srun.
_HOST = re.compile(r"[A-Za-z0-9][\w.-]{0,252}")
_MANY = 200
_PROBE = ("llmpick", "probe", "--json")
_PROBE_ALL = ("llmpick", "launch", "probe", "--target", "kubernetes")


def answered(pools: Pools, wish: Wish, answering: Answering = here) -> Fleet:
    """What to run on each pool, and what no pool takes.

    Args:
        pools: what was read.
        wish: what is asked about each of them; its problems are those of the whole answer.
        answering: where the questions are answered.
    """
    kinds = pools.largest_first()
    wishes = (changed(wish, machine=kind.machine, problems=()) for kind in kinds)
    return told(pools, wish, _held(map(_pool, kinds, answering(wishes)), len(kinds)))


def told(pools: Pools, wish: Wish, answers: Sequence[Pool]) -> Fleet:
    """The answer for the pools, whose own ``answers`` are there, and what no pool takes."""
    known = load()
    words = known.speak(wish.lang)
    return Fleet(
        llmpick_version=__version__,
        knowledge_date=known.date,
        rules=wish.rules,
        workload=wish.workload,
        pools=answers,
        set_apart=tuple(replace(one, reason=words.said(one.reason)) for one in pools.set_apart),
        unreadable=tuple(replace(one, reason=words.said(one.reason)) for one in pools.unreadable),
        unreadable_count=pools.unreadable_count,
        problems=tuple(map(words.problem, wish.problems)),
    )


def _held(pools: Iterable[Pool], count: int) -> Sequence[Pool]:
    """Few as they are; of many, which have 80 kB each, only those that are looked at."""
    return tuple(pools) if count < _MANY else Packed(pools)


def unranked(kind: Kind) -> Pool:
    """A pool of which nothing was asked."""
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
        unranked(kind),
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
