"""Where newest releases are told, and how the knowledge stands against them."""

from recommender.facts.answer import SCHEMA_VERSION
from recommender.facts.noun import noun


@noun
class Feed:
    """One place that tells of releases: a ``package`` of the index or a GitHub ``repository``.

    ``tag`` is a pattern whose group is the version, ``prefix`` what stands before it.
    """

    package: str | None = None
    repository: str | None = None
    tag: str = r"v?(.+)"
    prefix: str = ""

    @property
    def name(self) -> str:
        """The package or the repository."""
        return self.package or self.repository or ""


@noun
class Tracked:
    """Platforms of a framework whose releases the first of ``feeds`` that answers tells of."""

    framework: str
    platforms: tuple[str, ...]
    feeds: tuple[Feed, ...]


@noun
class Newest:
    """The newest release that a feed tells of: neither a pre-release nor a yanked one.

    ``day`` is when it came out (ISO 8601), None where that is not told.
    """

    version: str
    day: str | None = None


@noun
class Touched:
    """What hangs on the facts of some platforms.

    ``commands`` are their ways to install and start (platform/method), ``options`` those that the
    commands can hold, ``rules`` the ids of requirements, notices and scoring rules.
    """

    platforms: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()


@noun
class Standing:
    """Platforms of one framework that are of one version, against the newest release.

    ``state`` is ``current``, ``behind`` (there is a newer release), ``old`` (the facts were checked
    too long ago), or ``day`` (young enough by their day; the newest release is not known).
    ``checked`` is the oldest day of these facts, ``age_days`` how long ago that is: None where the
    clock is before the knowledge's own date. ``feed`` told of the newest release; ``problem`` says
    why none did.
    """

    framework: str
    name: str
    platforms: tuple[str, ...]
    version: str
    checked: str
    age_days: int | None = None
    newest: str | None = None
    released: str | None = None
    feed: str | None = None
    state: str
    problem: str | None = None
    touches: Touched


@noun
class Status:
    """How the whole knowledge stands on the day ``today``; ``stale`` is behind or old."""

    schema_version: str = SCHEMA_VERSION
    llmpick_version: str
    knowledge_date: str
    today: str
    stale: bool
    standings: tuple[Standing, ...]
    problems: tuple[str, ...] = ()
