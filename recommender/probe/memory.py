"""Main memory of a Linux computer, and what control groups leave of it."""

from recommender.facts.machine import Memory
from recommender.probe.cgroup import Limits
from recommender.probe.files import Files, integer

_KIB_PER_GIB = 1 << 20
_BYTES_PER_GIB = 1 << 30
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
        total_gib=gib(total, _KIB_PER_GIB),
        available_gib=gib(available, _KIB_PER_GIB),
        limit_gib=gib(limit, _BYTES_PER_GIB),
    )


def gib(amount: int | None, per_gib: int) -> float | None:
    """``amount`` in GiB with three decimals, where ``per_gib`` units are one GiB."""
    return None if amount is None else round(amount / per_gib, 3)


def _meminfo(text: str) -> dict[str, int]:
    table = {}
    for line in text.splitlines():
        name, _, value = line.partition(":")
        number = integer(value.removesuffix("kB").strip())
        if number is not None:
            table[name] = number
    return table
