"""A task for SkyPilot, which rents the machines, and a service for SkyServe on top of it."""

from collections.abc import Iterator
from math import ceil
from typing import Any

from recommender.facts.command import Command
from recommender.facts.noun import changed
from recommender.facts.plan import Key, Plan, Process
from recommender.launch import engine
from recommender.launch.variables import ADAPTER
from recommender.targets import ranks
from recommender.targets.common import comments, prepared, refuse, secrets
from recommender.targets.documents import yaml_of
from recommender.targets.schedulers import called, schedulers
from recommender.targets.waiting import start_seconds

_GB_IN_GIB = 2**30 / 1e9
_HUB = "HF_TOKEN"
_SYSTEMS = (None, "linux")


def write(plan: Plan) -> str:
    """The task; ``sky launch`` runs it, ``sky serve up`` keeps copies of it running."""
    if plan.model.startswith(("/", "./", "../", "~")):
        why = "the model lies on a disk which rented machines do not see"
        raise refuse(plan, "skypilot", why, "name the model by its repository on the hub")
    if plan.hardware.os not in _SYSTEMS:
        why = f"SkyPilot rents no machine with {plan.hardware.os}"
        raise refuse(plan, "skypilot", why, "describe the machine to be rented by --gpu")
    if plan.nodes > 1 and not plan.of("worker"):
        why = "there is no command for its further machines"
        raise refuse(plan, "skypilot", why, "take one machine that holds the model")
    task: dict[str, Any] = {"name": plan.name, "resources": _resources(plan)}
    if plan.nodes > 1:
        task["num_nodes"] = plan.nodes
    if adapter := _adapter(plan):
        task["envs"] = dict.fromkeys(adapter)
    task["secrets"] = {_HUB: ""}
    task["secrets"] |= dict.fromkeys(secrets(plan))
    if plan.install or plan.prepare:
        task["setup"] = _text(_setup(plan))
    task["run"] = _text(_run(plan))
    if _kept(plan) and plan.key:
        task["service"] = _service(plan, plan.key)
    return comments(plan) + _usage(plan) + yaml_of(task)


def _kept(plan: Plan) -> bool:
    """Whether SkyServe can keep copies of it, which it reaches from elsewhere."""
    return plan.exposed and plan.key is not None and plan.nodes == 1


def _usage(plan: Plan) -> str:
    secret = "".join(f" --secret {name}" for name in secrets(plan))
    secret += "".join(f" --env {name}=..." for name in _adapter(plan))
    lines = [f"# A model that is gated: --secret {_HUB}, too.\n"]
    lines.append(f"# sky launch -c {plan.name}{secret} FILE, then, from your machine,\n")
    lines.append(f"#   ssh -N -L {plan.port}:127.0.0.1:{plan.port} {plan.name}\n")
    lines.append(ranks.checks(plan))
    if _kept(plan):
        lines.append(
            f"# sky serve up -n {plan.name}{secret} FILE keeps it running behind one address\n"
        )
    return "".join(lines)


def _adapter(plan: Plan) -> list[str]:
    return sorted(ADAPTER.intersection(ranks.needs(plan)))


def _resources(plan: Plan) -> dict[str, Any]:
    resources: dict[str, Any] = {}
    if plan.hardware.vendor:
        resources["accelerators"] = f"{_accelerator(plan)}:{plan.devices}"
    elif plan.memory_gib:
        resources["memory"] = f"{ceil(plan.memory_gib * _GB_IN_GIB)}+"
    disk = schedulers().skypilot.disk_gb
    resources["disk_size"] = disk + ceil((plan.weights_gib or 0) * _GB_IN_GIB)
    if plan.exposed and plan.key:
        # The cloud opens the port to everybody; a server without a key is reached by SSH alone.
        resources["ports"] = plan.port
    return resources


def _accelerator(plan: Plan) -> str:
    name = None if plan.hardware.partition else called(plan.hardware, _known())
    if name is None:
        what = plan.hardware.partition or plan.hardware.name or plan.hardware.vendor
        why = f"SkyPilot's catalogue has no {what}"
        names = ", ".join(sorted({row.called for row in _known()}))
        raise refuse(plan, "skypilot", why, f"describe what it rents by --gpu: {names}")
    return name


def _known() -> Any:
    return schedulers().skypilot.accelerators


# A token for models that are gated; an empty one is worse than none.
_NO_EMPTY_TOKEN = f'if [ -z "${{{_HUB}:-}}" ]; then unset {_HUB}; fi'


def _setup(plan: Plan) -> Iterator[str]:
    """What every machine runs once; a task that is started anew finds the weights there."""
    yield "set -eu"
    yield from map(ranks.line, plan.install)
    if plan.prepare:
        yield _NO_EMPTY_TOKEN
        yield from prepared(plan, ranks.line)


def _run(plan: Plan) -> Iterator[str]:
    yield "set -eu"
    yield from _addresses(plan)
    yield _NO_EMPTY_TOKEN
    yield from ranks.ranked(plan, _started)


def _addresses(plan: Plan) -> Iterator[str]:
    needed = set(ranks.needs(plan))
    if plan.nodes > 1:
        yield "NODE_RANK=$SKYPILOT_NODE_RANK"
    if needed & {"HEAD_IP", "SUPERVISOR_IP", "WORKER_IPS", "OWN_IP", "WORKER_IP", "NIC_NAME"}:
        yield 'mapfile -t hosts <<< "$SKYPILOT_NODE_IPS"'
    for name in sorted(needed & {"HEAD_IP", "SUPERVISOR_IP"}):
        yield f"{name}=${{hosts[0]}}"
    own = '"${hosts[SKYPILOT_NODE_RANK]}"'
    for name in sorted(needed & {"OWN_IP", "WORKER_IP"}):
        yield f"{name}={own}"
    if "NIC_NAME" in needed:
        yield f"NIC_NAME=$(ip -o -4 addr show to {own} | awk '{{print $2}}')"
    if "WORKER_IPS" in needed:
        port = ranks.port_of_workers(plan)
        yield f"WORKER_IPS=$(printf '{f'%s:{port},' if port else '%s,'}' \"${{hosts[@]:1}}\")"
        yield "WORKER_IPS=${WORKER_IPS%,}"


def _started(process: Process) -> Command:
    """A container stays in the foreground, where SkyPilot sees how it ends."""
    if process.container:
        box = changed(process.container, detached=False, restart=None)
        process = changed(process, container=box)
    return engine.command(process)


def _service(plan: Plan, key: Key) -> dict[str, Any]:
    """How SkyServe knows that a copy is ready; it gives up one that is not in time."""
    probe: dict[str, Any] = {"path": plan.ready}
    probe["initial_delay_seconds"] = schedulers().skypilot.ready_s + start_seconds(plan)
    if plan.ready.startswith("/v1/"):
        probe["headers"] = {"Authorization": f"Bearer ${key.env}"}
    return {"readiness_probe": probe, "replicas": plan.replicas}


def _text(commands: Any) -> str:
    return "".join(f"{command}\n" for command in commands)
