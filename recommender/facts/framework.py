"""One serving framework: the article's row about it, and what is true of it on each platform."""

from collections.abc import Mapping

from recommender.facts.exposure import Exposure
from recommender.facts.noun import noun
from recommender.facts.platform import Platform
from recommender.facts.sentence import Condition, Text


@noun
class Cell:
    """One cell of the article's table: ordered ``level`` or unordered ``terms``, in our words."""

    level: str | None = None
    terms: tuple[str, ...] = ()
    text: Text


@noun
class Article:
    """The article's row of January 2026, every cell of it."""

    techniques: Cell
    throughput: Cell
    ease: Cell
    hardware: Cell
    scenarios: Cell
    shortcomings: Cell


@noun
class RegistryName:
    """How a framework's own registry calls the models whose id ``matches`` (regular expression).

    ``size`` is given where the id does not say it; a decimal point is written as ``_`` there.
    """

    matches: str
    name: str
    size: str | None = None


@noun
class Outline:
    """A platform's name and what it drives: enough to know whether the rest matters here."""

    id: str
    name: str
    device: Condition


@noun
class Rule:
    """A scoring rule: when ``when`` holds for a candidate, its points are one reason.

    ``points`` is a number, or a number for each value of the fact ``by``. The rule of a site has no
    day on which it was ``checked``.
    """

    rule: str
    layer: str
    when: Condition
    points: float | Mapping[str, float] = 0
    by: str | None = None
    warn: bool = False
    hard: bool = False
    text: Text
    fix: Text | None = None
    source: str
    checked: str | None


@noun
class Upkeep:
    """How a project is kept: the day of its newest ``released`` version, and the rhythm.

    ``every_days`` is the usual time between releases in days, ``text`` what else to know of it.
    """

    released: str | None = None
    every_days: int | None = None
    text: Text | None = None
    source: str
    checked: str


@noun
class Standing:
    """What the article's table says of the eight, for a framework that is not in it: our judgement.

    ``throughput`` and ``ease`` are levels of the article's scales.
    """

    throughput: str
    ease: str
    source: str
    checked: str


@noun
class Framework:
    """A framework that llmpick knows.

    ``role`` is ``framework`` for the eight that are ranked, ``challenger`` for one that is named
    beside them or ranked on demand, ``layer`` for what runs ``over`` other frameworks and replaces
    none. ``consider`` are the rules by which a challenger or a layer is named. ``exposure`` holds
    for every platform that has none of its own.
    """

    id: str
    name: str
    role: str = "framework"
    aliases: tuple[str, ...] = ()
    over: tuple[str, ...] = ()
    status: str
    license: str
    homepage: str
    summary: Text
    upkeep: Upkeep | None = None
    traits: tuple[str, ...] = ()
    source: str
    checked: str
    article: Article | None = None
    standing: Standing | None = None
    consider: tuple[Rule, ...] = ()
    registry: tuple[RegistryName, ...] = ()
    exposure: Exposure | None = None
    platforms: tuple[Platform, ...]


@noun
class Conflict:
    """Where the article and today's facts disagree, and what llmpick makes of it.

    ``about`` names what of the article is meant: cells (``vllm.shortcomings``) and recommendations
    (``article.3``). ``claim`` is what they say in our words, ``today`` the fact, ``effect`` what it
    changes in an answer, and ``rules`` are the rules that do so.
    """

    id: str
    about: tuple[str, ...]
    claim: Text
    today: Text
    effect: Text
    rules: tuple[str, ...]
    holds_for: str
    source: str
    checked: str
