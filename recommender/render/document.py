"""Answers for programs: JSON of the documented shape, or bare names."""

import json
from typing import Any

from recommender.facts import Answer
from recommender.facts.codec import encode


def as_json(value: object, *, indent: bool) -> str:
    """JSON of a dataclass or of plain values; equal values give equal text.

    Args:
        value: what to write; dataclasses become objects with their field order.
        indent: on several lines, for people; one line otherwise.
    """
    data: Any = encode(value)
    separators = None if indent else (",", ":")
    return json.dumps(data, ensure_ascii=False, indent=2 if indent else None, separators=separators)


def names(answer: Answer) -> str:
    """The id of the pick; empty where nothing can run."""
    return answer.ranking[0].framework if answer.ranking else ""
