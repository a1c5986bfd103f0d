"""What one source tells of NVIDIA's GPUs, before it becomes devices: sizes in MiB."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field
from typing import Any, TypeVar

from recommender.facts.machine import Problem
from recommender.facts.noun import noun
from recommender.probe.context import Read

T = TypeVar("T")


@noun
class Size:
    """Memory in MiB; ``reserved`` is kept by the driver. ``refused``: asked for and not told."""

    total: float | None = None
    used: float | None = None
    reserved: float | None = None
    refused: bool = False


@noun
class Instance:
    """One MIG device: a compute instance (``ci``) of a GPU instance (``gi``).

    ``number`` is its place among those of its GPU; ``profile`` is such as ``1g.10gb``.
    """

    source: str
    number: int
    gi: int | None = None
    ci: int | None = None
    profile: str | None = None
    size: Size = field(default_factory=Size)
    uuid: str | None = None


@noun
class Gpu:
    """One physical GPU as one source tells of it; what the source does not tell is None.

    ``number`` counts as the driver does. ``instances`` is None where they were not asked for.
    ``fault`` says in words why the GPU cannot be used, ``uncorrected`` counts ECC errors since the
    driver was loaded, ``fabric`` is the state of its place at the NVSwitches; ``nics`` are the
    network cards that stand beside the GPUs in a matrix of links.
    """

    source: str
    number: int
    name: str | None = None
    bus_id: str | None = None
    uuid: str | None = None
    compute_capability: str | None = None
    size: Size = field(default_factory=Size)
    mig: bool | None = None
    instances: tuple[Instance, ...] | None = None
    ecc: bool | None = None
    uncorrected: int | None = None
    virtual: bool | None = None
    fabric: str | None = None
    fault: str | None = None
    numa_node: int | None = None
    nics: tuple[str, ...] | None = None


@noun
class Reading:
    """All that one source tells. ``joined`` are sets of GPU numbers that NVLink joins.

    ``joined`` is None where links were not asked for; ``wsl`` where nothing shows it.
    """

    gpus: tuple[Gpu, ...] = ()
    joined: tuple[tuple[int, ...], ...] | None = None
    software: Mapping[str, Read] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    wsl: bool | None = None


def first(sources: Iterable[Any], name: str) -> Any:
    """The attribute ``name`` of the first of the sources that tells it."""
    return next((value for one in sources if (value := getattr(one, name)) is not None), None)


def grouped(readings: Sequence[Reading]) -> tuple[tuple[Gpu, ...], ...]:
    """For each GPU what the readings tell of it, in the order of the readings."""
    return _gathered((gpu for reading in readings for gpu in reading.gpus), _same)


def instances(gpus: Sequence[Gpu]) -> tuple[tuple[Instance, ...], ...] | None:
    """For each MIG device what the sources tell of it; None where no source was asked."""
    told = [gpu.instances for gpu in gpus if gpu.instances is not None]
    if not told:
        return None
    return _gathered((one for each in told for one in each), _alike)


def _gathered(each: Iterable[T], same: Callable[[T, T], bool]) -> tuple[tuple[T, ...], ...]:
    groups: list[list[T]] = []
    for one in each:
        group = next((known for known in groups if same(known[0], one)), None)
        if group is None:
            groups.append([one])
        else:
            group.append(one)
    return tuple(map(tuple, groups))


def _same(one: Gpu, other: Gpu) -> bool:
    if one.bus_id and other.bus_id:
        return one.bus_id == other.bus_id
    return one.number == other.number


def _alike(one: Instance, other: Instance) -> bool:
    if None not in {one.gi, one.ci, other.gi, other.ci}:
        return (one.gi, one.ci) == (other.gi, other.ci)
    return one.number == other.number
