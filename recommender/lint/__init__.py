"""Linters of the knowledge: one file each, one sentence a finding."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from recommender.errors import InputError, printable
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
from recommender.lint.loaded import Loaded, load

# A finding quotes names and values of the files.
_LONGEST = 600

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
    found = [finding for linter in _FIRST for finding in _findings(linter, knowledge)]
    if found:
        return found
    found += dates.future(knowledge, today or date.today())  # noqa: DTZ011  # the reader's day
    return found + [finding for linter in _LINTERS for finding in _findings(linter, knowledge)]


def _findings(linter: Any, knowledge: Loaded) -> Iterator[str]:
    """What a linter finds; where it cannot look, for a part is missing or another one, it says so.

    Only some documents have a shape of their own that is checked first.
    """
    try:
        for finding in linter.findings(knowledge):
            yield printable(finding, _LONGEST)
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        topic = linter.__name__.rpartition(".")[2]
        what = printable(f"{type(error).__name__}: {error}", _LONGEST)
        yield f"{topic}: cannot be checked, for a part is missing or of another kind ({what})"
