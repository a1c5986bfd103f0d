"""Nodes as ``kubectl get nodes -o json`` tells of them: labels, resources, conditions, taints."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from hashlib import blake2b
from typing import Any

from recommender.errors import InputError, printable
from recommender.facts import Cpu, Machine, Memory, Os, Problem, Software
from recommender.facts.cluster import NodeReading
from recommender.facts.codec import encode
from recommender.facts.fleet import Taint, Where
from recommender.fleet import node_devices
from recommender.fleet.labels import Labels, text_of, texts
from recommender.fleet.records import Node
from recommender.fleet.where import domains, resources

SOURCE = "kubernetes"
_QUANTITY = re.compile(r"(\d{1,18}(?:\.\d{1,9})?)(m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?")
_UNITS = {
    "": 1.0,
    "m": 1e-3,
    **{name: 10.0 ** (3 * power) for power, name in enumerate("kMGTP", start=1)},
    **{f"{name}i": 2.0 ** (10 * power) for power, name in enumerate("KMGTP", start=1)},
}
_GIB = 2**30
# PreferNoSchedule repels nothing where there is no other room.
_REPELS = frozenset(("NoSchedule", "NoExecute"))
# Labels that every node of a cloud or cluster has.
_KINDS = ("kubernetes.io/arch", "node.kubernetes.io/instance-type")
_MAKERS = {"intel": "intel", "amd": "amd", "genuineintel": "intel", "authenticamd": "amd"}


def is_node(value: Mapping[str, Any]) -> bool:
    """Whether a decoded object is a node of Kubernetes."""
    return value.get("kind") == "Node" or ("metadata" in value and "status" in value)


def node(value: Any) -> Node:
    """The machine that a node object tells of.

    Raises:
        InputError: it is no node object.
    """
    if not isinstance(value, dict) or not is_node(value):
        message = "is no node of Kubernetes: write it with kubectl get nodes -o json"
        raise InputError(message)
    reading = _reading()
    meta, status = _part(value, "metadata"), _part(value, "status")
    labels = Labels(
        labels=texts(_part(meta, "labels")),
        capacity=texts(_part(status, "capacity")),
        allocatable=texts(_part(status, "allocatable")),
    )
    found = node_devices.devices(labels, reading)
    machine = _machine(labels, _part(status, "nodeInfo"), found, reading)
    return Node(
        name=text_of(meta.get("name")),
        kind=_kind(machine),
        machine=machine,
        source=SOURCE,
        apart=next(_reasons(value, status, labels), None) or found.broken,
        where=_where(value, labels),
    )


def _reading() -> NodeReading:
    from recommender.knowledge import load

    return load().kubernetes.reading


def _part(value: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A member that is an object; empty where it is not there or something else."""
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def _kind(machine: Machine) -> bytes:
    memory = machine.memory.total_gib
    told = json.dumps([encode(machine), None if memory is None else round(memory)])
    return blake2b(told.encode(), digest_size=16).digest()


def _machine(
    labels: Labels, info: Mapping[str, Any], found: node_devices.Found, reading: NodeReading
) -> Machine:
    from recommender.devices.software import architecture

    arch = text_of(info.get("architecture"))
    cores, memory = quantity(labels.capacity.get("cpu")), quantity(labels.capacity.get("memory"))
    try:
        known = architecture(arch) if arch else None
    except InputError:
        known = None
    return Machine(
        os=_system(labels, info, reading),
        arch=known,
        cpu=_processor(labels, reading, int(cores) if cores else None),
        # Equal machines differ by some KiB, which decides nothing.
        memory=Memory(total_gib=None if memory is None else float(round(memory / _GIB))),
        accelerators=found.accelerators,
        software=Software(**found.software, versions=found.versions),
        problems=tuple(Problem(what=what) for what in found.problems),
    )


def quantity(text: str | None) -> float | None:
    """A quantity of Kubernetes (``263865068Ki``, ``128``, ``3920m``) as a plain number."""
    found = _QUANTITY.fullmatch(text or "")
    return float(found[1]) * _UNITS[found[2] or ""] if found else None


def _system(labels: Labels, info: Mapping[str, Any], reading: NodeReading) -> Os:
    family = text_of(info.get("operatingSystem"))
    return Os(
        family=family if family in {"linux", "windows"} else None,
        distro=labels.get(reading.system["distro"]),
        version=labels.get(reading.system["version"]),
        kernel=text_of(info.get("kernelVersion")),
        container="none",
    )


def _processor(labels: Labels, reading: NodeReading, cores: int | None) -> Cpu:
    start = reading.processor["flag"]
    told = [
        name.removeprefix(start)
        for name, value in labels.labels.items()
        if name.startswith(start) and value == "true"
    ]
    maker = (labels.get(reading.processor["vendor"]) or "").casefold()
    return Cpu(
        vendor=_MAKERS.get(maker),
        logical_cores=cores,
        flags=tuple(sorted(reading.flags.get(flag, flag.casefold()) for flag in told)),
    )


def _reasons(value: Mapping[str, Any], status: Mapping[str, Any], labels: Labels) -> Iterator[str]:
    """Why no pod is to be started there, the gravest first."""
    for condition in _objects(status.get("conditions")):
        if condition.get("type") == "Ready" and condition.get("status") != "True":
            why = text_of(condition.get("message")) or text_of(condition.get("reason"))
            yield f"not ready: {printable(why or '?')}"
    spec = _part(value, "spec")
    if spec.get("unschedulable") is True:
        yield "cordoned: nothing is scheduled there"
    for taint in _objects(spec.get("taints")):
        # A taint called as a resource of the node keeps others away from its devices.
        if taint.get("effect") in _REPELS and str(taint.get("key")) not in labels.capacity:
            yield f"tainted: {printable(_taint(taint))}"


@cache
def _domains() -> frozenset[str]:
    return domains(node_devices.rows())


def _where(value: Mapping[str, Any], labels: Labels) -> Where:
    """The labels of its devices and its kind, and the taints that a pod there has to tolerate."""
    known = _domains()
    shown = {
        key: text
        for key, text in labels.labels.items()
        if key in _KINDS or key.partition("/")[0] in known
    }
    return Where(
        labels=shown,
        taints=tuple(_taints(value)),
        resources=resources(labels, node_devices.rows()),
    )


def _taints(value: Mapping[str, Any]) -> Iterator[Taint]:
    for taint in _objects(_part(value, "spec").get("taints")):
        key, effect = text_of(taint.get("key")), text_of(taint.get("effect"))
        if key and effect in _REPELS:
            yield Taint(key=key, effect=effect, value=text_of(taint.get("value")))


def _objects(value: Any) -> list[dict[str, Any]]:
    """The objects in a list; none where it is no list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _taint(taint: Mapping[str, Any]) -> str:
    value = text_of(taint.get("value"))
    return f"{taint.get('key')}{f'={value}' if value else ''}:{taint.get('effect')}"
