"""Main memory of a Linux computer, and what control groups leave of it."""

from recommender.facts.machine import Memory
from recommender.probe import cgroup
from recommender.probe.files import Files, integer
from recommender.probe.normal import BYTES_PER_GIB, KIB_PER_GIB, gib

# Version 1 writes "no limit" as the largest page-aligned number.
_NO_LIMIT = 1 << 60


def read(files: Files) -> Memory:
    """Sizes in GiB, three decimals. A limit at or above the total limits nothing.

    Kernels before 3.14 do not tell what is available; it is not estimated.
    """
    table = _meminfo(files.text("proc/meminfo") or "")
    total, available = table.get("MemTotal"), table.get("MemAvailable")
    found = cgroup.memory(files)
    bound = _NO_LIMIT if total is None else total * 1024
    limit = found.limit if found.limit is not None and found.limit < bound else None
    free = gib(available, KIB_PER_GIB)
    left = gib(found.left, BYTES_PER_GIB) if limit is not None else None
    sizes = (left, free) if free is not None or not table else ()
    return Memory(
        total_gib=gib(total, KIB_PER_GIB),
        available_gib=min((size for size in sizes if size is not None), default=None),
        limit_gib=gib(limit, BYTES_PER_GIB),
        group_used_gib=gib(found.used, BYTES_PER_GIB),
    )


def _meminfo(text: str) -> dict[str, int]:
    table = {}
    for line in text.splitlines():
        name, _, value = line.partition(":")
        number = integer(value.removesuffix("kB").strip())
        if number is not None:
            table[name] = number
    return table
