"""What passes from one step of reading a fleet to the next."""

from typing import Any, NamedTuple

from recommender.facts import Machine
from recommender.facts.fleet import Where

# Of one machine: a node of Kubernetes with all its images and annotations has some 50 kB.
LONGEST = 16 * 2**20


class Line(NamedTuple):
    """One line that may hold a machine as JSON, without its end."""

    number: int
    raw: bytes


class Item(NamedTuple):
    """One decoded record, and the line where it begins."""

    number: int
    value: Any


class Wrong(NamedTuple):
    """A line that holds no record, and why."""

    number: int
    reason: str


class Node(NamedTuple):
    """One machine: nodes of the same ``kind`` are equal in all that decides.

    ``apart`` says why nothing should be started there, ``source`` who tells of it, ``where`` how
    that one finds it; ``repeats`` that this source lists a machine once for each of its partitions.
    """

    name: str | None
    kind: bytes
    machine: Machine
    source: str
    apart: str | None = None
    where: Where | None = None
    repeats: bool = False


def too_long() -> str:
    """Why a record beyond ``LONGEST`` is not read."""
    return f"is longer than {LONGEST // 2**20} MiB"
