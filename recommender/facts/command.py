"""One command of a launch, before it is text for any shell."""

from collections.abc import Mapping
from dataclasses import field

from recommender.facts.noun import noun


@noun
class Command:
    """One command: its words with variables before it, or a piece of shell text with values.

    A word may hold names that only the machine knows where it runs (``HEAD_IP``), marked as
    ``launch/variables.py`` does.
    """

    argv: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    raw: str | None = None
    values: Mapping[str, str] = field(default_factory=dict)
