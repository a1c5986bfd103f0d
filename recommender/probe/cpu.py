"""The processors of a Linux computer: those that this process may use."""

import os
from collections.abc import Collection, Iterable

from recommender.facts.machine import Cpu
from recommender.probe.cpuinfo import CpuInfo
from recommender.probe.files import Files, integer

_SYSTEM = "sys/devices/system"
_MOST = 1 << 16

# Flags of the x86-64 psABI levels as Linux spells them; source: archspec-json.
_LEVELS = (
    {"lm", "cmov", "cx8", "fpu", "fxsr", "mmx", "syscall", "sse2"},
    {"cx16", "lahf_lm", "popcnt", "sse4_1", "sse4_2", "ssse3"},
    {"abm", "avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "movbe", "xsave"},
    {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"},
)


def read(files: Files, info: CpuInfo, *, live: bool, quota_cores: float | None) -> Cpu:
    """Counts of the usable processors: by the scheduler if ``live``, else all that are online."""
    usable = _affinity() if live else set()
    usable = usable or _online(files) or set(info.cores)
    places = _places(files, info, usable)
    sockets = {socket for socket, _ in places if socket >= 0}
    return Cpu(
        vendor=info.vendor,
        model=info.model,
        sockets=len(sockets) or None,
        physical_cores=len(set(places)) or None,
        logical_cores=len(usable) or None,
        numa_nodes=_numa_nodes(files, usable),
        flags=info.flags,
        x86_level=x86_level(info.flags),
        quota_cores=quota_cores,
    )


def x86_level(flags: Iterable[str]) -> int | None:
    """The highest psABI level 1 to 4 that the flags reach; None for other architectures."""
    known, level = set(flags), 0
    for needed in _LEVELS:
        if not needed <= known:
            break
        level += 1
    return level or None


def cpu_list(text: str | None) -> set[int]:
    """Numbers of a kernel list such as ``0-3,8``."""
    numbers: set[int] = set()
    for part in (text or "").split(","):
        low, dash, high = part.partition("-")
        first, last = integer(low), integer(high if dash else low)
        if first is not None and last is not None and 0 <= first <= last < _MOST:
            numbers.update(range(first, last + 1))
    return numbers


def _affinity() -> set[int]:
    try:
        return set(os.sched_getaffinity(0))
    except (AttributeError, OSError):
        return set()


def _online(files: Files) -> set[int]:
    return cpu_list(files.text(f"{_SYSTEM}/cpu/online"))


def _places(files: Files, info: CpuInfo, usable: Collection[int]) -> list[tuple[int, "int | str"]]:
    """Socket and core of each usable processor; empty where one of them is unknown."""
    told = [info.cores.get(number) for number in usable]
    if all(told):
        return [place for place in told if place]
    places = [_place(files, number) for number in usable]
    return [place for place in places if place] if all(places) else []


def _place(files: Files, number: int) -> tuple[int, "int | str"] | None:
    folder = f"{_SYSTEM}/cpu/cpu{number}/topology"
    socket = files.integer(f"{folder}/physical_package_id")
    # Siblings rather than core_id: on Arm the latter repeats from cluster to cluster.
    siblings = files.line(f"{folder}/thread_siblings_list") or files.line(f"{folder}/core_id")
    return None if socket is None or siblings is None else (socket, siblings)


def _numa_nodes(files: Files, usable: Collection[int]) -> int | None:
    """Nodes that have usable processors: some nodes are memory only, and numbers have gaps."""
    folder = f"{_SYSTEM}/node"
    nodes = [name for name in files.names(folder) if name[:4] == "node" and name[4:].isdecimal()]
    return (
        sum(not usable or bool(_cpus(files, f"{folder}/{n}") & set(usable)) for n in nodes) or None
    )


def _cpus(files: Files, node: str) -> set[int]:
    listed = files.text(f"{node}/cpulist")
    if listed is not None:
        return cpu_list(listed)
    mask = integer("0x" + (files.text(f"{node}/cpumap") or "").strip().replace(",", "")) or 0
    return {number for number in range(min(mask.bit_length(), _MOST)) if mask >> number & 1}
