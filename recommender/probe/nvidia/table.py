"""The table that ``nvidia-smi`` prints without arguments, in the forms of all drivers.

A GPU is a record of two lines, since MIG of three; below stand MIG devices and processes. Names
that are too long end in three dots.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from recommender.probe.nvidia import versions
from recommender.probe.nvidia.told import Gpu, Instance, Reading, Size
from recommender.probe.nvidia.words import MOST_GPUS, SOURCE, fault, state, whole
from recommender.probe.tables import Record, Row, bus_id, records, used_and_total

_BANNER = "NVIDIA-SMI"
_ROW = re.compile(r"(\d{1,3})\.?\s+(\S.*)")
# What stands behind the name: persistence mode, or the driver model on Windows.
_MODES = {"On", "Off", "N/A", "WDDM", "TCC", "MCDM", "ERR!"}
_LETTER = re.compile(r"[A-Za-z]")
_BRAND = re.compile(r"NVIDIA|GeForce|Tesla|Quadro|GRID|TITAN|\bRTX\b|\bGTX\b|\(nvgpu\)|ERR!")
_MIG_ROW = re.compile(r"(\d{1,3})\s+(\d{1,4})\s+(\d{1,4})\s+(\d{1,4})")
_MIG_BLOCK = "MIG devices:"
_NO_MIG = "No MIG devices found"
_ERROR = "ERR!"
_LONGEST_LINE = 300


def read(text: str) -> Reading:
    """GPUs with their MIG devices, versions, and whether the tool runs inside of WSL."""
    every = list(records("\n".join(line[:_LONGEST_LINE] for line in text.splitlines())))
    known = _BANNER in text
    gpus = [gpu for record in every for gpu in _gpus(record, known=known)][:MOST_GPUS]
    instances = list(_instances(every))
    told = _MIG_BLOCK in text and (bool(instances) or _NO_MIG in text)
    software = versions.read(text)
    return Reading(
        gpus=tuple(_with_instances(gpu, instances, told=told) for gpu in gpus),
        software=software,
        wsl=versions.is_wsl(text, software) if gpus else None,
    )


def _gpus(record: Record, *, known: bool) -> Iterator[Gpu]:
    """GPUs of a record: one, or several where the rules between them were lost."""
    starts = [place for place, row in enumerate(record) if _is_gpu(row, known=known)]
    for start, end in pairwise([*starts, len(record)]):
        yield _gpu(record[start], record[start + 1 : end][:2])


def _is_gpu(row: Row, *, known: bool) -> bool:
    match = _ROW.match(row[0])
    if len(row) < 2 or not match or not _LETTER.search(match[2]):  # noqa: PLR2004  # name, place
        return False
    return known or bool(_BRAND.search(match[2]))


def _gpu(row: Row, rest: Sequence[Row]) -> Gpu:
    match = _ROW.match(row[0])
    number, name = match.groups() if match else ("0", "")
    second = rest[0] if rest else ()
    memory = second[1] if len(second) > 1 else ""
    pair = used_and_total(memory)
    plain = _without_mode(name)
    return Gpu(
        source=SOURCE,
        number=int(number),
        name=None if fault(plain) else plain,
        bus_id=bus_id(row[1]),
        size=Size(
            used=float(pair[0]) if pair else None,
            total=float(pair[1]) if pair else None,
            refused=bool(memory) and pair is None,
        ),
        mig=state(rest[1][-1]) if len(rest) > 1 else None,
        ecc=_ecc(row),
        uncorrected=whole(row[2]) if len(row) > 2 else None,  # noqa: PLR2004  # the third column
        fault=_fault(plain, row, second),
    )


def _ecc(row: Row) -> bool | None:
    """The column counts errors where ECC is on, except that it says On in MIG mode."""
    cell = row[2] if len(row) > 2 else ""  # noqa: PLR2004  # the third column
    return True if whole(cell) is not None else state(cell)


def _fault(name: str, first: Row, second: Row) -> str | None:
    """ERR! in a cell that a healthy GPU always fills; the power limit and MIG may lack one."""
    fan = second[0][: len(_ERROR)] if second else ""
    cells = (name, fan, *first[2:3], *second[1:2])
    return next(filter(None, map(fault, cells)), None)


def _without_mode(name: str) -> str:
    words = name.rsplit(maxsplit=1)
    return words[0] if len(words) > 1 and words[1] in _MODES else name.strip()


def _instances(every: Sequence[Record]) -> Iterator[tuple[int, Instance]]:
    """MIG devices with the number of their GPU; those of one GPU instance share its memory."""
    sizes: dict[tuple[int, int], Size] = {}
    for record in every:
        match = _MIG_ROW.fullmatch(record[0][0])
        if not match or len(record[0]) < 2:  # noqa: PLR2004  # numbers, memory
            continue
        gpu, gi, ci, number = map(int, match.groups())
        pair = used_and_total(record[0][1])
        if pair:
            sizes[gpu, gi] = Size(used=float(pair[0]), total=float(pair[1]))
        size = sizes.get((gpu, gi), Size(refused=True))
        yield gpu, Instance(source=SOURCE, number=number, gi=gi, ci=ci, size=size)


def _with_instances(gpu: Gpu, found: Sequence[tuple[int, Instance]], *, told: bool) -> Gpu:
    own = tuple(instance for number, instance in found if number == gpu.number)
    return replace(gpu, instances=own) if gpu.mig and told else gpu
