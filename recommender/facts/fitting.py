"""Whether one model fits one machine, with every framework that was tried."""

from recommender.facts.answer import SCHEMA_VERSION, Rejection
from recommender.facts.fit import Fit, Speed
from recommender.facts.machine import Machine, Problem
from recommender.facts.model import Model
from recommender.facts.noun import noun
from recommender.facts.workload import Workload


@noun
class Fitted:
    """One framework that holds the model; ``device`` is what it runs on, None the processor."""

    framework: str
    platform: str
    version: str | None
    support: str
    device: str | None
    fit: Fit
    speed: Speed


@noun
class Fitting:
    """The answer of ``llmpick fit MODEL``, about this model and no other.

    ``fits`` are the frameworks that hold it, or of which nobody knows (``fit.fits`` is null), the
    best for the work first; ``rejected`` say what stands in the way, for memory by how much.
    """

    schema_version: str = SCHEMA_VERSION
    llmpick_version: str
    knowledge_date: str
    machine: Machine
    workload: Workload
    model: Model
    fits: tuple[Fitted, ...] = ()
    rejected: tuple[Rejection, ...] = ()
    problems: tuple[Problem, ...] = ()
