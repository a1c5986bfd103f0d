"""Main memory of a Linux computer, and what control groups leave of it."""

from recommender.facts.machine import Memory
from recommender.probe.cgroup import Limits
from recommender.probe.files import Files, integer
from recommender.probe.normal import BYTES_PER_GIB, KIB_PER_GIB, gib

# Version 1 writes "no limit" as the largest page-aligned number.
_NO_LIMIT = 1 << 60


def read(files: Files, limits: Limits) -> Memory:
    """Sizes in GiB, three decimals. A limit at or above the total limits nothing."""
    table = _meminfo(files.text("proc/meminfo") or "")
    total, available = table.get("MemTotal"), table.get("MemAvailable")
    bound = _NO_LIMIT if total is None else total * 1024
    limit = limits.memory if limits.memory is not None and limits.memory < bound else None
    left = limits.left if limit is not None else None
    if left is not None and available is not None:
        available = min(available, left // 1024)
    return Memory(
        total_gib=gib(total, KIB_PER_GIB),
        available_gib=gib(available, KIB_PER_GIB),
        limit_gib=gib(limit, BYTES_PER_GIB),
    )


def _meminfo(text: str) -> dict[str, int]:
    table = {}
    for line in text.splitlines():
        name, _, value = line.partition(":")
        number = integer(value.removesuffix("kB").strip())
        if number is not None:
            table[name] = number
    return table
