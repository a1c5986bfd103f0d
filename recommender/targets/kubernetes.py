"""A Deployment with its Service, and the claim that keeps the models."""

from recommender.facts.cluster import Kubernetes
from recommender.facts.plan import Plan
from recommender.targets import manifests
from recommender.targets.common import launched_as_one, refuse
from recommender.targets.pods import pod, setting

_TARGET = "kubernetes"
_LONGEST_LABEL = 63  # RFC 1123; the name stands in labels


def write(plan: Plan, cluster: Kubernetes) -> str:
    """The manifest.

    Raises:
        InputError: the plan is for several machines, or cannot run in pods.
    """
    if plan.nodes > 1:
        one = "take --target slurm" if launched_as_one(plan) else "take --target docker"
        instead = "take --target lws" if _grouped(plan, cluster) else one
        raise refuse(plan, _TARGET, f"one pod does not run on {plan.nodes} machines", instead)
    plan = manifests.named(plan, _TARGET, _LONGEST_LABEL)
    where = setting(plan, _TARGET, cluster, {"NODE_RANK": "0"})
    selector = {"app.kubernetes.io/instance": plan.name}
    template = {
        "metadata": {"labels": manifests.labels(plan)},
        "spec": pod(where, plan.processes),
    }
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": manifests.about(plan, plan.name),
        "spec": {
            "replicas": plan.replicas,
            # A new pod beside the old one would wait for devices that the old one holds.
            "strategy": {"type": "Recreate"},
            "selector": {"matchLabels": selector},
            "template": template,
        },
    }
    service = manifests.service(plan, plan.name, selector)
    documents = [*manifests.claims(plan), deployment, service]
    return manifests.text(plan, where.device, (), documents)


def _grouped(plan: Plan, cluster: Kubernetes) -> bool:
    single = cluster.groups.single(plan.framework)
    spans = single is not None and single.image is not None and plan.known_image is not None
    return spans or plan.framework in cluster.groups.several
