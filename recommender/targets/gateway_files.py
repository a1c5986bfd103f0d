"""The files of a gateway: what it reads, and the manifest by which a cluster runs it."""

from collections.abc import Iterator, Mapping
from typing import Any

from recommender.facts.gateway import Backend, GatewayFile
from recommender.launch.gateways import Opened, fill, of_server, served, shell
from recommender.launch.variables import marked, plain
from recommender.targets.documents import yaml_of
from recommender.words import replace_names

_NAME = "llmpick-gateway"
_MANIFEST = f"{_NAME}.yaml"
_HOME, _CONFIGURED = "/home/gateway", "/etc/gateway"
_PATH = f"{_HOME}/.local/bin:/usr/local/bin:/usr/bin:/bin"


def written(opened: Opened) -> tuple[str | None, str | None]:
    """The name of the file that goes with the lines, and its text; None where there is none."""
    if opened.asked.in_pods:
        return _MANIFEST, yaml_of(*_documents(opened))
    file = opened.kind.file
    return (file.name, _configuration(file, opened)) if file else (None, None)


def applied(opened: Opened) -> Iterator[str]:
    """The lines by which a cluster starts the gateway."""
    if keys := _keys(opened):
        literals = (f"--from-literal={name}={marked(name)}" for name in keys)
        yield shell("kubectl", "create", "secret", "generic", _NAME, *literals)
    yield shell("kubectl", "apply", "-f", _MANIFEST)
    yield shell("kubectl", "rollout", "status", f"deployment/{_NAME}")
    port = opened.facts["port"]
    yield f"{shell('kubectl', 'port-forward', f'service/{_NAME}', f'{port}:{port}')} &"


def _configuration(file: GatewayFile, opened: Opened) -> str:
    rows = [
        _filled(file.row, {**of_server(backend, url), "secret": _secret(file, backend)})
        for backend, url in opened.asked.servers
    ]
    return yaml_of({file.rows: rows, **file.rest, **(file.guarded if opened.key_env else {})})


def _secret(file: GatewayFile, backend: Backend) -> str:
    if backend.key_env is None:
        return file.open
    return replace_names(file.secret, {"key": backend.key_env}.__getitem__)


def _filled(value: Any, facts: Mapping[str, Any]) -> Any:
    if isinstance(value, Mapping):
        return {key: _filled(item, facts) for key, item in value.items()}
    return plain(fill(value, facts)) if isinstance(value, str) else value


def _keys(opened: Opened) -> tuple[str, ...]:
    """The variables that the gateway reads."""
    own = (opened.key_env,) if opened.key_env else ()
    return tuple(dict.fromkeys((*own, *(opened.asked.keys if opened.kind.file else ()))))


def _documents(opened: Opened) -> Iterator[dict[str, Any]]:
    file, port = opened.kind.file, opened.facts["port"]
    if file:
        data = {file.name: _configuration(file, opened)}
        yield {"apiVersion": "v1", "kind": "ConfigMap", **_about(opened), "data": data}
    selector = {"app.kubernetes.io/instance": _NAME}
    template = {"metadata": {"labels": _labels(opened)}, "spec": _pod(opened)}
    spec = {"replicas": 1, "selector": {"matchLabels": selector}, "template": template}
    yield {"apiVersion": "apps/v1", "kind": "Deployment", **_about(opened), "spec": spec}
    ports = [{"name": "http", "port": port, "targetPort": "http"}]
    spec = {"selector": selector, "ports": ports}
    yield {"apiVersion": "v1", "kind": "Service", **_about(opened), "spec": spec}


def _labels(opened: Opened) -> dict[str, str]:
    return {"app.kubernetes.io/name": opened.kind.id, "app.kubernetes.io/instance": _NAME}


def _about(opened: Opened) -> dict[str, Any]:
    return {"metadata": {"name": _NAME, "labels": _labels(opened)}}


def _pod(opened: Opened) -> dict[str, Any]:
    user = opened.known.pods.user
    volumes: list[dict[str, Any]] = [{"name": "home", "emptyDir": {}}]
    if opened.kind.file:
        volumes.append({"name": "configuration", "configMap": {"name": _NAME}})
    return {
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": user,
            "runAsGroup": user,
            "fsGroup": user,
        },
        "containers": [_container(opened)],
        "volumes": volumes,
    }


def _container(opened: Opened) -> dict[str, Any]:
    mounts = [{"name": "home", "mountPath": _HOME}]
    if opened.kind.file:
        mounts.append({"name": "configuration", "mountPath": _CONFIGURED})
    return {
        "name": "gateway",
        "image": opened.known.pods.image,
        "command": ["/bin/sh", "-ec", _script(opened)],
        "workingDir": _CONFIGURED if opened.kind.file else _HOME,
        "env": [*_variables(opened)],
        "ports": [{"name": "http", "containerPort": opened.facts["port"]}],
        "readinessProbe": {"httpGet": {"path": opened.kind.alive, "port": "http"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "volumeMounts": mounts,
    }


def _variables(opened: Opened) -> Iterator[dict[str, Any]]:
    yield {"name": "HOME", "value": _HOME}
    yield {"name": "PATH", "value": _PATH}
    for name in _keys(opened):
        chosen = {"name": _NAME, "key": name}
        yield {"name": name, "valueFrom": {"secretKeyRef": chosen}}


def _script(opened: Opened) -> str:
    """Installs and starts it; the kubelet would replace ``$(NAME)`` itself."""
    install = shell(*opened.known.pods.install.split(), opened.facts["package"])
    started = [f"exec env {line}" for line in served(opened)]
    return "\n".join((install, *started, "")).replace("$(", "$$(")
