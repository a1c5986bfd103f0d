"""What a page shows beside an answer: files that start its first frameworks, what others lack."""

from collections.abc import Mapping
from dataclasses import field

from recommender.facts.answer import Answer
from recommender.facts.noun import noun
from recommender.facts.why_not import Step


@noun
class Written:
    """The whole file for a target; ``text`` is None where the target cannot serve the framework."""

    target: str
    text: str | None = None


@noun
class Report:
    """An answer in one language.

    ``files`` is what is written for its first frameworks, ``changes`` the smallest change after
    which a rejected one would run (empty: none is known), both by framework id.
    """

    lang: str
    answer: Answer
    files: Mapping[str, tuple[Written, ...]] = field(default_factory=dict)
    changes: Mapping[str, tuple[Step, ...]] = field(default_factory=dict)
