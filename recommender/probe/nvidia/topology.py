"""``nvidia-smi topo -m``: which GPUs NVLink joins, and the NUMA node of each."""

import re
from collections.abc import Mapping, Sequence

from recommender.probe.nvidia import links
from recommender.probe.nvidia.told import Gpu, Reading
from recommender.probe.nvidia.words import MOST_GPUS, whole

_SOURCE = "nvidia-smi topo -m"
_GPU = re.compile(r"GPU(\d{1,3})")
_NVLINK = re.compile(r"NV\d{1,2}")
# Ways over PCIe; other words are of other matrices, such as which pairs may access each other.
_PCIE = {"PIX", "PXB", "PHB", "NODE", "SYS", "SOC"}
_NUMA = "NUMA Affinity"
# Behind the relations stand the processors and then the NUMA node.
_NUMA_PLACE = 1


def read(text: str) -> Reading:
    """GPUs by number only; relations that are not NVLink are ways over PCIe."""
    lines = [line for line in text.splitlines() if "GPU" in line]
    header = next((line for line in lines if _is_header(line)), None)
    if header is None:
        return Reading()
    columns = _columns(header)
    found = ((_row_of(line), line) for line in lines)
    rows = {number: line for number, line in found if number is not None and number in columns}
    return Reading(
        gpus=tuple(
            Gpu(source=_SOURCE, number=number, numa_node=_numa(header, line), nics=_nics(header))
            for number, line in rows.items()
        ),
        joined=_joined(rows, columns),
    )


def _is_header(line: str) -> bool:
    words = line.split()
    return bool(words) and words[0] == "GPU0" and words[1:2] != ["X"] and "X" not in words


def _columns(header: str) -> list[int]:
    matches = (_GPU.fullmatch(word) for word in header.split())
    return [int(match[1]) for match in matches if match][:MOST_GPUS]


def _nics(header: str) -> tuple[str, ...] | None:
    """Columns between the GPUs and the processors: ``NIC0``, or a device such as ``mlx5_0``."""
    words = header.partition("CPU Affinity")[0].split()
    return tuple(word for word in words if not _GPU.fullmatch(word)) or None


def _row_of(line: str) -> int | None:
    words = line.split()
    match = _GPU.fullmatch(words[0])
    return int(match[1]) if match and "X" in words else None


def _joined(rows: Mapping[int, str], columns: Sequence[int]) -> tuple[tuple[int, ...], ...] | None:
    words = {number: line.split()[1 : len(columns) + 1] for number, line in rows.items()}
    others = {word for relations in words.values() for word in relations} - {"X"}
    if not all(word in _PCIE or _NVLINK.fullmatch(word) for word in others):
        return None
    return links.sets(
        {
            number: {n for n, word in zip(columns, each, strict=False) if _NVLINK.fullmatch(word)}
            for number, each in words.items()
        }
    )


def _numa(header: str, line: str) -> int | None:
    """The node; None where the GPU is near to several, or to none."""
    if "\t" in header and "\t" in line:
        cells = [cell.strip() for cell in header.split("\t")]
        place = cells.index(_NUMA) if _NUMA in cells else len(line)
        values = line.split("\t")
    else:
        relations = header.partition("CPU Affinity")[0].split()
        place = _NUMA_PLACE if _NUMA in header else len(line)
        values = line.split()[len(relations) + 1 :]
    cell = values[place].strip() if place < len(values) else ""
    return whole(cell) if cell.isdecimal() else None
