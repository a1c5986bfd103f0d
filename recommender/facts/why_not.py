"""Why a framework does not run or lead somewhere, and what would change it."""

from recommender.facts.answer import SCHEMA_VERSION, Reason
from recommender.facts.machine import Problem
from recommender.facts.noun import noun


@noun
class Obstacle:
    """A platform that was tried on a device (None: the processor), and every rule that failed."""

    platform: str
    name: str
    device: str | None
    reasons: tuple[Reason, ...]


@noun
class Step:
    """One step of a change: the ``rule`` of its sentence, and the sentence."""

    rule: str
    text: str


@noun
class Ahead:
    """Why another framework leads: the reasons whose points differ, and the ``gap`` in points.

    ``turns`` are sentences that say what of the work would put this one first.
    """

    framework: str
    gap: float
    theirs: tuple[Reason, ...]
    own: tuple[Reason, ...]
    turns: tuple[str, ...]


@noun
class WhyNot:
    """The answer of ``llmpick explain NAME --why-not``.

    ``rank`` is None where the framework does not run on what is here; ``obstacles`` then say why,
    and ``change`` lists the steps of the smallest change that makes it run (None: none was found).
    ``ahead`` says who leads where it runs but is not first.
    """

    schema_version: str = SCHEMA_VERSION
    framework: str
    rank: int | None
    obstacles: tuple[Obstacle, ...] = ()
    change: tuple[Step, ...] | None = None
    ahead: Ahead | None = None
    problems: tuple[Problem, ...] = ()
