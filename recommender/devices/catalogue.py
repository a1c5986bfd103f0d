"""The table of accelerators: which rows a name means, and what follows from a name alone."""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache, lru_cache
from typing import Any, NamedTuple

from recommender.devices import spelling
from recommender.facts import Accelerator
from recommender.facts.codec import decode
from recommender.facts.noun import noun
from recommender.knowledge import document
from recommender.patterns import lazily

# A device sold as 48 GB may be listed with the 45 GiB that its driver shows.
_SAME_SIZE = 0.08
_ASIDE = lazily(r"\(.*?\)")
# Remarks after a name; a number in brackets is a count, and no remark.
_REMARK = lazily(r"\((?!\s*x?\s*\d)[^()]*\)")
# Between two names of one device: "Strix Halo · Radeon 8060S".
_BETWEEN = lazily(r"\s*[\u00b7\u2022|]\s*")
# The PCI database writes GA102 [GeForce RTX 3090].
_BRACKETED = lazily(r"\[([^\[\]]+)\]\s*$")


@noun
class Spec:
    """One row of knowledge/accelerators.yaml, whose header explains the fields and units."""

    name: str
    vendor: str
    aliases: tuple[str, ...] = ()
    arch: str | None = None
    chip: str | None = None
    compute_capability: str | None = None
    gfx: str | None = None
    memory_gib: float | None = None
    visible_gib: float | None = None
    memory_options_gib: tuple[float, ...] = ()
    bandwidth_gbs: float | None = None
    tflops_fp32: float | None = None
    tflops_fp16_dense: float | None = None
    tflops_fp8_dense: float | None = None
    tflops_fp4_dense: float | None = None
    tops_int8_dense: float | None = None
    bf16_native: bool | None = None
    interconnect: str | None = None
    link: str | None = None
    tdp_w: float | None = None
    unified_memory: bool | None = None
    integrated: bool | None = None
    host_arch: str | None = None
    devices_per_card: int = 1
    common: bool = False
    source: str | None = None
    note: str | None = None


@noun
class Found:
    """The rows that a name fits, the commonest first.

    ``memory_gib`` is the size in the name, unless the row knows it to be no memory of the device
    (GH200 480GB counts the processor's); ``size_fits`` is False where no row has that size.
    """

    rows: tuple[Spec, ...] = ()
    memory_gib: float | None = None
    size_fits: bool = True

    @property
    def row(self) -> Spec | None:
        """The row that is most likely meant."""
        return self.rows[0] if self.rows else None

    @property
    def alternatives(self) -> tuple[str, ...]:
        """Names of the other rows that fit."""
        return tuple(row.name for row in self.rows[1:])


class _Spelling(NamedTuple):
    """One way to write a row's name: words that must stand there, and words that may."""

    row: int
    needed: Collection[str]
    allowed: Collection[str]
    size: float | None


def core_part(name: str) -> Mapping[str, Any]:
    """One part of the core knowledge: devices."""
    return document("core")[name]  # type: ignore[no-any-return]


@cache
def names() -> tuple[str, ...]:
    """The name of every row, in the order of the table."""
    return tuple(row["name"] for row in _rows())


def specs() -> Iterator[Spec]:
    """Every row, in the order of the table."""
    return (_spec(position) for position in range(len(_rows())))


@lru_cache(maxsize=1024)
def find(name: str) -> Found:
    """The rows that ``name`` fits, whatever its case and punctuation; none if it fits nothing."""
    plain = spelling.normal(name)
    bracketed = _BRACKETED.search(plain)
    readings = (plain, _REMARK.sub(" ", plain), bracketed[1] if bracketed else plain)
    found = (_read(reading) for reading in dict.fromkeys(readings))
    return next((one for one in found if one.rows), None) or _of_parts(plain)


def _of_parts(plain: str) -> Found:
    """What the names in a text like ``Strix Halo · Radeon 8060S`` mean, if it is one device."""
    parts = [part for part in _BETWEEN.split(plain) if part]
    found = [one for one in map(_read, parts) if one.rows] if len(parts) > 1 else []
    rows = {one.rows for one in found}
    size = next((one for _, one in map(spelling.take_size, parts) if one), None)
    return replace(found[0], memory_gib=size) if len(rows) == 1 else Found()


def _read(plain: str) -> Found:
    spellings, known = _index()
    rest, size = spelling.take_size(plain)
    wanted = spelling.regroup(spelling.words(rest), known)
    brands = spelling.vendors(wanted)
    core = wanted - spelling.BRANDS.keys()
    fitting = [s for s in spellings if _fits(s, core) and _of(s, brands)]
    plainer = frozenset(word for word in core if not spelling.is_detail(word))
    if not fitting and plainer and plainer != core:
        fitting = [s for s in spellings if _fits(s, plainer) and _of(s, brands)]
    return _sized(fitting, size)


def complete(accelerator: Accelerator) -> Accelerator:
    """``accelerator`` with what its name says beyond doubt, where the device did not say it.

    Only the compute capability, the gfx target, whether memory is shared and what ECC leaves of the
    stated memory are taken from the table, each only if all rows that the name fits agree on it.
    The size of the memory is never taken from a name.
    """
    rows = find(accelerator.name).rows if accelerator.name else ()
    rows = tuple(r for r in rows if accelerator.vendor in (None, r.vendor))
    return replace(
        accelerator,
        compute_capability=accelerator.compute_capability
        or _agreed(row.compute_capability for row in rows)
        or _capability(accelerator),
        usable_gib=_left_by_ecc(accelerator, rows)
        if accelerator.usable_gib is None
        else accelerator.usable_gib,
        gfx=accelerator.gfx or _agreed(row.gfx for row in rows),
        unified=_agreed(row.unified_memory for row in rows)
        if accelerator.unified is None
        else accelerator.unified,
    )


def _left_by_ecc(accelerator: Accelerator, rows: Iterable[Spec]) -> float | None:
    memory = accelerator.memory_gib
    left = _agreed(row.visible_gib for row in rows if row.memory_gib == memory)
    return None if left is None else float(left)


def series_of(accelerator: Accelerator) -> str | None:
    """The family of a device as rules name it (``ascend-910b``, ``arc-a``), None if it has none."""
    said = (accelerator.name, accelerator.chip, accelerator.gfx)
    text = " ".join(part for part in said if part)
    makers = {accelerator.vendor} if accelerator.vendor else _makers(text)
    for row in core_part("devices")["series"]:
        if (row["vendor"] in makers or not makers) and _pattern(row["matches"]).search(text):
            return str(row["series"])
    return None


def _capability(accelerator: Accelerator) -> str | None:
    """What all NVIDIA GPUs of such names have; None for other makers and other names."""
    if accelerator.vendor != "nvidia" or not accelerator.name:
        return None
    for row in core_part("devices")["capabilities"]["names"]:
        if _pattern(row["matches"]).search(accelerator.name):
            return str(row["capability"])
    return None


def _makers(text: str) -> frozenset[str]:
    return spelling.vendors(spelling.words(spelling.normal(text)))


def _sized(fitting: list[_Spelling], size: float | None) -> Found:
    right = [s for s in fitting if size is None or _has_size(s, size)]
    chosen = right or [s for s in fitting if s.size is None] or fitting
    rows = {s.row: _spec(s.row) for s in sorted(chosen, key=lambda s: s.row)}
    ordered = sorted(rows.values(), key=lambda row: not row.common)
    return Found(
        rows=tuple(ordered),
        memory_gib=None if _is_other_memory(right, size) else size,
        size_fits=bool(right) or not fitting,
    )


def _is_other_memory(right: list[_Spelling], size: float | None) -> bool:
    """Whether the size is part of the name but not the size of the device's memory."""
    return size is not None and any(
        s.size == size and not _is_near(size, _spec(s.row).memory_gib) for s in right
    )


def _has_size(found: _Spelling, size: float) -> bool:
    row = _spec(found.row)
    if found.size == size or size in row.memory_options_gib:
        return True
    if row.memory_gib is None:
        return not row.memory_options_gib
    return _is_near(size, row.memory_gib)


def _is_near(size: float, memory: float | None) -> bool:
    return memory is not None and abs(size - memory) <= _SAME_SIZE * memory


def _fits(found: _Spelling, core: frozenset[str]) -> bool:
    return core.issuperset(found.needed) and core.issubset(found.allowed)


def _of(found: _Spelling, brands: frozenset[str]) -> bool:
    return not brands or _rows()[found.row]["vendor"] in brands


def _agreed(values: Iterable[Any]) -> Any:
    unique = set(values)
    return unique.pop() if len(unique) == 1 else None


def _rows() -> list[dict[str, Any]]:
    return document("accelerators")["accelerators"]  # type: ignore[no-any-return]


@cache
def _spec(row: int) -> Spec:
    return decode(Spec, _rows()[row])


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)


@cache
def _index() -> tuple[tuple[_Spelling, ...], frozenset[str]]:
    written = document("accelerators").get("spellings")
    found = [_Spelling(*one) for one in written] if written else list(_spellings(_rows()))
    known = frozenset(word for one in found for word in one.allowed)
    return tuple(found), known


def with_spellings(compiled: str) -> str:
    """The compiled table with its spellings, which take longer to make than to read."""
    table = json.loads(compiled)
    table["spellings"] = [
        (one.row, sorted(one.needed), sorted(one.allowed), one.size)
        for one in _spellings(table["accelerators"])
    ]
    return json.dumps(table, ensure_ascii=False, separators=(",", ":"))


def _spellings(rows: Iterable[Mapping[str, Any]]) -> Iterator[_Spelling]:
    for position, row in enumerate(rows):
        for text in (row["name"], *row.get("aliases", ())):
            yield _spelling(position, text)


def _spelling(row: int, text: str) -> _Spelling:
    plain = spelling.normal(text)
    rest, size = spelling.take_size(plain)
    every = frozenset(spelling.words(rest)) - spelling.BRANDS.keys()
    outside = every.intersection(spelling.words(_ASIDE.sub(" ", rest))) if "(" in rest else every
    needed = frozenset([word for word in outside if not spelling.is_optional(word)])
    return _Spelling(row=row, needed=needed or every, allowed=every, size=size)
