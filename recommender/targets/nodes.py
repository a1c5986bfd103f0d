"""Which nodes a pod may run on, and what it asks them for."""

import math
from collections.abc import Mapping
from typing import Any

from recommender.facts.cluster import ClusterDevice, Kubernetes, NodeLabel
from recommender.facts.plan import Container, Plan, Process
from recommender.launch.values import UNSIZED_KV_GIB
from recommender.targets.schedulers import cores_of
from recommender.targets.volumes import shared_gib

_SERVING = {"server", "worker"}


def placement(plan: Plan, cluster: Kubernetes, device: ClusterDevice | None) -> dict[str, Any]:
    """Selector, affinity and tolerations of a pod."""
    found = {
        "nodeSelector": _selector(plan, cluster),
        "affinity": {} if _labels(plan) else _affinity(plan, device),
        "tolerations": _tolerations(plan, device),
    }
    return {key: value for key, value in found.items() if value}


def resources(
    plan: Plan, process: Process, box: Container, device: ClusterDevice | None
) -> dict[str, Any]:
    """Cores for the server, devices for those that use them; on the processor main memory."""
    found: dict[str, Any] = {}
    if process.role in _SERVING:
        found["requests"] = {"cpu": str(cores_of(plan)), **_memory(plan, box)}
    boxes = [item.container for item in plan.processes if item.container]
    if device and (_uses(box) or not any(map(_uses, boxes))):
        found["limits"] = {_resource(plan, device): str(plan.devices)}
    return found


def _memory(plan: Plan, box: Container) -> dict[str, str]:
    """What the server fills with weights and cache, and with /dev/shm, which is memory, too."""
    if plan.hardware.vendor is not None or not plan.weights_gib:
        return {}
    filled = plan.memory_gib or plan.weights_gib + UNSIZED_KV_GIB
    return {"memory": f"{math.ceil(filled + shared_gib(box))}Gi"}


def _uses(box: Container) -> bool:
    return bool(box.gpus or box.devices or box.runtime or box.privileged)


def _resource(plan: Plan, device: ClusterDevice) -> str:
    """The device plugin writes the ``+`` of MIG profiles as a dot."""
    if plan.chosen and plan.chosen.resource:
        return plan.chosen.resource
    partition = plan.hardware.partition
    if partition and device.partition:
        return device.partition.replace("{partition}", partition.replace("+", "."))
    return device.resource


def _selector(plan: Plan, cluster: Kubernetes) -> dict[str, str]:
    """Images are built for one kind of processor."""
    arch = cluster.architectures.get(plan.hardware.arch or "")
    return {**({"kubernetes.io/arch": arch} if arch else {}), **_labels(plan)}


def _labels(plan: Plan) -> Mapping[str, str]:
    """The labels of the nodes that were chosen for it."""
    return plan.chosen.labels if plan.chosen else {}


def _affinity(plan: Plan, device: ClusterDevice | None) -> dict[str, Any]:
    rows = device.nodes if device else ()
    wanted = [found for row in rows if (found := _expression(plan, row))]
    if not wanted:
        return {}
    terms = {"nodeSelectorTerms": [{"matchExpressions": wanted}]}
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}


def _expression(plan: Plan, row: NodeLabel) -> dict[str, Any] | None:
    """One expression; None where the machine does not say what the label should be."""
    hardware, value = plan.hardware, row.value
    if row.dedicated and (hardware.integrated or hardware.partition):
        return None
    memory = hardware.memory_gib
    facts = {
        "{memory_mib}": int(memory * 1024 * row.share) if memory else None,
        "{memory_gib}": round(memory) if memory else None,
        "{capability}": (hardware.capability or "").split(".")[0] or None,
    }
    for name, fact in facts.items():
        if name in value and fact is None:
            return None
        value = value.replace(name, str(fact))
    return {"key": row.key, "operator": row.operator, "values": [value]}


def _tolerations(plan: Plan, device: ClusterDevice | None) -> list[dict[str, str]]:
    """Clouds keep other pods off nodes with devices by a taint of the resource's name."""
    found = [dict(one) for one in plan.chosen.tolerations] if plan.chosen else []
    usual = {"operator": "Exists", "effect": "NoSchedule"}
    if device and not any(one["key"] == device.resource for one in found):
        found.insert(0, {"key": device.resource, **usual})
    return found
