"""Devices of which a scheduler tells no more than a type, which is whatever somebody called it."""

import re

from recommender.devices.catalogue import Found, find
from recommender.errors import printable
from recommender.facts import Accelerator

# The profile of a slice, as NVIDIA calls it: a100_3g.20gb, 1g.5gb.
_SLICE = re.compile(r"(?:(.+)[_.-])?((?:\d+c\.)?\d+g\.\d+gb)")


def device(kind: str | None) -> Accelerator:
    """A device by its type: all rows that it fits have to agree."""
    sliced = _SLICE.fullmatch(kind or "")
    name = sliced[1] if sliced else kind
    found = find(name) if name else Found()
    vendors = {row.vendor for row in found.rows}
    return Accelerator(
        vendor=vendors.pop() if len(vendors) == 1 else None,
        name=_name(found, name),
        # A size that stands in the type itself was told, not guessed.
        memory_gib=None if sliced or not found.size_fits else found.memory_gib,
        partition=sliced[2] if sliced else None,
    )


def _name(found: Found, kind: str | None) -> str | None:
    """The row's name where there is one, else the type where it may be any of several."""
    if len(found.rows) == 1:
        return found.rows[0].name
    return printable(kind) if found.rows else None
