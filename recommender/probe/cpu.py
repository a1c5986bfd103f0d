"""The processors of a Linux computer: those that this process may use."""

import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import TypeAlias

from recommender.facts.machine import CoreKind, Cpu
from recommender.probe import cgroup
from recommender.probe.context import Context
from recommender.probe.cpuinfo import CpuInfo
from recommender.probe.files import Files, integer

# Socket and core of a processor.
Place: TypeAlias = tuple[int, "int | str"]

_SYSTEM = "sys/devices/system"
# Linux 5.15 ended its lists of processors with a NUL.
_BLANK = " \t\n\0"
# Linux is built for 8192 processors at most.
_MOST = 1 << 13

# Flags of the x86-64 psABI levels as Linux spells them; source: archspec-json.
_LEVELS = (
    {"lm", "cmov", "cx8", "fpu", "fxsr", "mmx", "syscall", "sse2"},
    {"cx16", "lahf_lm", "popcnt", "sse4_1", "sse4_2", "ssse3"},
    {"abm", "avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "movbe", "xsave"},
    {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"},
)


def read(context: Context, info: CpuInfo) -> Cpu:
    """Counts of the usable processors: by the scheduler if live, else all that are online."""
    files = context.files
    usable = _usable(context, info)
    places = _places(files, info, usable)
    cores = len(set(places.values()))
    kinds = _kinds(context, info, places, usable)
    sockets = {socket for socket, _ in places.values() if socket >= 0}
    nodes = _numa_nodes(files, usable)
    found = Cpu(
        vendor=info.vendor,
        model=info.model,
        # Kernels may call the clusters of a mixed processor sockets.
        sockets=(1 if len(kinds) > 1 else len(sockets)) or None,
        physical_cores=cores or None,
        logical_cores=len(usable) or None,
        numa_nodes=len(nodes) or None,
        numa_node_ids=nodes,
        flags=info.flags,
        x86_level=x86_level(info.flags),
        quota_cores=cgroup.cores(files),
    )
    return mixed(found, kinds) if kinds else found


def mixed(cpu: Cpu, kinds: tuple[CoreKind, ...]) -> Cpu:
    """The processors with their kinds of cores, by whose names they are called if nameless."""
    from recommender.probe import core_kinds

    performance, efficiency = core_kinds.split(kinds)
    names = dict.fromkeys(kind.name for kind in kinds if kind.name)
    return replace(
        cpu,
        model=cpu.model or " + ".join(names) or None,
        performance_cores=performance,
        efficiency_cores=efficiency,
        core_kinds=kinds,
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
    """Numbers of a kernel list such as ``0-3,8``; ``0-6:2`` is every second one."""
    numbers: set[int] = set()
    left = 4 * _MOST
    for part in (text or "").strip(_BLANK).split(",", _MOST)[:_MOST]:
        span, _, step = part.partition(":")
        low, dash, high = span.partition("-")
        first, last = integer(low), integer(high if dash else low)
        if first is not None and last is not None and 0 <= first <= last < _MOST:
            # A hostile list repeats itself; the kernel's names each processor once.
            left -= last - first + 1
            if left < 0:
                break
            numbers.update(range(first, last + 1, max(integer(step) or 1, 1)))
    return numbers


def _usable(context: Context, info: CpuInfo) -> set[int]:
    if context.live and (allowed := _affinity()):
        return allowed
    online = cpu_list(context.files.text(f"{_SYSTEM}/cpu/online")) or set(info.cores)
    group = set() if context.live else cpu_list(cgroup.cpus(context.files))
    return (online & group) or online or group


def _affinity() -> set[int]:
    try:
        return set(os.sched_getaffinity(0))
    except (AttributeError, OSError):
        return set()


def _places(files: Files, info: CpuInfo, usable: Collection[int]) -> dict[int, Place]:
    """Socket and core of each usable processor; empty where one of them is unknown."""
    # Without threads, processors that share a core's number sit on several dies of a package.
    numbered = not info.single or len(set(info.cores.values())) == len(info.cores)
    for tell in (*((info.cores.get,) if numbered else ()), partial(_place, files)):
        places = {number: place for number in usable if (place := tell(number))}
        if len(places) == len(usable):
            return places
    return {}


def _place(files: Files, number: int) -> Place | None:
    """Siblings rather than core_id, which on Arm repeats from cluster to cluster."""
    folder = f"{_SYSTEM}/cpu/cpu{number}/topology"
    socket = files.integer(f"{folder}/physical_package_id")
    if siblings := files.line(f"{folder}/thread_siblings_list"):
        return -1 if socket is None else socket, siblings
    core = files.line(f"{folder}/core_id")
    return None if socket is None or core is None else (socket, core)


def _kinds(
    context: Context, info: CpuInfo, places: Mapping[int, Place], usable: set[int]
) -> tuple[CoreKind, ...]:
    cores, threads = len(set(places.values())), len(usable)
    if (info.arch or "").startswith(("aarch64", "arm", "riscv")):
        from recommender.probe import core_kinds

        return core_kinds.told(context.files, info.parts, usable)
    if info.vendor != "intel":
        return ()
    # Where it is no hybrid, all of its cores have as many threads.
    alike = threads in {cores, 2 * cores}
    if alike and not context.files.exists("sys/devices/cpu_atom"):
        return ()
    from recommender.probe import core_kinds

    kinds = core_kinds.intel(context.files, places, usable)
    whole = not context.live and usable == set(range(threads))
    return kinds or (core_kinds.by_threads(cores, threads) if whole else ())


def _numa_nodes(files: Files, usable: Collection[int]) -> tuple[int, ...]:
    """Nodes that have usable processors: some nodes are memory only, and numbers have gaps."""
    folder = f"{_SYSTEM}/node"
    names = (name for name in files.names(folder) if name[:4] == "node" and name[4:].isdecimal())
    found = {int(name[4:]): name for name in names}
    return tuple(
        number
        for number in sorted(found)
        if not usable or _cpus(files, f"{folder}/{found[number]}") & set(usable)
    )


def _cpus(files: Files, node: str) -> set[int]:
    listed = files.text(f"{node}/cpulist")
    if listed is not None:
        return cpu_list(listed)
    text = (files.text(f"{node}/cpumap") or "").strip(_BLANK)
    mask = integer("0x" + text.replace(",", "")) or 0
    return {number for number in range(min(mask.bit_length(), _MOST)) if mask >> number & 1}
