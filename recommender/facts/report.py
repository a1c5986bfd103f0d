"""What one page shows: an answer, and the files that start its first frameworks."""

from collections.abc import Mapping
from dataclasses import field

from recommender.facts.answer import Answer
from recommender.facts.noun import noun


@noun
class Written:
    """The whole file for a target; ``text`` is None where the target cannot serve the framework."""

    target: str
    text: str | None = None


@noun
class Report:
    """An answer in one language, and what is written for its first frameworks, by their ids."""

    lang: str
    answer: Answer
    files: Mapping[str, tuple[Written, ...]] = field(default_factory=dict)
