"""The parts of a manifest beside its pods, and its text."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from recommender.errors import visible
from recommender.facts.cluster import ClusterDevice
from recommender.facts.noun import changed
from recommender.facts.plan import SSH_KEYS, Container, Plan
from recommender.targets import ranks
from recommender.targets.common import comments, refuse
from recommender.targets.pods import (
    ADAPTER_KEYS,
    adapter_map,
    admin_secret,
    key_secret,
    token_secret,
)
from recommender.targets.volumes import cache_gib, claim_name, is_cache, ssh_secret

_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
# Text in every version of YAML: YAML 1.1 takes more words for numbers and truth values than 1.2.
_PLAIN = re.compile(r"(/|--?)?[A-Za-z]([A-Za-z0-9._/:@()-]*[A-Za-z0-9/])?")
_NO_TEXT = {"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"}
_TOKEN = "HF_TOKEN"  # noqa: S105  # a variable's name


def named(plan: Plan, target: str, longest: int) -> Plan:
    """The plan under a name that a Service can have: it starts with a letter (RFC 1035).

    Raises:
        InputError: the name is too long for what the cluster makes of it.
    """
    name = plan.name if plan.name[0].isalpha() else f"llm-{plan.name}"
    if len(name) > longest:
        why = f"the name {name} is longer than {longest} characters"
        raise refuse(plan, target, why, "give a shorter one with --name")
    return changed(plan, name=name)


def labels(plan: Plan) -> dict[str, str]:
    """The labels of everything that belongs to a plan."""
    group = plan.chosen.group if plan.chosen else None
    return {
        "app.kubernetes.io/name": plan.framework,
        "app.kubernetes.io/instance": plan.name,
        **({"app.kubernetes.io/part-of": group} if group else {}),
        **({"app.kubernetes.io/version": plan.version} if _LABEL.fullmatch(plan.version) else {}),
    }


def about(plan: Plan, name: str) -> dict[str, Any]:
    """The metadata of an object."""
    return {"name": name, "labels": labels(plan)}


def claims(plan: Plan) -> list[dict[str, Any]]:
    """The claim that keeps what is downloaded; pods on several nodes write to it together."""
    if not any(map(is_cache, _mounts(plan))):
        return []
    spec = {
        "accessModes": ["ReadWriteMany" if _shared(plan) else "ReadWriteOnce"],
        "resources": {"requests": {"storage": f"{cache_gib(plan)}Gi"}},
    }
    return [
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": about(plan, claim_name(plan)),
            "spec": spec,
        }
    ]


def service(plan: Plan, name: str, selector: Mapping[str, str]) -> dict[str, Any]:
    """The Service in front of the servers."""
    port = {"name": "http", "port": plan.port, "targetPort": "http"}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": about(plan, name),
        "spec": {"selector": dict(selector), "ports": [port]},
    }


def text(
    plan: Plan,
    device: ClusterDevice | None,
    said: Sequence[str],
    documents: Sequence[Mapping[str, Any]],
) -> str:
    """The manifest: comments that say what a cluster needs, and its documents."""
    import yaml

    class Dumper(yaml.SafeDumper):
        """Texts are quoted wherever some reader of YAML takes them for something else."""

        def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  # as pyyaml has it
            return True

    Dumper.add_representer(str, _scalar)
    body = yaml.dump_all(documents, Dumper=Dumper, sort_keys=False, width=float("inf"))
    told = (*_needs(plan, device), *said, *_asked(plan, documents[-1]["metadata"]["name"]))
    lines = "".join(f"# {visible(line)}\n" for line in told)
    return f"{comments(plan)}{lines}---\n{body}"


def _scalar(dumper: Any, value: str) -> Any:
    plain = _PLAIN.fullmatch(value) and value.casefold() not in _NO_TEXT
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=None if plain else '"')


def _adapter(plan: Plan) -> Iterator[str]:
    """How the cluster is told of the LoRA adapter, and where one that is no repository lies."""
    asked = [name for name in ADAPTER_KEYS if name in ranks.needs(plan)]
    if asked:
        told = " ".join(f"--from-literal={ADAPTER_KEYS[name]}={name}" for name in asked)
        yield f"Before: kubectl create configmap {adapter_map(plan)} {told}"
        yield f"An adapter in the folder adapters of {claim_name(plan)} is /adapters/NAME."


def _keys(plan: Plan) -> Iterator[str]:
    """How the pair of keys is made by which one pod starts processes in the others."""
    if SSH_KEYS in _mounts(plan):
        pair = ("id_ed25519", "id_ed25519.pub")
        files = " ".join(f"--from-file={name}" for name in pair)
        yield f"Before: ssh-keygen -q -t ed25519 -N '' -C {plan.name} -f {pair[0]}"
        yield f"  kubectl create secret generic {ssh_secret(plan)} {files}"
        yield f"  rm {' '.join(pair)}"


def _needs(plan: Plan, device: ClusterDevice | None) -> Iterator[str]:
    boxes = _boxes(plan)
    if device:
        yield f"Nodes need {device.needs}."
    if plan.key:
        key = "--from-literal=api-key=YOUR_KEY"
        yield f"Before: kubectl create secret generic {key_secret(plan)} {key}"
    if plan.admin_env:
        literal = "--from-literal=password=YOUR_PASSWORD"
        yield f"Before: kubectl create secret generic {admin_secret(plan)} {literal}"
    if any(_TOKEN in box.passed for box in boxes):
        token = f'{token_secret(_TOKEN)} --from-literal=token="$HF_TOKEN"'
        yield f"For gated models: kubectl create secret generic {token}"
    yield from _keys(plan)
    yield from _adapter(plan)
    if claims(plan) and plan.weights_gib is None and not plan.model.startswith("/"):
        yield f"How large the weights are is not known: {cache_gib(plan)}Gi may have to grow."
    if claims(plan) and _shared(plan):
        yield "Several nodes write to the claim: its StorageClass has to offer ReadWriteMany."
    if any(mount.source == plan.model for mount in _mounts(plan)):
        yield f"{plan.model} has to lie at this path on every node that may run it."
    if plan.prepare:
        yield "Before, on every node that may run it:"
        yield from (f"  {ranks.line(line)}" for line in plan.prepare)
    limits = sorted({limit for box in boxes for limit in box.ulimits})
    if limits:
        yield f"Pods set no ulimits; the nodes' container runtime has to allow {', '.join(limits)}."


def _asked(plan: Plan, service: str) -> Iterator[str]:
    """How it is started and asked from the machine that has kubectl."""
    ports = f"{plan.port}:{plan.port}"
    yield f"kubectl apply -f FILE, then kubectl port-forward service/{service} {ports}, then"
    yield from (f"  {ranks.line(line)}" for line in plan.check)


def _shared(plan: Plan) -> bool:
    return plan.replicas * plan.nodes > 1


def _boxes(plan: Plan) -> list[Container]:
    return [process.container for process in plan.processes if process.container]


def _mounts(plan: Plan) -> list[Any]:
    return [mount for box in _boxes(plan) for mount in box.mounts]
