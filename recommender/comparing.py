"""Machines side by side: each answers for itself, then each is held against the first."""

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from recommender import __version__
from recommender.facts import Answer, Machine, Model, Problem, Workload
from recommender.facts.comparison import Compared, Comparison
from recommender.fitting import fitted
from recommender.knowledge import load
from recommender.pipeline import as_asked
from recommender.rules.gains import best, gains

if TYPE_CHECKING:
    from recommender.facts.measurement import Measurement


def comparing(  # noqa: PLR0913  # the whole question
    machines: Mapping[str, Machine],
    workload: Workload,
    model: Model | None = None,
    *,
    frameworks: Collection[str] = (),
    rules: str = "current",
    lang: str = "en",
    include: Collection[str] = (),
    problems: Sequence[Problem] = (),
    measurements: "Sequence[Measurement]" = (),
) -> Comparison:
    """What each machine serves this work with, and what it gives over the first of them.

    Args:
        machines: at least two, by the names that people gave them, in their order.
        workload: what the servers are for, the same for all.
        model: the model to serve; None lets each machine propose its own strongest one.
        frameworks: ids of the only frameworks to try; empty tries all that are ranked.
        rules: ``current`` or ``article``.
        lang: ``en`` or ``zh``, for the sentences alone.
        include: ids of challengers that are tried besides.
        problems: what was noticed while the question was put together.
        measurements: what was measured of servers, here or elsewhere.
    """
    ask = partial(
        as_asked,
        workload=workload,
        model=model,
        frameworks=frameworks,
        rules=rules,
        lang=lang,
        include=include,
        measurements=measurements,
    )
    found = [_compared(name, ask(machine)) for name, machine in machines.items()]
    known = load()
    words = known.speak(lang)
    return Comparison(
        llmpick_version=__version__,
        knowledge_date=known.date,
        workload=workload,
        model=model,
        machines=tuple(found),
        gains=tuple(gain for other in found[1:] for gain in gains(found[0], other, words)),
        best=best(found, workload),
        problems=tuple(problems),
    )


def _compared(name: str, answer: Answer) -> Compared:
    """A machine by what leads its ranking."""
    first = answer.ranking[0] if answer.ranking else None
    return Compared(
        name=name,
        machine=answer.machine,
        model=answer.model,
        pick=fitted(first, first.fit) if first and first.fit else None,
        rejected=answer.rejected,
        problems=answer.problems,
    )
