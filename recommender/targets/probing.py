"""``llmpick probe`` on every node of a cluster, by what its owners already run."""

from typing import Any

from recommender import __version__
from recommender.facts.cluster import Kubernetes
from recommender.targets.documents import yaml_of

NAME = "llmpick-probe"
_NODE = "NODE_NAME"
# Nobody's number, which no image has to know.
_USER = 65534
_HOME = "/tmp"  # noqa: S108  # of the container
# Then it sleeps, for a DaemonSet starts again what ends.
_RUN = f'{{program}} probe --json --node "${_NODE}" && touch "$HOME/told" && exec sleep infinity'
_TOLD = {"exec": {"command": ["/bin/sh", "-c", 'test -e "$HOME/told"']}, "periodSeconds": 2}
_INSTALL = (
    f"python -m pip install --quiet --disable-pip-version-check --no-cache-dir "
    f"--target {_HOME}/llmpick llmpick=={__version__} && "
    f"export PYTHONPATH={_HOME}/llmpick && "
)
_RESOURCES = {
    "requests": {"cpu": "50m", "memory": "128Mi"},
    "limits": {"memory": "512Mi", "ephemeral-storage": "1Gi"},
}
_HEAD = (
    "llmpick's probe on every node, which tells what it is and then sleeps.",
    "It asks for no device, no privilege and no folder of the node:",
    "  kubectl apply -f FILE",
    f"  kubectl -n {NAME} rollout status --timeout=300s daemonset/{NAME}-other",
    f"  kubectl -n {NAME} rollout status --timeout=300s daemonset/{NAME}-nvidia",
    f"  kubectl -n {NAME} logs -l app={NAME} --prefix --tail=-1 | llmpick fleet",
    "  kubectl delete -f FILE",
    "Leave out runtimeClassName where NVIDIA's runtime is the default one and has no such class.",
)
_PUBLIC = (
    "pip fetches llmpick from its index; where nodes reach none, --image names one that has it."
)


def kubernetes(cluster: Kubernetes, image: str | None = None) -> str:
    """A DaemonSet for nodes whose runtime hands in devices, and one for all others.

    Args:
        cluster: what Kubernetes calls things.
        image: one that has llmpick, None for that of Python into which pip puts it.
    """
    probing = cluster.probing
    label = f"kubectl label node NODE {probing.labels[0]}=true"
    head = (*_HEAD, f"Nodes with NVIDIA GPUs that have none of its labels: {label}")
    labelled = [_expression(label, "In") for label in probing.labels]
    others = [[_expression(label, "NotIn") for label in probing.labels]]
    seeing = {"runtimeClassName": probing.runtime}
    documents = (
        _namespace(),
        _daemons(cluster, image, probing.runtime, [[one] for one in labelled], seeing),
        _daemons(cluster, image, "other", others, {}),
    )
    lines = head if image else (*head, _PUBLIC)
    return "".join(f"# {line}\n" for line in lines) + yaml_of(*documents)


def _namespace() -> dict[str, Any]:
    enforced = {"pod-security.kubernetes.io/enforce": "restricted"}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAME, "labels": enforced}}


def _expression(label: str, operator: str) -> dict[str, Any]:
    return {"key": label, "operator": operator, "values": ["true"]}


def _daemons(
    cluster: Kubernetes,
    image: str | None,
    kind: str,
    terms: list[list[dict[str, Any]]],
    more: dict[str, Any],
) -> dict[str, Any]:
    labels = {"app": NAME, "nodes": kind}
    pod = {**more, **_pod(cluster, image, _env(cluster) if more else [])}
    required = {"nodeSelectorTerms": [{"matchExpressions": term} for term in terms]}
    pod["affinity"] = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": f"{NAME}-{kind}", "namespace": NAME, "labels": labels},
        "spec": {
            "selector": {"matchLabels": labels},
            "updateStrategy": {"rollingUpdate": {"maxUnavailable": "100%"}},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }


def _env(cluster: Kubernetes) -> list[dict[str, Any]]:
    return [{"name": name, "value": value} for name, value in cluster.probing.env.items()]


def _pod(cluster: Kubernetes, image: str | None, env: list[dict[str, Any]]) -> dict[str, Any]:
    install = "" if image else _INSTALL
    run = _RUN.format(program="llmpick" if image else "python -m recommender")
    return {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "tolerations": _tolerations(cluster),
        "terminationGracePeriodSeconds": 1,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _USER,
            "runAsGroup": _USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [
            {
                "name": "probe",
                "image": image or cluster.probing.image,
                "command": ["/bin/sh", "-c", install + run],
                "env": [*_told(), *env],
                "readinessProbe": _TOLD,
                "resources": _RESOURCES,
                "securityContext": {
                    "allowPrivilegeEscalation": False,
                    "readOnlyRootFilesystem": True,
                    "capabilities": {"drop": ["ALL"]},
                },
                "volumeMounts": [{"name": "tmp", "mountPath": _HOME}],
            }
        ],
        "volumes": [{"name": "tmp", "emptyDir": {"sizeLimit": "1Gi"}}],
    }


def _told() -> list[dict[str, Any]]:
    name = {"fieldRef": {"fieldPath": "spec.nodeName"}}
    return [{"name": _NODE, "valueFrom": name}, {"name": "HOME", "value": _HOME}]


def _tolerations(cluster: Kubernetes) -> list[dict[str, Any]]:
    """Of taints that keep others away from a node's devices, which are called as those."""
    keys = dict.fromkeys(device.resource for device in cluster.devices)
    return [{"key": key, "operator": "Exists"} for key in keys]
