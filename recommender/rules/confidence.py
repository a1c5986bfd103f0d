"""How sure a candidate is, from the facts that are unknown and from nothing else."""

from collections.abc import Iterable

from recommender.rules.candidates import Scored

# Without these nobody can say whether the commands work at all.
_VITAL = frozenset(("fit.fits", "platform.support", "via.wsl2"))


def unknown(scored: Scored) -> tuple[str, ...]:
    """The facts that could have decided against a candidate, by name, and are not known."""
    support = scored.trial.platform.support
    vital = (
        ("fit.fits", scored.fit.fits is None),
        ("platform.support", support == "unknown"),
        ("via.wsl2", scored.facts.fact("via.wsl2") == "unknown"),
    )
    return (*(name for name, holds in vital if holds), *scored.trial.unsure)


def confidence(names: Iterable[str]) -> str:
    """``high`` where nothing is unknown, ``low`` where something vital is, else ``medium``."""
    found = set(names)
    if found & _VITAL:
        return "low"
    return "medium" if found else "high"
