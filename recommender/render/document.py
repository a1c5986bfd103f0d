"""Answers for programs: JSON of the documented shape, or bare names."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from recommender.facts import Answer
from recommender.facts.codec import encode
from recommender.facts.packed import Packed


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


def json_parts(value: object, *, indent: bool) -> Iterator[str]:
    """What ``as_json`` gives, in parts: an object's packed values are never all there at once."""
    members = getattr(value, "__dataclass_fields__", {})
    if not any(type(getattr(value, name)) is Packed for name in members):
        yield as_json(value, indent=indent)
        return
    colon, line = (": ", "\n  ") if indent else (":", "")
    for place, name in enumerate(members):
        yield f'{"," if place else "{"}{line}"{name}"{colon}'
        member = getattr(value, name)
        if type(member) is Packed:
            yield from _elements(member, indent=indent)
        else:
            yield _deeper(as_json(member, indent=indent), 1)
    yield "\n}" if indent else "}"


def _elements(values: Sequence[object], *, indent: bool) -> Iterator[str]:
    if not values:
        yield "[]"
        return
    line = "\n    " if indent else ""
    for place, value in enumerate(values):
        yield f"{',' if place else '['}{line}{_deeper(as_json(value, indent=indent), 2)}"
    yield "\n  ]" if indent else "]"


def _deeper(text: str, levels: int) -> str:
    """JSON as it stands inside of others; no text in it has a line end."""
    return text.replace("\n", "\n" + "  " * levels)


def names(answer: Answer) -> str:
    """The id of the pick; empty where nothing can run."""
    return answer.ranking[0].framework if answer.ranking else ""
