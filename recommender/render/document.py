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
    text = json.dumps(data, ensure_ascii=False, indent=2 if indent else None, separators=separators)
    return spelt(text)


def spelt(text: str) -> str:
    """JSON without what steers a terminal, turns its text or cannot be seen: escapes instead.

    Lines are looked at as a whole, for hardly one holds such a character.
    """
    lines = text.split("\n")
    return "\n".join(line if line.isprintable() else _spelt(line) for line in lines)


def _spelt(line: str) -> str:
    return "".join(sign if sign.isprintable() else json.dumps(sign)[1:-1] for sign in line)


def names(answer: Answer) -> str:
    """The id of the pick; empty where nothing can run."""
    return answer.ranking[0].framework if answer.ranking else ""
