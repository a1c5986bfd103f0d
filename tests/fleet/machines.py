"""Machines that differ in what decides, and questions about them."""

from typing import Any

from recommender.devices.described import describe
from recommender.facts import Workload
from recommender.facts.codec import encode
from recommender.fleet.wishes import Wish


def distinct(count: int) -> list[Any]:
    """Machines of as many kinds, as JSON has them."""
    return [encode(wish.machine) for wish in wishes(count)]


def wishes(count: int) -> list[Wish]:
    """A question about each."""
    work = Workload(use_case="production", concurrency=50)
    return [
        Wish(machine=describe(["L40S:4"], ram_gib=float(memory)), workload=work)
        for memory in range(100, 100 + count)
    ]
