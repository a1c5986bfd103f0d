"""A LeaderWorkerSet: groups of pods that serve together, one on each machine."""

from collections.abc import Iterator, Sequence
from typing import Any

from recommender.facts.cluster import Kubernetes
from recommender.facts.plan import Plan, Process
from recommender.launch.variables import plain
from recommender.targets import manifests
from recommender.targets.common import refuse, used
from recommender.targets.pods import Setting, field_of, pod, setting

_TARGET = "lws"
_PREFIX = "leaderworkerset.sigs.k8s.io"
# A pod's label holds the name, the group, and a hash of eleven characters of its StatefulSet.
_LONGEST = 48
_GROUP = "GROUP_INDEX"
_PORTS = ("-p", "--port")
# The variables by which a server is told its workers.
_TOLD = ("WORKER_IPS", "WORKER_SLOTS")
_ALONE = "Each copy takes one machine: a plain Deployment (--target kubernetes) would do."
_NETWORK = (
    "Between machines this uses the pods' network; for InfiniBand or RoCE ask for your cluster's "
    "RDMA resource as well."
)
_FENCE = (
    "The NetworkPolicy lets only pods of this set reach its workers, where the cluster's network "
    "plugin enforces such policies."
)
# A server that finds no worker ends, and the whole group would be started anew.
_WAIT = (
    'for at in "$@"; do until (: <"/dev/tcp/${at%:*}/${at##*:}") 2>/dev/null; do sleep 2; done; '
    "done"
)


def write(plan: Plan, cluster: Kubernetes) -> str:
    """The manifest.

    Raises:
        InputError: the framework does not run in such groups.
    """
    _check(plan, cluster)
    plan = manifests.named(plan, _TARGET, _LONGEST)
    leader = "$(LWS_LEADER_ADDRESS)"
    texts = {
        **dict.fromkeys(("HEAD_IP", "SUPERVISOR_IP"), leader),
        "NODE_RANK": "$(LWS_WORKER_INDEX)",
        "WORKER_IPS": ",".join(_workers(plan)),
        "WORKER_SLOTS": ",".join(f"{pod}:{plan.devices}" for pod in _pods(plan)),
    }
    index = field_of(f"metadata.labels['{_PREFIX}/group-index']")
    extra = dict.fromkeys(_TOLD, (_GROUP, index))
    where = setting(plan, _TARGET, cluster, texts, extra)
    group = {
        "apiVersion": "leaderworkerset.x-k8s.io/v1",
        "kind": "LeaderWorkerSet",
        "metadata": manifests.about(plan, plan.name),
        "spec": {"replicas": plan.replicas, "leaderWorkerTemplate": _templates(where)},
    }
    # The set makes a Service of its own name for the addresses of its pods.
    first = {f"{_PREFIX}/name": plan.name, f"{_PREFIX}/worker-index": "0"}
    service = manifests.service(plan, f"{plan.name}-leader", first)
    said: tuple[str, ...] = (_NETWORK,) if plan.nodes > 1 else (_ALONE,)
    fence = _fence(plan)
    said += (_FENCE,) if fence else ()
    documents = [*manifests.claims(plan), *fence, group, service]
    return manifests.text(plan, where.device, said, documents)


def _fence(plan: Plan) -> list[dict[str, Any]]:
    """Whoever reaches the port of a waiting worker can have it compute: its own set alone may."""
    if _needing(plan.processes) is None:
        return []
    own = {f"{_PREFIX}/name": plan.name}
    spec = {
        "podSelector": {"matchLabels": {**own, "role": "worker"}},
        "policyTypes": ["Ingress"],
        "ingress": [{"from": [{"podSelector": {"matchLabels": own}}]}],
    }
    policy = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy"}
    return [{**policy, "metadata": manifests.about(plan, f"{plan.name}-workers"), "spec": spec}]


def _check(plan: Plan, cluster: Kubernetes) -> None:
    groups, boxed = cluster.groups, any(process.container for process in plan.of("worker"))
    single = groups.single(plan.framework)
    if single is None and plan.framework not in groups.several:
        why = "nothing is known to start it in groups of pods"
        raise refuse(plan, _TARGET, why, "take --target kubernetes, on one machine")
    if plan.nodes > 1 and single and not boxed:
        raise refuse(plan, _TARGET, single.text.en, single.instead.en)


def _templates(where: Setting) -> dict[str, Any]:
    """Pods of one kind need one template alone."""
    plan = where.plan
    first = [process for process in plan.processes if process.role != "worker"]
    leader = _template(where, first, "leader")
    found = {"size": plan.nodes, "restartPolicy": "RecreateGroupOnPodRestart"}
    if plan.nodes == 1:
        return {**found, "workerTemplate": leader}
    worker = _template(where, list(plan.of("worker")), "worker")
    return {**found, "leaderTemplate": leader, "workerTemplate": worker}


def _template(where: Setting, processes: list[Process], role: str) -> dict[str, Any]:
    metadata = {"labels": {**manifests.labels(where.plan), "role": role}}
    return {"metadata": metadata, "spec": pod(where, processes, _waiting(where, processes))}


def _waiting(where: Setting, processes: list[Process]) -> list[dict[str, Any]]:
    """A container that ends once every worker listens, before a server that needs them."""
    needing = _needing(processes)
    if needing is None or needing.container is None:
        return []
    name, body = where.extra["WORKER_IPS"]
    return [
        {
            "name": "workers",
            "image": needing.container.image,
            "command": ["/bin/bash", "-c", _WAIT.replace("$", "$$"), "workers"],
            "args": list(_workers(where.plan)),
            "env": [{"name": name, **body}],
            "securityContext": {"allowPrivilegeEscalation": False},
        }
    ]


def _needing(processes: Sequence[Process]) -> Process | None:
    """The process that is told where the workers listen, None where they look for it."""
    return next((item for item in processes if set(_TOLD) & set(used(item))), None)


def _workers(plan: Plan) -> tuple[str, ...]:
    """The addresses of the further pods of a group, with the port on which each listens."""
    port = next((port for process in plan.of("worker") if (port := _listens(process))), None)
    return tuple(f"{pod}:{port}" for pod in _pods(plan)) if port else ()


def _pods(plan: Plan) -> Iterator[str]:
    """The names of the further pods of a group, which the set's Service resolves."""
    return (f"{plan.name}-$({_GROUP})-{at}.{plan.name}" for at in range(1, plan.nodes))


def _listens(process: Process) -> str | None:
    words = [plain(word) for word in process.argv]
    return next((words[at + 1] for at, word in enumerate(words[:-1]) if word in _PORTS), None)
