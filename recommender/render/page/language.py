"""One view in two languages: what is said alike is kept once."""

from collections.abc import Mapping
from typing import Any

from recommender.facts.noun import noun

# The language tags (BCP 47) of the languages that llmpick speaks.
TAGS = {"en": "en", "zh": "zh-CN"}


@noun
class Said:
    """The same thing in each language, by its name."""

    by_language: Mapping[str, str]


def both(views: Mapping[str, Any]) -> Any:
    """The views of one answer as one, with a ``Said`` where they differ.

    Raises:
        ValueError: they are not of one answer.
    """
    values = list(views.values())
    first = values[0]
    if all(value == first for value in values):
        return first
    if isinstance(first, str):
        return Said(by_language=views)
    if isinstance(first, Mapping):
        return {key: both({lang: item[key] for lang, item in views.items()}) for key in first}
    if isinstance(first, (list, tuple)):
        rows = zip(*values, strict=True)
        return [both(dict(zip(views, row, strict=True))) for row in rows]
    message = f"{values} are not of one answer"
    raise ValueError(message)
