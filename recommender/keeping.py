"""``llmpick knowledge status``: every framework against the newest release that is told of."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from recommender import __version__
from recommender.errors import InputError
from recommender.facts import Framework, Platform
from recommender.facts.codec import decode
from recommender.facts.release import Standing, Status, Tracked
from recommender.knowledge import Knowledge
from recommender.releases.asking import Ask, Told, ask_all
from recommender.rules.age import age_days, state
from recommender.rules.touching import touched

_STALE = frozenset(("behind", "old"))
_OFFLINE = "not asked for, as --offline wishes"
_NO_FEED = "no feed tells of its releases"


def tracked(document: Mapping[str, Any]) -> tuple[Tracked, ...]:
    """The rows of releases.yaml."""
    return tuple(decode(Tracked, row) for row in document["releases"])


def status(
    known: Knowledge,
    rows: Sequence[Tracked],
    today: date,
    ask: Ask | None,
    deadline_s: float | None = None,
) -> Status:
    """How the knowledge stands.

    Args:
        known: what is judged.
        rows: where releases are told.
        today: the reader's day.
        ask: what asks a feed; None asks nobody.
        deadline_s: seconds for all feeds together; None: as long as usual.
    """
    told: dict[Tracked, Told | InputError] = {}
    if ask is not None:
        limit = {} if deadline_s is None else {"deadline_s": deadline_s}
        told = ask_all(rows, ask, **limit)
    backwards = age_days(known.date, today) < -1  # a reader may be a day behind us
    standings = tuple(
        _standing(known, framework, group, today, told, backwards=backwards)
        for framework in (*known.frameworks, *known.challengers)
        for group in _groups(framework, rows)
    )
    return Status(
        llmpick_version=__version__,
        knowledge_date=known.date,
        today=today.isoformat(),
        stale=any(item.state in _STALE for item in standings),
        standings=standings,
        problems=(_clock(known, today),) if backwards else (),
    )


def is_stale(item: Standing) -> bool:
    """Whether its facts no longer speak for what people install."""
    return item.state in _STALE


def _clock(known: Knowledge, today: date) -> str:
    return (
        f"this machine's clock says {today}, which is before the knowledge's own date {known.date}:"
        " ages are not judged; set the clock"
    )


Group = tuple[Tracked | None, tuple[Platform, ...]]


def _groups(framework: Framework, rows: Sequence[Tracked]) -> Iterator[Group]:
    """Platforms of one version whose releases the same row tells of."""
    own = {name: row for row in rows if row.framework == framework.id for name in row.platforms}
    groups: dict[tuple[Tracked | None, str], list[Platform]] = {}
    for platform in framework.platforms:
        groups.setdefault((own.get(platform.id), platform.version), []).append(platform)
    for (row, _), platforms in groups.items():
        yield row, tuple(platforms)


def _standing(
    known: Knowledge,
    framework: Framework,
    group: Group,
    today: date,
    told: Mapping[Tracked, Told | InputError],
    *,
    backwards: bool,
) -> Standing:
    row, platforms = group
    found = told.get(row) if row else InputError(_NO_FEED)
    feed, newest = found if isinstance(found, tuple) else (None, None)
    version, checked = platforms[0].version, min(platform.checked for platform in platforms)
    return Standing(
        framework=framework.id,
        name=framework.name,
        platforms=tuple(platform.id for platform in platforms),
        version=version,
        checked=checked,
        age_days=None if backwards else max(age_days(checked, today), 0),
        newest=newest.version if newest else None,
        released=newest.day if newest else None,
        feed=feed.name if feed else None,
        state=state(version, newest.version if newest else None, checked, today),
        problem=None if newest else str(found or _OFFLINE),
        touches=touched(known, framework, platforms),
    )
