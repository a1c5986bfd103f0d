"""What a pod and its containers may do: users, groups, capabilities."""

from typing import Any

from recommender.facts.cluster import ClusterDevice
from recommender.facts.plan import Container, Plan
from recommender.targets.volumes import runs_as_root

# A user whom no image knows; those that are made for one say so (Plan.user).
_ANYBODY = 1000


def of_pod(plan: Plan) -> dict[str, Any]:
    """The security context of a pod: groups, and whose the files of its volumes are."""
    boxes = [process.container for process in plan.processes if process.container]
    numbers = sorted({int(g) for box in boxes for g in box.groups if g.isdecimal()})
    found: dict[str, Any] = {"supplementalGroups": numbers} if numbers else {}
    if not runs_as_root(plan):
        found["fsGroup"] = _user(plan)[1]
        found["fsGroupChangePolicy"] = "OnRootMismatch"
    return found


def _user(plan: Plan) -> tuple[int, int]:
    uid, _, gid = (plan.user or str(_ANYBODY)).partition(":")
    return int(uid), int(gid or uid)


def of_container(plan: Plan, box: Container, device: ClusterDevice | None) -> dict[str, Any]:
    """The security context of a container."""
    added = [name.upper() for name in box.capabilities]
    if box.privileged and not (device and device.unprivileged):
        return {"privileged": True}
    dropped = ["ALL"] if plan.drop_capabilities else [name.upper() for name in box.dropped]
    kind = "Unconfined" if "seccomp=unconfined" in box.security else "RuntimeDefault"
    found: dict[str, Any] = _capabilities(added, dropped)
    # The API server refuses to forbid what SYS_ADMIN allows.
    found |= {} if "SYS_ADMIN" in added else {"allowPrivilegeEscalation": False}
    return found | {"seccompProfile": {"type": kind}} | _as_user(plan, box)


def _as_user(plan: Plan, box: Container) -> dict[str, Any]:
    if not runs_as_root(plan):
        uid, gid = _user(plan)
        return {"runAsNonRoot": True, "runAsUser": uid, "runAsGroup": gid}
    uid_text = {"root": "0"}.get(box.user or "", box.user or "").split(":")[0]
    return {"runAsUser": int(uid_text)} if uid_text.isdecimal() else {}


def _capabilities(added: list[str], dropped: list[str]) -> dict[str, Any]:
    changes = {"add": added, "drop": dropped}
    kept = {key: names for key, names in changes.items() if names}
    return {"capabilities": kept} if kept else {}
