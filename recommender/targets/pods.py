"""Pods of Kubernetes from the processes of a plan."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from recommender.facts.cluster import ClusterDevice, Kubernetes
from recommender.facts.noun import noun
from recommender.facts.plan import Container, Plan, Process
from recommender.launch.variables import written
from recommender.targets import security
from recommender.targets.common import refuse, used
from recommender.targets.nodes import placement, resources
from recommender.targets.volumes import Volume, at_home, home, runs_as_root, volumes
from recommender.targets.waiting import start_seconds

# Seconds: a busy server answers late, and is not to be killed for that.
_PERIOD = 10
_LATE = 10
_MISSES = 6
_ADDRESSES = ("HEAD_IP", "OWN_IP", "SUPERVISOR_IP", "WORKER_IP")
ADAPTER_KEYS = {"LORA_NAME": "name", "LORA_PATH": "path"}
"""Where the ConfigMap with the adapter holds what a variable stands for."""
# The model is asked for until the server takes it, and the pod is ready once it has it.
_LOAD = (
    "trap 'exit 0' TERM; until \"$@\"; do sleep 5; done; touch /tmp/loaded; sleep infinity & wait"
)


@noun
class Setting:
    """Where a pod stands: its plan, what the cluster calls things, the text of each variable.

    ``extra`` are the variables of the container that those texts refer to, by the same name.
    """

    plan: Plan
    target: str
    cluster: Kubernetes
    device: ClusterDevice | None
    texts: Mapping[str, str]
    extra: Mapping[str, tuple[str, Any]]


def setting(
    plan: Plan,
    target: str,
    cluster: Kubernetes,
    texts: Mapping[str, str] | None = None,
    extra: Mapping[str, tuple[str, Any]] | None = None,
) -> Setting:
    """The setting of every pod of a plan.

    Raises:
        InputError: a cluster has no name for these devices that is known, or cannot start this.
    """
    device = cluster.device(plan.hardware) if plan.hardware.vendor else None
    if plan.hardware.vendor and device is None:
        why = f"what a cluster calls devices of {plan.hardware.vendor} is not known"
        raise refuse(plan, target, why, "take --target docker on the machine itself")
    own = [name for name in _ADDRESSES if name not in (texts or {})]
    known = {**dict.fromkeys(own, "$(POD_IP)"), "NIC_NAME": cluster.interface}
    if plan.key:
        known["SERVER_KEY"] = f"$({plan.key.env})"
    known |= {name: f"$({name})" for name in ADAPTER_KEYS}
    where = Setting(
        plan=plan,
        target=target,
        cluster=cluster,
        device=device,
        texts={**known, **(texts or {})},
        extra={
            **dict.fromkeys(own, ("POD_IP", field_of("status.podIP"))),
            **{name: (name, _of_adapter(plan, key)) for name, key in ADAPTER_KEYS.items()},
            **(extra or {}),
        },
    )
    _check(where)
    return where


def field_of(path: str) -> dict[str, Any]:
    """The value of a variable that is a field of the pod."""
    return {"valueFrom": {"fieldRef": {"fieldPath": path}}}


def adapter_map(plan: Plan) -> str:
    """The name of the ConfigMap with the LoRA adapter's name and path."""
    return f"{plan.name}-adapter"


def _of_adapter(plan: Plan, key: str) -> dict[str, Any]:
    return {"valueFrom": {"configMapKeyRef": {"name": adapter_map(plan), "key": key}}}


def _check(where: Setting) -> None:
    """Every process has an image, and one server is all that has to be started."""
    plan, names = where.plan, {box.name for box in _boxes(where.plan)}
    for process in plan.processes:
        if process.container is None and process.within not in names:
            why = "a part of it is started by hand on the machine, in no image of its own"
            raise refuse(plan, where.target, why, "take --target shell")
    if len(plan.of("server")) > 1:
        why = "its container is prepared by hand once it runs"
        raise refuse(plan, where.target, why, "take --target docker")


def _boxes(plan: Plan) -> Iterator[Container]:
    return (process.container for process in plan.processes if process.container)


def escaped(text: str) -> str:
    """Text that stays as it is when Kubernetes puts in variables: ``$$`` is one dollar."""
    return text.replace("$", "$$")


def word(where: Setting, text: str) -> str:
    """A word of a plan as an argument or value of a pod."""
    return written(text, escaped, lambda name: _variable(where, name))


def _variable(where: Setting, name: str) -> str:
    text = where.texts.get(name)
    if text is None:
        raise refuse(where.plan, where.target, f"it needs {name}", "take --target shell")
    return text


def pod(
    where: Setting, processes: Sequence[Process], waiting: Sequence[Any] = ()
) -> dict[str, Any]:
    """The specification of a pod.

    Args:
        where: the setting.
        processes: those that run in it; ``before`` ends before the others start.
        waiting: further containers that have to end first.
    """
    first = [process for process in processes if process.role == "before"]
    running = [process for process in processes if process.role != "before"]
    found = [volume for process in processes for volume in _volumes(where, process)]
    spec = {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        **placement(where.plan, where.cluster, where.device),
        "securityContext": security.of_pod(where.plan),
        "initContainers": [*waiting, *_containers(where, first)],
        "containers": _containers(where, running),
        "volumes": _pod_volumes(found),
    }
    return {key: value for key, value in spec.items() if value not in ({}, [], None)}


def _containers(where: Setting, processes: Sequence[Process]) -> list[dict[str, Any]]:
    seen: dict[str, int] = {}
    made = []
    for process in processes:
        role = "server" if process.role == "worker" else process.role
        seen[role] = seen.get(role, 0) + 1
        name = role if seen[role] == 1 else f"{role}-{seen[role]}"
        made.append(_container(where, process, name))
    return made


def _box(where: Setting, process: Process) -> Container:
    """The container of a process; one that runs inside another gets a copy of that one."""
    if process.container:
        return process.container
    return next(box for box in _boxes(where.plan) if box.name == process.within)


def _volumes(where: Setting, process: Process) -> tuple[Volume, ...]:
    if process.within:
        return ()
    found = volumes(where.plan, _box(where, process), where.device, where.target)
    if runs_as_root(where.plan) or where.plan.home:
        return found
    return (Volume(name="home", path=home(where.plan), body={"emptyDir": {}}), *found)


def _container(where: Setting, process: Process, name: str) -> dict[str, Any]:
    box, words = _box(where, process), [word(where, text) for text in process.argv]
    found: dict[str, Any] = {"name": name, "image": box.image}
    if process.within:
        found["command"] = ["/bin/sh", "-c", escaped(_LOAD), "load", *words]
    else:
        found |= {"command": [box.entrypoint]} if box.entrypoint else {}
        found |= {"args": words} if words else {}
    found |= _only(env=_env(where, process, box))
    if process.role == "server":
        port = {"name": "http", "containerPort": where.plan.port}
        found |= {"ports": [port], **probes(where.plan)}
    if process.role == "load":
        found["readinessProbe"] = {"exec": {"command": ["test", "-e", "/tmp/loaded"]}}  # noqa: S108
    else:
        found |= _only(resources=resources(where.plan, process, box, where.device))
    found["securityContext"] = security.of_container(where.plan, box, where.device)
    return found | _only(volumeMounts=[volume.mount() for volume in _volumes(where, process)])


def _only(**values: Any) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value}


def probes(plan: Plan) -> dict[str, Any]:
    """The probes of the server; the first allows for a download of the weights."""
    ask = {"httpGet": {"path": plan.ready, "port": "http"}}
    every = {"periodSeconds": _PERIOD, "timeoutSeconds": _LATE}
    tries = math.ceil(start_seconds(plan) / _PERIOD)
    return {
        "startupProbe": {**ask, **every, "failureThreshold": tries},
        "readinessProbe": {**ask, **every, "failureThreshold": 3},
        "livenessProbe": {**ask, **every, "failureThreshold": _MISSES},
    }


def _env(where: Setting, process: Process, box: Container) -> list[dict[str, Any]]:
    """Variables; those that others refer to come first, since Kubernetes reads in order."""
    server, own = where.plan.server, dict(process.env)
    if process.within:
        own = {**server.env, **own}
    plan, sets = where.plan, where.device.sets if where.device else ()
    named = (*used(process), *(used(server) if process.within else ()))
    extra = dict(where.extra[name] for name in named if name in where.extra)
    found: list[dict[str, Any]] = [{"name": name, **body} for name, body in extra.items()]
    names = [*([plan.key.env] if plan.key and process is server else []), *box.passed]
    found += [_secret(plan, name) for name in dict.fromkeys(names)]
    if not runs_as_root(plan):
        found.append({"name": "HOME", "value": home(plan)})
    return found + [
        {"name": name, "value": word(where, at_home(plan, text))}
        for name, text in own.items()
        if name not in sets
    ]


def _secret(plan: Plan, name: str) -> dict[str, Any]:
    if plan.key and name == plan.key.env:
        chosen: dict[str, Any] = {"name": key_secret(plan), "key": "api-key"}
    elif name == plan.admin_env:
        chosen = {"name": admin_secret(plan), "key": "password"}
    else:
        chosen = {"name": token_secret(name), "key": "token", "optional": True}
    return {"name": name, "valueFrom": {"secretKeyRef": chosen}}


def key_secret(plan: Plan) -> str:
    """The name of the Secret with the API key."""
    return f"{plan.name}-api-key"


def admin_secret(plan: Plan) -> str:
    """The name of the Secret with the password of the administrator."""
    return f"{plan.name}-admin"


def token_secret(name: str) -> str:
    """The name of the Secret with the value of a variable."""
    return name.casefold().replace("_", "-")


def _pod_volumes(found: Iterable[Volume]) -> list[dict[str, Any]]:
    return list({volume.name: {"name": volume.name, **volume.body} for volume in found}.values())
