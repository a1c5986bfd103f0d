"""Nodes as Slurm tells of them: ``scontrol -o show node`` and ``scontrol show node --json``.

The type of a generic resource is whatever a site called it, and Slurm knows no memory of devices:
a type that the table of accelerators knows gives the maker and the name, any other nothing.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from hashlib import blake2b
from typing import Any, NamedTuple

from recommender.devices.catalogue import find
from recommender.errors import InputError, printable
from recommender.facts import Accelerator, Cpu, Machine, Memory, Os, Problem
from recommender.facts.codec import encode
from recommender.facts.fleet import Where
from recommender.fleet import device_types
from recommender.fleet.labels import text_of
from recommender.fleet.records import Node

SOURCE = "slurm"
_MOST = 4096
_MIB_PER_GIB = 1024
# name[:type]:count, and behind it the cores or numbers in brackets.
_GRES = re.compile(r"gpu(?::([^:()]{1,100}))?:(\d{1,6})(?:\([^()]*\))?")
_OUTSIDE = re.compile(r",(?![^()]*\))")
# A state and the marks behind it: DOWN*, IDLE~.
_STATE = re.compile(r"([A-Z_]*)(\W*)")


class _Told(NamedTuple):
    """What both forms of scontrol tell of a node."""

    name: str | None
    states: tuple[str, ...]
    gres: str
    features: tuple[str, ...]
    arch: str | None
    sockets: int | None
    cores: int | None
    threads: int | None
    memory_mib: int | None
    reason: str | None
    partitions: tuple[str, ...] = ()


def is_node(value: Mapping[str, Any]) -> bool:
    """Whether a decoded object is a node of Slurm."""
    return "NodeName" in value or ("gres" in value and "real_memory" in value)


def node(value: Any) -> Node:
    """The machine that a record of scontrol tells of.

    Raises:
        InputError: it is no node of Slurm.
    """
    if not isinstance(value, dict) or not is_node(value):
        message = "is no node of Slurm: write it with scontrol -o show node"
        raise InputError(message)
    told = _of_text(value) if "NodeName" in value else _of_json(value)
    machine = _machine(told)
    kind = blake2b(json.dumps(encode(machine)).encode(), digest_size=16)
    return Node(told.name, kind.digest(), machine, SOURCE, _apart(told), _where(told))


def _of_text(fields: Mapping[str, Any]) -> _Told:
    features = fields.get("ActiveFeatures") or fields.get("AvailableFeatures") or ""
    sockets, cores = _count(fields.get("Sockets")), _count(fields.get("CoresPerSocket"))
    return _Told(
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
        partitions=_listed(fields.get("Partitions")),
    )


def _of_json(fields: Mapping[str, Any]) -> _Told:
    states = [*_texts(fields.get("state")), *_texts(fields.get("state_flags"))]
    features = _texts(fields.get("active_features")) or _texts(fields.get("features"))
    sockets, cores = _count(fields.get("sockets")), _count(fields.get("cores"))
    return _Told(
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
        partitions=tuple(_texts(fields.get("partitions"))),
    )


def _listed(text: Any) -> tuple[str, ...]:
    return tuple(filter(None, (text_of(text) or "").split(",")))


def _texts(value: Any) -> list[str]:
    found = value if isinstance(value, list) else [value]
    return [text for text in map(text_of, found) if text]


def _count(value: Any) -> int | None:
    """A whole number above zero; newer Slurm wraps some in an object of their own."""
    if isinstance(value, dict):
        value = value.get("number") if value.get("set") else None
    text = text_of(value) or ""
    plain = text.isascii() and text.isdigit() and len(text) < 10  # noqa: PLR2004
    return (int(text) or None) if plain else None


def _machine(told: _Told) -> Machine:
    from recommender.devices.software import architecture

    try:
        arch = architecture(told.arch) if told.arch else None
    except InputError:
        arch = None
    return Machine(
        # Slurm's daemon runs on Linux and the BSDs; what servers are started by is Linux.
        os=Os(family="linux", container="none"),
        arch=arch,
        cpu=Cpu(sockets=told.sockets, physical_cores=told.cores, logical_cores=told.threads),
        memory=Memory(
            total_gib=round(told.memory_mib / _MIB_PER_GIB, 1) if told.memory_mib else None
        ),
        accelerators=tuple(_devices(told)),
        problems=tuple(_unknown(told)),
    )


def _kinds(told: _Told) -> Iterator[tuple[str, Accelerator, int]]:
    """Each generic resource that stands for GPUs, the device that it means, and how many."""
    for part in _OUTSIDE.split(told.gres):
        found = _GRES.fullmatch(part.strip())
        if found and int(found[2]):
            device = device_types.device(found[1] or _feature(told.features))
            yield found[0], device, min(int(found[2]), _MOST)


def _devices(told: _Told) -> Iterator[Accelerator]:
    every = [device for _, device, count in _kinds(told) for _ in range(count)]
    return (replace(device, index=index) for index, device in enumerate(every[:_MOST]))


def _unknown(told: _Told) -> Iterator[Problem]:
    """Resources of which nobody knows whose devices they are."""
    for text, device, _ in _kinds(told):
        if device.vendor is None:
            yield Problem(what=f"which accelerators Slurm means by {printable(text)} is not known")


def _where(told: _Told) -> Where:
    """What Slurm calls its devices, where they are of one kind, and where such nodes are."""
    kinds = {text.partition("(")[0].rpartition(":")[0] for text, _, _ in _kinds(told)}
    return Where(
        gres=kinds.pop() if len(kinds) == 1 else None,
        features=tuple(filter(None, told.features)),
        partitions=told.partitions,
    )


def _feature(features: tuple[str, ...]) -> str | None:
    """The only feature of a node that names a device."""
    named = [feature for feature in features if len(feature) > 1 and find(feature).row]
    return named[0] if len(named) == 1 else None


def _apart(told: _Told) -> str | None:
    """Why nothing is to be started on it."""
    from recommender.targets.schedulers import schedulers

    rule = schedulers().slurm.apart
    states = [part for state in told.states for part in state.split("+")]
    found = [_STATE.fullmatch(state) for state in states]
    if not any(one and (one[1] in rule.states or {*one[2]} & {*rule.marks}) for one in found):
        return None
    why = f": {printable(told.reason)}" if told.reason else ""
    return f"Slurm says {printable('+'.join(told.states))}{why}"
