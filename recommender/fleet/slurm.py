"""Nodes as Slurm tells of them: ``scontrol show node`` and ``sinfo``, as text and as JSON.

The type of a generic resource is whatever a site called it, and Slurm knows no memory of devices:
a type that the table of accelerators knows gives the maker and the name, any other nothing.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from recommender.devices.catalogue import find
from recommender.errors import InputError, printable
from recommender.facts import Accelerator, Cpu, Machine, Memory, Os, Problem
from recommender.facts.codec import encode
from recommender.facts.fleet import Where
from recommender.fleet import device_types, sinfo
from recommender.fleet.records import Node
from recommender.fleet.slurm_told import Told, of_group, of_json, of_row, of_text, texts

SOURCE = "slurm"
_MOST = 4096
_MIB_PER_GIB = 1024
# name[:type]:count, and behind it the cores or numbers in brackets.
_GRES = re.compile(r"gpu(?::([^:()]{1,100}))?:(\d{1,6})(?:\([^()]*\))?")
_NONE = re.compile(r":0+(?:\(|$)")
_OUTSIDE = re.compile(r",(?![^()]*\))")
# A state and the marks behind it: DOWN*, IDLE~.
_STATE = re.compile(r"([A-Z_]*)(\W*)")


def is_node(value: Mapping[str, Any]) -> bool:
    """Whether a decoded object is a node of Slurm, or a row of sinfo."""
    listed = "NODELIST" in value or _of_sinfo(value)
    return listed or "NodeName" in value or ("gres" in value and "real_memory" in value)


def _of_sinfo(value: Mapping[str, Any]) -> bool:
    return isinstance(value.get("nodes"), dict) and "gres" in value


def nodes(value: Any) -> Iterator[Node]:
    """The machines that a record of scontrol or sinfo tells of.

    Raises:
        InputError: it is no node of Slurm, or does not tell which devices its nodes have.
    """
    if not isinstance(value, dict) or not is_node(value):
        message = "is no node of Slurm: write it with scontrol -o show node"
        raise InputError(message)
    if "NODELIST" in value:
        return _listed(texts(value["NODELIST"]), of_row(value))
    if _of_sinfo(value):
        names = texts(value["nodes"].get("nodes"))
        return _listed(names, of_group(value, len(names)))
    told = of_text(value) if "NodeName" in value else of_json(value)
    return iter((_node(told),))


def _listed(names: list[str], told: Told) -> Iterator[Node]:
    node = _node(told)._replace(repeats=True)
    return (node._replace(name=name) for name in names)


def _node(told: Told) -> Node:
    apart = _apart(told)
    if told.gres is None and not apart:
        message = f"tells of no devices (no column GRES): write it with {sinfo.COMMAND}"
        raise InputError(message)
    kind, machine = _described(told._replace(name=None, states=(), reason=None, partitions=()))
    return Node(told.name, kind, machine, SOURCE, apart, _where(told))


@lru_cache(maxsize=1000)
def _described(told: Told) -> tuple[bytes, Machine]:
    """The machine, and what stands for all that decides of it."""
    machine = _machine(told)
    return blake2b(json.dumps(encode(machine)).encode(), digest_size=16).digest(), machine


def _machine(told: Told) -> Machine:
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


def _kinds(told: Told) -> Iterator[tuple[str, Accelerator, int]]:
    """Each generic resource that stands for GPUs, the device that it means, and how many."""
    for part in _OUTSIDE.split(told.gres or ""):
        found = _GRES.fullmatch(part.strip())
        if found and int(found[2]):
            device = device_types.device(found[1] or _feature(told.features))
            yield found[0], device, min(int(found[2]), _MOST)


def _devices(told: Told) -> Iterator[Accelerator]:
    every = [device for _, device, count in _kinds(told) for _ in range(count)]
    return (replace(device, index=index) for index, device in enumerate(every[:_MOST]))


def _unknown(told: Told) -> Iterator[Problem]:
    """Resources of which nobody knows whose devices they are."""
    known = {text: device.vendor for text, device, _ in _kinds(told)}
    for part in map(str.strip, _OUTSIDE.split(told.gres or "")):
        if part.partition(":")[0] == "gpu" and not (_NONE.search(part) or known.get(part)):
            yield Problem(what=f"which accelerators Slurm means by {printable(part)} is not known")


def _where(told: Told) -> Where:
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


def _apart(told: Told) -> str | None:
    """Why nothing is to be started on it."""
    from recommender.targets.schedulers import schedulers

    rule = schedulers().slurm.apart
    states = [part for state in told.states for part in state.split("+")]
    found = [_STATE.fullmatch(state) for state in states]
    if not any(one and (one[1] in rule.states or {*one[2]} & {*rule.marks}) for one in found):
        return None
    why = f": {printable(told.reason)}" if told.reason else ""
    return f"Slurm says {printable('+'.join(told.states))}{why}"
