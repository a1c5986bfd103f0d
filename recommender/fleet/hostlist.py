"""Names of hosts as Slurm writes many of them: ``gpu[01-64],cpu[1-4,7]``."""

import re
from itertools import product
from math import prod

from recommender.errors import InputError, printable

# So many nodes a cluster of Slurm has at most (MAX_SLURM_NODES).
MOST = 65_536
_PIECE = re.compile(r"((?:[^\s,\[\]]|\[[^\s\[\]]*\])+)(?:,|$)")
_PART = re.compile(r"\[([^\]]*)\]|[^\[]+")
_RANGE = re.compile(r"([0-9]{1,18})(?:-([0-9]{1,18}))?")


def expanded(text: str) -> list[str]:
    """Every name of an expression, in its order; a number keeps the zeros before it.

    Raises:
        InputError: it is none, or stands for more than ``MOST`` names.
    """
    names: list[str] = []
    at = 0
    while at < len(text):
        piece = _PIECE.match(text, at)
        if not piece:
            raise InputError(_wrong(text))
        names += _names(piece[1], text)
        if len(names) > MOST:
            raise InputError(_too_many(text))
        at = piece.end()
    return names


def _names(piece: str, text: str) -> list[str]:
    if "[" not in piece:
        return [piece]
    parts = [
        [part[0]] if part[1] is None else _numbers(part[1], text) for part in _PART.finditer(piece)
    ]
    if prod(map(len, parts)) > MOST:
        raise InputError(_too_many(text))
    return ["".join(chosen) for chosen in product(*parts)]


def _numbers(ranges: str, text: str) -> list[str]:
    found: list[str] = []
    for one in ranges.split(","):
        ends = _RANGE.fullmatch(one)
        if not ends:
            raise InputError(_wrong(text))
        first, last = int(ends[1]), int(ends[2] or ends[1])
        if last < first:
            raise InputError(_wrong(text))
        if last - first >= MOST - len(found):
            raise InputError(_too_many(text))
        found += [f"{number:0{len(ends[1])}}" for number in range(first, last + 1)]
    return found


def _wrong(text: str) -> str:
    return f"has no names of nodes that can be read: {printable(text, 80)}"


def _too_many(text: str) -> str:
    return f"stands for more than {MOST} nodes: {printable(text, 80)}"
