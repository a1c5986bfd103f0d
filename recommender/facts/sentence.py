"""What rules are written in: a condition over facts, and a sentence in both languages."""

from collections.abc import Mapping
from typing import Any

from recommender.facts.noun import noun

Condition = Mapping[str, Any]


@noun
class Text:
    """The same sentence in both languages; ``{name}`` stands for a fact of the situation."""

    en: str
    zh: str
