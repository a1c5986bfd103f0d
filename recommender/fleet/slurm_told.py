"""What Slurm tells of a node in each of its forms: ``scontrol`` and ``sinfo``, text and JSON."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from recommender.errors import InputError
from recommender.fleet.labels import text_of

_JSON = "sinfo -N --json"
# Sockets, cores of each, threads of each: 2:32:2.
_SCT = 3


class Told(NamedTuple):
    """What each of the forms tells of a node."""

    name: str | None
    states: tuple[str, ...]
    gres: str | None
    features: tuple[str, ...]
    arch: str | None
    sockets: int | None
    cores: int | None
    threads: int | None
    memory_mib: int | None
    reason: str | None
    partitions: tuple[str, ...] = ()


def of_text(fields: Mapping[str, Any]) -> Told:
    """A node of ``scontrol show node``."""
    features = fields.get("ActiveFeatures") or fields.get("AvailableFeatures") or ""
    sockets, cores = _count(fields.get("Sockets")), _count(fields.get("CoresPerSocket"))
    return Told(
        name=text_of(fields.get("NodeName")),
        states=tuple(fields.get("State", "").upper().split()[:1]),
        gres=fields.get("Gres", ""),
        features=tuple(features.split(",")),
        arch=text_of(fields.get("Arch")),
        sockets=sockets,
        cores=cores * sockets if cores and sockets else None,
        threads=_count(fields.get("CPUTot")),
        memory_mib=_count(fields.get("RealMemory")),
        reason=text_of(fields.get("Reason")),
        partitions=tuple(filter(None, (text_of(fields.get("Partitions")) or "").split(","))),
    )


def of_json(fields: Mapping[str, Any]) -> Told:
    """A node of ``scontrol show node --json``, and of ``sinfo --json`` before 23.02."""
    states = [*texts(fields.get("state")), *texts(fields.get("state_flags"))]
    features = texts(fields.get("active_features")) or texts(fields.get("features"))
    sockets, cores = _count(fields.get("sockets")), _count(fields.get("cores"))
    return Told(
        name=text_of(fields.get("name")),
        states=tuple(state.upper() for state in states),
        gres=text_of(fields.get("gres")) or "",
        features=tuple(part for text in features for part in text.split(",")),
        arch=text_of(fields.get("architecture")),
        sockets=sockets,
        cores=cores * sockets if cores and sockets else None,
        threads=_count(fields.get("cpus")),
        memory_mib=_count(fields.get("real_memory")),
        reason=text_of(fields.get("reason")),
        partitions=tuple(texts(fields.get("partitions"))),
    )


def of_row(row: Mapping[str, Any]) -> Told:
    """A row of a table of sinfo, by the names of its columns."""
    parts = (text_of(row.get("S:C:T")) or "").split(":")
    sockets, cores = map(_count, parts[:2] if len(parts) == _SCT else (None, None))
    return Told(
        name=None,
        states=((text_of(row.get("STATE")) or text_of(row.get("STATECOMPLETE")) or "").upper(),),
        gres=text_of(row.get("GRES")),
        features=_features(text_of(row.get("ACTIVE_FEATURES") or row.get("AVAIL_FEATURES"))),
        arch=None,
        sockets=sockets or _count(row.get("SOCKETS")),
        cores=cores * sockets if cores and sockets else None,
        threads=_count(row.get("CPUS")),
        memory_mib=_count(row.get("MEMORY")),
        reason=_reason(row.get("REASON")),
    )


def of_group(record: Mapping[str, Any], count: int) -> Told:
    """An element of ``sinfo --json`` (since 23.02), which names the devices of its first node.

    Raises:
        InputError: it stands for several nodes, which may have others.
    """
    gres, features = _members(record, "gres"), _members(record, "features")
    if count > 1 and (gres.get("total") or gres.get("used")):
        message = f"stands for {count} nodes and tells the devices of one: write it with {_JSON}"
        raise InputError(message)
    sockets, cores = _same(record, "sockets"), _same(record, "cores")
    return Told(
        name=None,
        states=tuple(state.upper() for state in texts(_members(record, "node").get("state"))),
        gres=text_of(gres.get("total")) or "",
        features=_features(text_of(features.get("active") or features.get("total"))),
        arch=None,
        sockets=sockets,
        cores=cores * sockets if cores and sockets else None,
        threads=_same(record, "cpus"),
        memory_mib=_same(record, "memory"),
        reason=text_of(_members(record, "reason").get("description")),
    )


def _members(record: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = record.get(name)
    return found if isinstance(found, dict) else {}


def _same(record: Mapping[str, Any], name: str) -> int | None:
    """A number that is the same for all nodes of a group."""
    ends = _members(record, name)
    least = _count(ends.get("minimum"))
    return least if least == _count(ends.get("maximum")) else None


def _features(text: str | None) -> tuple[str, ...]:
    return tuple((text or "").split(","))


def _reason(value: Any) -> str | None:
    text = text_of(value)
    return None if text in {"none", "(null)"} else text


def texts(value: Any) -> list[str]:
    """The texts in a list, or the only one."""
    found = value if isinstance(value, list) else [value]
    return [text for text in map(text_of, found) if text]


def _count(value: Any) -> int | None:
    """A whole number above zero; newer Slurm wraps some in an object of their own."""
    if isinstance(value, dict):
        value = value.get("number") if value.get("set") else None
    text = text_of(value) or ""
    plain = text.isascii() and text.isdigit() and len(text) < 10  # noqa: PLR2004
    return (int(text) or None) if plain else None
