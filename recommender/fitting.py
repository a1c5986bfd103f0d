"""Whether a model fits a machine: the ranking, read for what is in the memory."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from recommender.facts import Candidate, Fit, Machine, Model, Problem, Workload
from recommender.facts.fitting import Fitted, Fitting
from recommender.pipeline import as_asked

if TYPE_CHECKING:
    from recommender.facts.measurement import Measurement


def fitting(  # noqa: PLR0913  # the whole question
    machine: Machine,
    workload: Workload,
    model: Model,
    *,
    frameworks: Collection[str] = (),
    rules: str = "current",
    lang: str = "en",
    include: Collection[str] = (),
    problems: Sequence[Problem] = (),
    measurements: "Sequence[Measurement]" = (),
) -> Fitting:
    """Whether the model fits, with which framework, in which build and layout.

    Args:
        machine: what was probed or described.
        workload: what the servers are for; its context and concurrency are what has to fit.
        model: the model in question; no other is taken in its place.
        frameworks: ids of the only frameworks to try; empty tries all that are ranked.
        rules: ``current`` or ``article``, for the order of those that fit.
        lang: ``en`` or ``zh``, for the sentences alone.
        include: ids of challengers that are tried besides.
        problems: what was noticed while the question was put together.
        measurements: what was measured of servers, here or elsewhere.
    """
    answer = as_asked(
        machine,
        workload,
        model,
        frameworks=frameworks,
        rules=rules,
        lang=lang,
        include=include,
        problems=problems,
        measurements=measurements,
    )
    return Fitting(
        llmpick_version=answer.llmpick_version,
        knowledge_date=answer.knowledge_date,
        machine=machine,
        workload=workload,
        model=answer.model or model,
        fits=tuple(fitted(item, item.fit) for item in answer.ranking if item.fit),
        rejected=answer.rejected,
        problems=answer.problems,
    )


def fitted(candidate: Candidate, fit: Fit) -> Fitted:
    """What a candidate of the ranking tells about memory and speed."""
    return Fitted(
        framework=candidate.framework,
        platform=candidate.platform,
        version=candidate.version,
        support=candidate.support,
        device=candidate.device,
        fit=fit,
        speed=candidate.speed,
    )
