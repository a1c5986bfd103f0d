"""A RayService of KubeRay, in which Ray Serve LLM runs the engine."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from recommender.facts.cluster import Kubernetes
from recommender.facts.noun import changed
from recommender.facts.plan import Plan, Process
from recommender.facts.scheduler import Ray
from recommender.launch.variables import plain
from recommender.targets.common import comments, refuse
from recommender.targets.documents import yaml_of
from recommender.targets.nodes import placement
from recommender.targets.schedulers import called, cores_of, schedulers
from recommender.targets.volumes import cache_gib, claim_name

# Where Ray Serve answers, whatever an engine would listen on (source: Ray's HTTPOptions).
_PORT = 8000
_OPEN = (
    "Ray Serve asks nobody for a key: its Service stays inside of the cluster, or a gateway that "
    "asks goes in front."
)
_CACHE = "/models"
# The group of the image's user, who writes to the claim (source: Ray's base-deps/Dockerfile).
_GROUP = 100
_PORTS = {"gcs-server": 6379, "dashboard": 8265, "client": 10001, "serve": _PORT}


def write(plan: Plan, cluster: Kubernetes) -> str:
    """The manifest for ``kubectl apply``; the engine's options are those of the plan."""
    ray = schedulers().ray
    _refuse_what_ray_lacks(plan, ray)
    application = {
        "name": "llm",
        "import_path": "ray.serve.llm:build_openai_app",
        "route_prefix": "/",
        "args": {"llm_configs": [_config(plan, ray)]},
    }
    service = {
        "apiVersion": "ray.io/v1",
        "kind": "RayService",
        "metadata": {"name": plan.name},
        "spec": {
            "serveConfigV2": yaml_of({"applications": [application]}),
            "rayClusterConfig": {
                "rayVersion": ray.version,
                "headGroupSpec": _head(plan, ray),
                "workerGroupSpecs": [_workers(plan, ray, cluster)],
            },
        },
    }
    open_to_all = changed(plan, key=None, unguarded=_OPEN)
    return comments(open_to_all) + _usage(plan) + yaml_of(*_claims(plan), service)


def _usage(plan: Plan) -> str:
    service = f"{plan.name}-serve-svc"
    lines = [
        "The operator KubeRay has to run in the cluster; a token of the hub is optional:",
        "  kubectl create secret generic hf-token --from-literal=HF_TOKEN=...",
        f"kubectl apply -f FILE, then kubectl port-forward service/{service} {_PORT}:{_PORT}, then",
        f"  curl http://127.0.0.1:{_PORT}/v1/models",
    ]
    return "".join(f"# {line}\n" for line in lines)


def _refuse_what_ray_lacks(plan: Plan, ray: Ray) -> None:
    engine = ray.engines.get(plan.framework)
    target = "lws" if plan.nodes > 1 else "kubernetes"
    elsewhere = f"llmpick launch --target {target} writes it without Ray"
    if engine is None:
        # SGLang: Ray's own tests take vLLM out of the image, put SGLang in and patch it
        # (release/ray_release/byod/byod_llm_sglang_test.sh); nobody publishes such an image.
        held = ", ".join(ray.engines)
        why = f"no published image holds it together with Ray Serve LLM, which has {held}"
        raise refuse(plan, "ray", why, elsewhere)
    if plan.version != engine:
        why = f"{ray.image} holds version {engine}"
        raise refuse(plan, "ray", why, f"leave out --for-version, or {elsewhere}")
    if plan.hardware.vendor not in ray.resources:
        built = ", ".join(ray.resources)
        raise refuse(plan, "ray", f"{ray.image} is built for {built} alone", elsewhere)
    if plan.hardware.partition:
        why = "KubeRay counts whole GPUs (nvidia.com/gpu), and this is a slice of one"
        raise refuse(plan, "ray", why, elsewhere)
    if plan.data_parallel > 1:
        why = "ranks of data parallelism that share experts need a builder of their own in Ray"
        raise refuse(plan, "ray", why, elsewhere)


def _image(plan: Plan, ray: Ray) -> str:
    """The image of the user's own, else that of Ray with the engine in it."""
    box = plan.server.container
    return box.image if plan.known_image and box else ray.image


def _refuse_adapters(plan: Plan, options: Mapping[str, Any]) -> None:
    if "lora_modules" in options:
        why = "Ray Serve loads adapters from a bucket (lora_config), not from folders"
        raise refuse(plan, "ray", why, "llmpick launch --target kubernetes writes it without Ray")


def _config(plan: Plan, ray: Ray) -> dict[str, Any]:
    options = engine_kwargs(plan.server)
    _refuse_adapters(plan, options)
    given = dict(_options(plan.server.argv))
    (served,) = given.get("served_model_name") or [plan.model]
    config: dict[str, Any] = {
        "model_loading_config": {
            "model_id": served,
            "model_source": plan.model,
        },
        "engine_kwargs": {key: value for key, value in options.items() if key not in ray.apart},
        "deployment_config": {
            "autoscaling_config": {"min_replicas": plan.replicas, "max_replicas": plan.replicas}
        },
    }
    kind = called(plan.hardware, ray.accelerators)
    if kind:
        config["accelerator_type"] = kind
    if plan.server.env:
        config["runtime_env"] = {"env_vars": dict(plan.server.env)}
    return config


def engine_kwargs(process: Process) -> dict[str, Any]:
    """The options after the model as keyword arguments: ``--a-b 1`` is ``a_b: 1``.

    An option without a value is true, one that begins with ``--no-`` false.
    """
    options: dict[str, Any] = {}
    for name, values in _options(process.argv):
        if values:
            options[name] = _value(values[0]) if len(values) == 1 else list(map(_value, values))
        elif name.startswith("no_"):
            options[name.removeprefix("no_")] = False
        else:
            options[name] = True
    return options


def _options(words: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    name: str | None = None
    values: list[str] = []
    for word in words[1:]:
        if not word.startswith("--"):
            values.append(plain(word))
            continue
        if name:
            yield name, values
        option, equals, value = word[2:].partition("=")
        name, values = option.replace("-", "_"), [plain(value)] if equals else []
    if name:
        yield name, values


def _value(word: str) -> Any:
    """A number, a truth or an object of JSON as such, any other word as a text."""
    try:
        value = json.loads(word)
    except ValueError:
        return word
    return value if isinstance(value, (bool, int, float, dict, list)) else word


def _head(plan: Plan, ray: Ray) -> dict[str, Any]:
    """The head runs no model."""
    container = {
        "name": "ray-head",
        "image": _image(plan, ray),
        "env": _environment(),
        "ports": [{"name": name, "containerPort": port} for name, port in _PORTS.items()],
        "resources": {"requests": dict(ray.head), "limits": {"memory": ray.head["memory"]}},
        "securityContext": {"allowPrivilegeEscalation": False},
    }
    return {
        "rayStartParams": {"num-cpus": "0", "num-gpus": "0"},
        "template": {"spec": _pod(plan, container)},
    }


def _claims(plan: Plan) -> list[dict[str, Any]]:
    """The claim that keeps what is downloaded; without one it fills the disks of the nodes."""
    if plan.model.startswith("/"):
        return []
    several = plan.nodes * plan.replicas > 1
    spec = {
        "accessModes": ["ReadWriteMany" if several else "ReadWriteOnce"],
        "resources": {"requests": {"storage": f"{cache_gib(plan)}Gi"}},
    }
    claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim"}
    return [{**claim, "metadata": {"name": claim_name(plan)}, "spec": spec}]


def _workers(plan: Plan, ray: Ray, cluster: Kubernetes) -> dict[str, Any]:
    """One pod a machine; its devices are all of the kind that the plan counts."""
    resource = ray.resources[plan.hardware.vendor or ""]
    container = {
        "name": "ray-worker",
        "image": _image(plan, ray),
        "env": _environment(),
        "resources": {
            "requests": {"cpu": str(cores_of(plan))},
            "limits": {resource: str(plan.devices)},
        },
        "securityContext": {"allowPrivilegeEscalation": False},
    }
    count = plan.nodes * plan.replicas
    spec = _keeping(plan, _pod(plan, container))
    return {
        "groupName": "devices",
        "replicas": count,
        "minReplicas": count,
        "maxReplicas": count,
        "rayStartParams": {},
        "template": {"spec": {**spec, **placement(plan, cluster, cluster.device(plan.hardware))}},
    }


def _environment() -> list[dict[str, Any]]:
    secret = {"name": "hf-token", "key": "HF_TOKEN", "optional": True}
    return [{"name": "HF_TOKEN", "valueFrom": {"secretKeyRef": secret}}]


def _keeping(plan: Plan, pod: dict[str, Any]) -> dict[str, Any]:
    """The pod with the claim at the place where the hub's client of the image keeps weights."""
    if not _claims(plan):
        return pod
    (container,) = pod["containers"]
    volume = {"name": "models", "persistentVolumeClaim": {"claimName": claim_name(plan)}}
    env = [*container["env"], {"name": "HF_HOME", "value": _CACHE}]
    mounts = [*container.get("volumeMounts", ()), {"name": "models", "mountPath": _CACHE}]
    return {
        "securityContext": {"fsGroup": _GROUP, "fsGroupChangePolicy": "OnRootMismatch"},
        "containers": [{**container, "env": env, "volumeMounts": mounts}],
        "volumes": [*pod.get("volumes", ()), volume],
    }


def _pod(plan: Plan, container: Mapping[str, Any]) -> dict[str, Any]:
    """A pod that sees a model on the machine's disk at the place where the command names it."""
    box = plan.server.container
    places = [mount for mount in box.mounts if mount.source == mount.target] if box else []
    volumes = [
        {"name": f"model-{at}", "hostPath": {"path": mount.source}}
        for at, mount in enumerate(places)
    ]
    mounts = [
        {"name": f"model-{at}", "mountPath": mount.target, "readOnly": mount.read_only}
        for at, mount in enumerate(places)
    ]
    if not places:
        return {"containers": [dict(container)]}
    return {"containers": [{**container, "volumeMounts": mounts}], "volumes": volumes}
