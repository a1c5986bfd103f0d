"""How old facts are, and whether they still speak for the newest release; the day is given."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

from recommender.facts import Answer, Candidate, Problem, Reason, Rejection
from recommender.rules.ranking import Verdict
from recommender.versions import rank
from recommender.words import Words

# Frameworks release every two weeks: after a quarter nothing of a flag or a version is sure.
LONGEST_DAYS = 90
# Layers that do not age: the article is of January 2026 by design, an estimate is computed today.
_AGELESS = frozenset(("article", "estimate"))


def age_days(checked: str, today: date) -> int:
    """Days since a fact was checked; negative where the clock is before that day."""
    return (today - date.fromisoformat(checked)).days


def is_old(checked: str, today: date) -> bool:
    """Whether a fact was checked too long ago to be relied on."""
    return age_days(checked, today) > LONGEST_DAYS


def state(version: str, newest: str | None, checked: str, today: date) -> str:
    """``behind``, ``old``, ``current`` or ``day``; see ``facts.release.Standing``."""
    own, last = rank(version), rank(newest) if newest else None
    known = own is not None and last is not None
    if own is not None and last is not None and last > own:
        return "behind"
    if is_old(checked, today):
        return "old"
    return "current" if known else "day"


def dated(answer: Answer, verdict: Verdict, today: date, words: Words) -> Answer:
    """The answer with a line about facts that are too old."""
    trials = [scored.trial for scored in verdict.ranking]
    days = {(one.framework.id, one.platform.id): one.platform.checked for one in trials}
    said = aged(answer.ranking, answer.rejected, days, today, words)
    return replace(answer, problems=(*answer.problems, *said))


def aged(
    ranking: Iterable[Candidate],
    rejected: Iterable[Rejection],
    platforms: Mapping[tuple[str, str], str],
    today: date,
    words: Words,
) -> tuple[Problem, ...]:
    """One sentence where facts that decided are too old, none where all are young.

    Args:
        ranking: what can run; its reasons that moved a score, and its platforms, decided.
        rejected: what cannot; its reasons decided.
        platforms: the day of each platform of the ranking, by framework and platform.
        today: the reader's day; one before the facts' own tells nothing.
        words: the language.
    """
    decided = _decided(ranking, rejected)
    days = {(reason.rule, reason.checked) for reason in decided if reason.checked}
    every = [*platforms.values(), *(day for _, day in days if day)]
    old = sorted(day for day in every if is_old(day, today))
    if not old:
        return ()
    text = words.key(
        "problem.old-facts", count=len(old), all=len(every), days=LONGEST_DAYS, day=old[0]
    )
    fix = words.key("fix.old-facts")
    return (Problem(what=text, fix=fix, rule="knowledge.old"),)


def _decided(ranking: Iterable[Candidate], rejected: Iterable[Rejection]) -> list[Reason]:
    moved = [reason for item in ranking for reason in item.reasons if reason.points]
    failed = [reason for item in rejected for reason in item.reasons]
    return [reason for reason in (*moved, *failed) if reason.layer not in _AGELESS]
