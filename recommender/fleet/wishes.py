"""What is asked of one machine, so that many questions can be answered here or on a cluster."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import field

from recommender.facts import Answer, Machine, Model, Problem, Workload
from recommender.facts.measurement import Measurement
from recommender.facts.noun import noun
from recommender.pipeline import as_asked, recommend


@noun
class Wish:
    """One question about one machine; the fields are those of ``pipeline.recommend``.

    ``exact`` keeps to the model that is asked for, which no other one replaces. A wish about many
    machines is one without a machine: each of them takes its place.
    """

    machine: Machine = field(default_factory=Machine)
    workload: Workload
    model: Model | None = None
    rules: str = "current"
    lang: str = "en"
    include: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    exact: bool = False


Answering = Callable[[Iterable[Wish]], Iterator[Answer]]
"""Answers wishes in their order."""


def answer(wish: Wish) -> Answer:
    """The answer to one wish."""
    ask = as_asked if wish.exact else recommend
    return ask(
        wish.machine,
        wish.workload,
        wish.model,
        rules=wish.rules,
        lang=wish.lang,
        include=wish.include,
        problems=wish.problems,
        measurements=wish.measurements,
    )


def here(wishes: Iterable[Wish]) -> Iterator[Answer]:
    """Answer in this process, one after another."""
    return map(answer, wishes)
