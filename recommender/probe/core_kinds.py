"""Processors that mix kinds of cores: Arm's big.LITTLE and Intel's hybrids.

This module is imported only where there is a sign of a mixture.
"""

from collections.abc import Collection, Mapping, Sequence

from recommender.facts.machine import CoreKind
from recommender.probe.cpu import cpu_list
from recommender.probe.cpu_names import arm_model
from recommender.probe.files import Files, integer

_CPU = "sys/devices/system/cpu"
# No processor of this size mixes its cores, and each core costs a file to read.
_MOST = 64
# Intel's kinds by the performance counters that the kernel keeps for each.
_INTEL = {"cpu_core": "P-core", "cpu_atom": "E-core", "cpu_lowpower": "LP E-core"}
# Beginnings of names by tier: cores that are made to save energy, the largest, all others between.
_SMALL = (
    *("Cortex-A5", "Cortex-A7 ", "Cortex-A35", "Cortex-A32", "C1-Nano", "Icestorm", "Blizzard"),
    *("Sawtooth", "Kryo-2XX-Silver", "Kryo-3XX-Silver", "Kryo-4XX-Silver", "E-core", "LP E-core"),
)
_NOT_SMALL = ("Cortex-A57",)
_LARGEST = ("Cortex-X", "C1-Ultra", "C1-Premium")


def told(files: Files, parts: Mapping[int, str], usable: Collection[int]) -> tuple[CoreKind, ...]:
    """Kinds by the part of each core (Arm), of one part by the kernel's figure for their speed.

    Cores of one part are one kind, which says what they are; without parts they are none.
    """
    few = len(usable) <= _MOST
    parts = parts or (_registers(files, usable) if few else {})
    speeds = {n: files.integer(f"{_CPU}/cpu{n}/cpu_capacity") for n in usable} if few else {}
    kinds: dict[object, list[int]] = {}
    by_part = len(set(parts.values())) > 1
    for number in sorted(usable):
        part, speed = parts.get(number), speeds.get(number)
        kinds.setdefault(part if by_part else speed, []).append(number)
    found = [_arm_kind(numbers, parts, speeds) for numbers in kinds.values()]
    return in_order(found) if parts or len(found) > 1 else ()


def intel(
    files: Files, places: Mapping[int, object], usable: Collection[int]
) -> tuple[CoreKind, ...]:
    """Kinds of a hybrid; ``places`` tells which processors are threads of one core."""
    kinds = []
    for folder, name in _INTEL.items():
        own = cpu_list(files.text(f"sys/devices/{folder}/cpus")).intersection(usable)
        if own:
            cores = {places.get(number, number) for number in own}
            kinds.append(CoreKind(name=name, count=len(cores)))
    return tuple(kinds) if len(kinds) > 1 else ()


def by_threads(cores: int, threads: int) -> tuple[CoreKind, ...]:
    """Kinds of an Intel hybrid whose threads are all switched on.

    Of its cores only the fast ones have two threads each; so if it has more threads than cores but
    not twice as many, both numbers follow.
    """
    fast = threads - cores
    if not 0 < fast < cores:
        return ()
    small = CoreKind(name=_INTEL["cpu_atom"], count=cores - fast)
    return CoreKind(name=_INTEL["cpu_core"], count=fast), small


def in_order(kinds: Sequence[CoreKind]) -> tuple[CoreKind, ...]:
    """The fastest first: by the kernel's figure, else by name, else those numbered last."""
    ordered = list(reversed(kinds))
    ordered.sort(key=lambda kind: (kind.capacity or 0, tier(kind.name) or 0), reverse=True)
    return tuple(ordered)


def split(kinds: Sequence[CoreKind]) -> tuple[int | None, int | None]:
    """Number of performance and of efficiency cores.

    The efficiency cores are the slowest kind by the kernel's figures, else by the names; all
    others are performance cores. Both are None where all cores are alike, or where nothing tells
    which are slower.
    """
    for speeds in ([kind.capacity for kind in kinds], [tier(kind.name) for kind in kinds]):
        known = {speed for speed in speeds if speed is not None}
        if None in speeds or len(known) < 2:  # noqa: PLR2004  # a mixture has two speeds
            continue
        slow = sum(
            kind.count for kind, speed in zip(kinds, speeds, strict=True) if speed == min(known)
        )
        return sum(kind.count for kind in kinds) - slow, slow
    return None, None


def tier(name: str | None) -> int | None:
    """0 for cores that are made to save energy, 2 for the largest, 1 for others; None unnamed."""
    if name is None:
        return None
    if f"{name} ".startswith(_SMALL) and name not in _NOT_SMALL:
        return 0
    return 2 if name.startswith(_LARGEST) else 1


def _arm_kind(
    numbers: Sequence[int], parts: Mapping[int, str], speeds: Mapping[int, int | None]
) -> CoreKind:
    part = parts.get(numbers[0])
    known = [speed for each in numbers if (speed := speeds.get(each)) is not None]
    implementer, _, number = (part or "").partition("/")
    return CoreKind(
        name=arm_model(implementer, number),
        count=len(numbers),
        part=part,
        capacity=max(known, default=None),
    )


def _registers(files: Files, usable: Collection[int]) -> dict[int, str]:
    """Parts as the identification register of each core (MIDR_EL1) has them."""
    parts = {}
    for number in usable:
        register = integer(files.line(f"{_CPU}/cpu{number}/regs/identification/midr_el1"))
        if register is not None:
            parts[number] = f"0x{register >> 24 & 0xFF:02x}/0x{register >> 4 & 0xFFF:03x}"
    return parts
