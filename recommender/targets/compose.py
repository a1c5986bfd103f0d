"""A file for Docker Compose, which is also read from a pipe: ``docker compose -f - up``."""

from collections.abc import Iterator, Mapping
from typing import Any

from recommender.errors import visible
from recommender.facts.plan import Container, Mount, Plan, Process
from recommender.launch.shell import posix
from recommender.targets import compose_box, ranks
from recommender.targets.common import (
    HUB_TOKEN,
    comments,
    gated,
    refuse,
    refuse_launcher,
    secrets,
    used,
)
from recommender.targets.compose_box import word
from recommender.targets.waiting import question, start_seconds

_WIDE = 4096  # no line of YAML is broken, so that a word can be found in it


def write(plan: Plan) -> str:
    """The file; several machines start it each, with the profile ``head`` or ``worker``.

    Raises:
        InputError: a part of the launch is no container that stands by itself.
    """
    import yaml

    _check(plan)
    document: dict[str, Any] = {"name": plan.name, "services": dict(_services(plan))}
    if volumes := sorted({mount.source for mount in _mounts(plan) if mount.volume}):
        document["volumes"] = {name: {} for name in volumes}
    return _head(plan) + yaml.safe_dump(document, sort_keys=False, width=_WIDE)


def _check(plan: Plan) -> None:
    instead = "--target shell starts it"
    refuse_launcher(plan, "compose")
    if plan.server.container is None:
        why = "its server is started in a container that runs already"
        raise refuse(plan, "compose", why, instead)
    if any(process.shell for process in plan.processes if process.role != "load"):
        why = "a part of its start is a piece of shell that only the machine itself can run"
        raise refuse(plan, "compose", why, instead)
    if any(process.container is None for process in plan.processes if process.role != "load"):
        why = "a part of it is started in no container of its own"
        by = "slurm" if plan.nodes > 1 else "shell"
        raise refuse(plan, "compose", why, f"--target {by} starts it")
    if len(plan.of("server")) > 1:
        why = "it is started by several commands, each of which needs what the one before made"
        raise refuse(plan, "compose", why, instead)


def _head(plan: Plan) -> str:
    lines = list(_usage(plan))
    if any(process.shell for process in plan.of("load")):
        lines.append("Once it answers, by hand (llmpick launch --target shell shows the lines):")
        lines.append("set up its administrator and launch the model.")
    return comments(plan) + "".join(f"# {visible(line)}\n" for line in lines) + "\n"


def _usage(plan: Plan) -> Iterator[str]:
    lines = (*plan.install, *plan.unpack, *plan.prepare)
    if prepared := [line for line in lines if line.argv[:2] != ("docker", "pull")]:
        yield "Before, in the folder of this file:"
        yield from (f"  {posix(line)}" for line in prepared)
    names = [f"{name}=..." for name in _asked(plan)]
    start = " ".join([*names, "docker compose -f FILE"])
    if gated(plan):
        yield f"A model that is gated: {HUB_TOKEN}=... before it, too."
    yield from _starts(plan, start)
    yield "Once it answers:"
    yield from (f"  {ranks.line(line)}" for line in plan.check)
    yield "Stop: the same with down in place of up"


def _starts(plan: Plan, start: str) -> Iterator[str]:
    if not plan.of("worker"):
        yield f"Start: {start} up"
        return
    yield f"Start on the first machine: {start} --profile head up"
    yield f"On each further one: NODE_RANK=1 {start} --profile worker up"
    yield "NODE_RANK is 1 on the second machine, 2 on the third, ..."


def _asked(plan: Plan) -> Iterator[str]:
    """Variables that have to be given to every start."""
    yield from secrets(plan)
    names = dict.fromkeys(name for process in plan.processes for name in used(process))
    yield from (name for name in names if name not in {"SERVER_KEY", "NODE_RANK"})


def _mounts(plan: Plan) -> Iterator[Mount]:
    for process in plan.processes:
        yield from process.container.mounts if process.container else ()


def _services(plan: Plan) -> Iterator[tuple[str, dict[str, Any]]]:
    ahead = list(_numbered(plan, "before"))
    for name, process in ahead:
        yield name, _service(plan, process) | {"restart": "no"}
    health = question(plan)
    waits = {name: {"condition": "service_completed_successfully"} for name, _ in ahead}
    server = _service(plan, plan.server)
    yield "server", server | _depends(waits) | _health(plan, health)
    up = {"server": {"condition": "service_healthy" if health else "service_started"}}
    for name, process in _numbered(plan, "beside"):
        yield name, _service(plan, process) | _depends(up)
    for name, process in _numbered(plan, "worker"):
        yield name, _service(plan, process)
    if not any(process.shell for process in plan.of("load")):
        yield from _loads(plan, healthy=bool(health))


def _numbered(plan: Plan, role: str) -> Iterator[tuple[str, Process]]:
    for at, process in enumerate(plan.of(role)):
        yield (f"{role}-{at + 1}" if at else role), process


def _service(plan: Plan, process: Process) -> dict[str, Any]:
    box = process.container
    assert box is not None  # noqa: S101  # what has none was refused or is a load
    service: dict[str, Any] = {"image": word(box.image)}
    if plan.of("worker"):
        service["profiles"] = ["worker" if process.role == "worker" else "head"]
    service |= compose_box.settings(box, plan)
    if process.argv:
        service["command"] = [word(item) for item in process.argv]
    if environment := _environment(plan, process.env, box):
        service["environment"] = environment
    return service


def _environment(plan: Plan, env: Mapping[str, str], box: Container) -> dict[str, str | None]:
    """Values that are set, and names that are handed through where the caller has them."""
    passed: dict[str, str | None] = dict.fromkeys(box.passed)
    for name, about in secrets(plan).items():
        if name in passed:
            passed[name] = compose_box.needed(name, about)
    return {name: word(value) for name, value in env.items()} | passed


def _depends(conditions: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    return {"depends_on": dict(conditions)} if conditions else {}


def _health(plan: Plan, asked: tuple[str, ...]) -> dict[str, Any]:
    if not asked:
        return {}
    return {
        "healthcheck": {
            "test": ["CMD", *map(word, asked)],
            "interval": "15s",
            "timeout": "10s",
            "retries": 3,
            "start_period": f"{start_seconds(plan)}s",
        }
    }


def _loads(plan: Plan, *, healthy: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    """What is asked of the server once it is up, in its network and with its files, in order."""
    before = {"server": {"condition": "service_healthy" if healthy else "service_started"}}
    for name, process in _numbered(plan, "load"):
        yield name, _load(plan, process) | {"restart": "on-failure:10"} | _depends(before)
        before = {name: {"condition": "service_completed_successfully"}}


def _load(plan: Plan, process: Process) -> dict[str, Any]:
    box = plan.server.container
    assert box is not None  # noqa: S101  # see _service
    network = box.network or "service:server"
    service: dict[str, Any] = {
        "image": word(box.image),
        "network_mode": network,
        "entrypoint": [word(process.argv[0])],
        "command": [word(item) for item in process.argv[1:]],
    }
    if plan.of("worker"):
        service["profiles"] = ["head"]
    if environment := _environment(plan, {**plan.server.env, **process.env}, box):
        service["environment"] = environment
    return service | compose_box.volumes(box)
