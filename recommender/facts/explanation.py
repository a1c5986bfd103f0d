"""One framework explained: what the article says of it, what is so today, and its place here."""

from recommender.facts.answer import SCHEMA_VERSION, Candidate, Rejection
from recommender.facts.framework import Framework
from recommender.facts.machine import Problem
from recommender.facts.noun import noun


@noun
class Correction:
    """Where the article and today's facts disagree, and what llmpick makes of it."""

    id: str
    claim: str
    today: str
    effect: str
    rules: tuple[str, ...]
    holds_for: str
    source: str
    checked: str


@noun
class Claim:
    """One cell or recommendation of the article, with what corrects it."""

    about: str
    claim: str
    conflicts: tuple[Correction, ...] = ()


@noun
class Explanation:
    """The answer of ``llmpick explain NAME``.

    ``ranked`` and ``rejected`` are its entries in the answer for this machine and work; it has
    both, or one.
    """

    schema_version: str = SCHEMA_VERSION
    framework: Framework
    article: tuple[Claim, ...] = ()
    ranked: Candidate | None = None
    rejected: Rejection | None = None
    problems: tuple[Problem, ...] = ()
