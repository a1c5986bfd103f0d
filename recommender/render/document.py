"""Answers for programs: JSON of the documented shape, or bare names."""

import json
import re
from typing import Any

from recommender.facts import Answer
from recommender.facts.codec import encode

# What steers a terminal or turns the direction of its text; JSON escapes only the rest of these.
_INVISIBLE = re.compile("[\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def as_json(value: object, *, indent: bool) -> str:
    """JSON of a dataclass or of plain values; equal values give equal text.

    Args:
        value: what to write; dataclasses become objects with their field order.
        indent: on several lines, for people; one line otherwise.
    """
    data: Any = encode(value)
    separators = None if indent else (",", ":")
    text = json.dumps(data, ensure_ascii=False, indent=2 if indent else None, separators=separators)
    return _INVISIBLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def names(answer: Answer) -> str:
    """The id of the pick; empty where nothing can run."""
    return answer.ranking[0].framework if answer.ranking else ""
