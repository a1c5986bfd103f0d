"""The boxed tables and JSON that vendors' tools print, by cells and never by columns.

``nvidia-smi`` set the fashion: a banner, a header, then records of two or three lines between
rules. Widths change from release to release, so only the order of cells is relied on.
"""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, TypeAlias

Row: TypeAlias = tuple[str, ...]
Record: TypeAlias = tuple[Row, ...]

_RULE = re.compile(r"[\s|+=~\-]*[+=~\-]{3}[\s|+=~\-]*")
_BUS = re.compile(
    r"\b(?:([0-9a-f]{4,8}):)?([0-9a-f]{2}):([0-9a-f]{2})\.([0-9a-f])\b", re.IGNORECASE
)
_OPENING = re.compile(r"^[ \t]*[\[{]", re.MULTILINE)
# Warnings before a JSON value may begin with a bracket too.
_MOST_STARTS = 50
# No table is wider; a flood of bars in one line would take long.
_LONGEST = 400
_UNIT = r"\s*(?:[KMG]i?B\s*)?"
_PAIR = re.compile(rf"(?<!\d)(\d{{1,12}}){_UNIT}/\s*(\d{{1,12}})(?!\d)", re.IGNORECASE)


def records(text: str) -> Iterator[Record]:
    """The lines between two rules (``+---+``, ``|===|``), each as its cells between bars."""
    rows: list[Row] = []
    for line in (whole[:_LONGEST] for whole in text.splitlines()):
        if _RULE.fullmatch(line):
            if rows:
                yield tuple(rows)
            rows = []
        elif line.strip().startswith("|") or rows:
            rows.append(tuple(cell.strip() for cell in line.strip().strip("|").split("|")))
    if rows:
        yield tuple(rows)


def bus_id(text: str | None) -> str | None:
    """The first PCI address in the text as sysfs writes it: ``0000:3b:00.0``."""
    match = _BUS.search(text or "")
    if not match:
        return None
    domain, bus, device, function = match.groups(default="0")
    return f"{int(domain, 16):04x}:{bus}:{device}.{function}".lower()


def used_and_total(text: str) -> tuple[int, int] | None:
    """The last ``used / total`` of a cell that has a total, in the units that it prints."""
    pairs = [(int(used), int(total)) for used, total in _PAIR.findall(text)]
    return next((pair for pair in reversed(pairs) if pair[1]), None)


def json_in(text: str) -> Any:
    """The JSON value in an answer that may have warnings around it; None where there is none."""
    return next(json_values(text, _MOST_STARTS), None)


def json_values(text: str, most: int) -> Iterator[Any]:
    """Each JSON array or object in the text; ``most`` lines that could begin one are tried."""
    import json

    end = 0
    for match in islice(_OPENING.finditer(text), most):
        if match.end() <= end:
            continue
        try:
            value, end = json.JSONDecoder().raw_decode(text, match.end() - 1)
        except (ValueError, RecursionError):
            continue
        yield value
