"""Linters of the knowledge: one file each, one sentence a finding."""

from datetime import date
from pathlib import Path

from recommender.errors import InputError
from recommender.lint import (
    article,
    catalogue,
    conditions,
    conflicts,
    dates,
    gateways,
    hardware,
    helping,
    launches,
    options,
    order,
    packages,
    releases,
    remedies,
    rows,
    schedulers,
    shapes,
    sources,
    texts,
    vocabulary,
)
from recommender.lint.loaded import load

# What the others take for granted: without it nothing else is looked at.
_FIRST = (shapes, conditions)
_LINTERS = (
    texts,
    sources,
    dates,
    order,
    rows,
    catalogue,
    remedies,
    vocabulary,
    conflicts,
    article,
    hardware,
    helping,
    schedulers,
    gateways,
    packages,
    releases,
    launches,
    options,
)


def check(root: Path, today: date | None = None) -> list[str]:
    """Every finding in a knowledge folder, one sentence each; an empty list is sound knowledge."""
    try:
        knowledge = load(root)
    except InputError as error:
        return [str(error)]
    found = [finding for linter in _FIRST for finding in linter.findings(knowledge)]
    if found:
        return found
    found += dates.future(knowledge, today or date.today())  # noqa: DTZ011  # the reader's day
    return found + [finding for linter in _LINTERS for finding in linter.findings(knowledge)]
