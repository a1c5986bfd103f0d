"""A quadlet: the file of a container that podman turns into a systemd unit."""

import json
import re
from collections.abc import Iterator

from recommender.errors import visible
from recommender.facts.command import Command
from recommender.facts.plan import Container, Mount, Plan
from recommender.launch.shell import posix
from recommender.launch.variables import ADAPTER, variables
from recommender.targets import unit_words as unit
from recommender.targets.common import comments, refuse, refuse_launcher, used
from recommender.targets.schedulers import schedulers
from recommender.targets.waiting import question, start_seconds

# What the generator hands on as it stands; it puts paths into settings that take several.
_PLAIN_PATH = re.compile(r"[\w@+=.,/-]+", re.ASCII)
# The generator writes this word without its quotes, and systemd ends the command there.
_ENDING = ";"


def write(plan: Plan) -> str:
    """The .container file, for the podman of root.

    Raises:
        InputError: it needs more than one container, or what podman does not have.
    """
    box = _checked(plan)
    parts = [
        unit.section("Unit", _about(plan)),
        unit.section("Container", _container(plan, box)),
        unit.section("Service", _service(plan, box)),
        unit.section("Install", [("WantedBy", "multi-user.target")]),
    ]
    head = "".join(f"# {visible(line)}\n" for line in _usage(plan, box))
    return comments(plan) + head + "\n" + "\n".join(parts)


def _checked(plan: Plan) -> Container:
    refuse_launcher(plan, "quadlet")
    _refuse_adapters(plan)
    server = plan.server
    box, why, instead = server.container, "", "--target compose starts it"
    if plan.hardware.os in {"macos", "windows"}:
        why = "its units are for Linux alone"
    elif plan.nodes > 1 or plan.of("worker"):
        why = "one file is one container, and on the other machines it is another one"
    elif any(item.shell for item in plan.processes) or len(plan.of("server")) > 1 or not box:
        why = "a part of its start is a command of the machine, not of the container"
        instead = "--target shell starts it"
    elif plan.of("before") or plan.of("beside"):
        why = "it needs a second container"
    elif lack := _lack(box):
        why = lack
    elif plan.model.startswith(("./", "../")):
        why, instead = "a service has no current folder", "give the model by its absolute path"
    elif any(mount.source.startswith(".") for mount in box.mounts):
        why = "its container sees a folder that is prepared beside the file"
    elif _ENDING in server.argv:
        why = f"its generator takes the word {_ENDING} for the end of the command"
    if why or box is None:
        raise refuse(plan, "quadlet", why, instead)
    return box


def _refuse_adapters(plan: Plan) -> None:
    if ADAPTER.intersection(used(plan.server)):
        why = "it has to be told of the LoRA adapter"
        raise refuse(plan, "quadlet", why, "--target compose asks for it")


def _lack(box: Container) -> str:
    if variables(box.gpus or ""):
        return "which slice of a GPU it takes is not known"
    return f"podman brings no runtime called {box.runtime}" if box.runtime else ""


def _name(plan: Plan) -> str:
    return f"llmpick-{plan.name}"


def _secrets(plan: Plan) -> dict[str, str]:
    """The secrets of podman by the variables that they become in the container."""
    key = {plan.key.env: f"{_name(plan)}-key"} if plan.key and not _in_words(plan) else {}
    return key | ({plan.admin_env: f"{_name(plan)}-admin"} if plan.admin_env else {})


def _file(plan: Plan) -> str:
    return f"/etc/llmpick/{plan.name}.env"


def _in_words(plan: Plan) -> bool:
    """Whether the key stands in the command itself, and so in the unit's environment."""
    return any("SERVER_KEY" in variables(word) for word in plan.server.argv)


def _usage(plan: Plan, box: Container) -> Iterator[str]:
    oldest = schedulers().quadlet.podman
    file = f"{_name(plan)}.container"
    yield f"Save it as {file} and install it in a shell of root (podman {oldest} on):"
    if box.gpus:
        yield "  nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml"
    if plan.key and _in_words(plan):
        yield f"  install -D -m 0600 /dev/null {_file(plan)}"
        yield f"  # and write {plan.key.env}=... into it"
    for variable, secret in _secrets(plan).items():
        yield f'  printf %s "${variable}" | podman secret create {secret} -'
    yield from (f"  {posix(line)}" for line in plan.prepare)
    yield f"  install -D -m 0644 {file} /etc/containers/systemd/{file}"
    yield f"  systemctl daemon-reload && systemctl start {_name(plan)}.service"


def _about(plan: Plan) -> Iterator[tuple[str, str]]:
    yield "Description", unit.plain(f"{plan.title} serves {plan.model}")
    yield "Wants", "network-online.target"
    yield "After", "network-online.target"


def _container(plan: Plan, box: Container) -> Iterator[tuple[str, str]]:
    yield "Image", unit.plain(_image(box.image))
    yield "ContainerName", _name(plan)
    if plan.server.argv:
        yield "Exec", unit.command(plan.server.argv)
    for key, value in plan.server.env.items():
        yield "Environment", unit.environment(key, value, unit.word)
    if box.gpus:
        for device in box.gpus.removeprefix("device=").split(","):
            yield "AddDevice", f"nvidia.com/gpu={device}"
    yield from unit.repeated("AddDevice", map(unit.plain, box.devices))
    yield from unit.repeated("Volume", (_volume(item) for item in box.mounts if _simple(item)))
    yield from unit.repeated("PublishPort", _ports(box))
    yield from unit.repeated("Ulimit", box.ulimits)
    yield from _single(box)
    yield from _rights(plan, box)
    for variable, secret in _secrets(plan).items():
        yield "Secret", f"{secret},type=env,target={variable}"
    if asked := question(plan):
        yield "HealthCmd", json.dumps(asked).replace("%", "%%").replace("$", "$$")
        yield "HealthInterval", "15s"
        yield "HealthStartPeriod", f"{start_seconds(plan)}s"
    yield from unit.repeated("PodmanArgs", map(unit.command, _options(plan, box)))


def _image(image: str) -> str:
    """Podman asks no registry by itself: Docker's is named."""
    first, slash, _ = image.partition("/")
    hosted = "." in first or ":" in first or first == "localhost"
    return image if slash and hosted else f"docker.io/{image}"


def _single(box: Container) -> Iterator[tuple[str, str]]:
    if box.network:
        yield "Network", box.network
    if box.shm:
        yield "ShmSize", box.shm
    if box.user:
        yield "User", box.user


def _rights(plan: Plan, box: Container) -> Iterator[tuple[str, str]]:
    dropped = ("ALL",) if plan.drop_capabilities and not box.privileged else ()
    yield from unit.repeated("DropCapability", (*box.dropped, *dropped))
    kept = ("CHOWN", "DAC_OVERRIDE", "FOWNER") if dropped else ()
    yield from unit.repeated("AddCapability", dict.fromkeys((*box.capabilities, *kept)))
    if not box.privileged:
        yield "NoNewPrivileges", "true"
    # SELinux would keep the container from the host's device files and folders.
    yield "SecurityLabelDisable", "true"


def _ports(box: Container) -> Iterator[str]:
    for port in box.ports:
        bound = f"{port.address}:" if port.address else ""
        yield f"{bound}{port.host}:{port.container}"


def _source(mount: Mount) -> str:
    """The home of root is what systemd calls %h."""
    return f"%h{mount.source[1:]}" if mount.source.startswith("~/") else mount.source


def _simple(mount: Mount) -> bool:
    source = mount.source.removeprefix("~")
    return all(_PLAIN_PATH.fullmatch(path) for path in (source, mount.target))


def _volume(mount: Mount) -> str:
    return f"{_source(mount)}:{mount.target}{':ro' if mount.read_only else ''}"


def _options(plan: Plan, box: Container) -> Iterator[tuple[str, ...]]:
    """Options of podman run for which older quadlets have no key."""
    singles = (("--entrypoint", box.entrypoint), ("--ipc", box.ipc))
    yield from ((option, value) for option, value in singles if value)
    yield from (("--group-add", group) for group in box.groups)
    yield from (("--security-opt", option) for option in box.security)
    if box.privileged:
        yield ("--privileged",)
    for mount in box.mounts:
        if not _simple(mount):
            yield "--volume", _volume(mount)
    secret = _secrets(plan)
    yield from (("--env", name) for name in box.passed if name not in secret)


def _service(plan: Plan, box: Container) -> Iterator[tuple[str, str]]:
    needed = "" if plan.key and _in_words(plan) else "-"
    yield "EnvironmentFile", f"{needed}{_file(plan)}"
    if plan.key and _in_words(plan):
        yield "ExecStartPre", unit.script(f': "${{{plan.key.env}:?{_file(plan)} has to set it}}"')
    for mount in box.mounts:
        if mount.source.startswith("~/"):
            # Podman makes no folder of the host by itself.
            yield "ExecStartPre", f"/bin/mkdir -p {_source(mount)}"
    yield "ExecStartPost", unit.script(_wait(plan, box))
    for process in plan.of("load"):
        yield "ExecStartPost", unit.command(_inside(plan, process.argv))
    yield "Restart", "on-failure"
    yield "RestartSec", "10"
    yield "TimeoutStartSec", str(start_seconds(plan))


def _inside(plan: Plan, words: tuple[str, ...]) -> tuple[str, ...]:
    return ("/usr/bin/podman", "exec", _name(plan), *words)


def _wait(plan: Plan, box: Container) -> str:
    """Waits until the server answers, so that the unit counts as started only then."""
    here = ("curl", "-fsS", "--noproxy", "*", "-o", "/dev/null", _outside(plan, box))
    asked = question(plan)
    ask = posix(Command(argv=_inside(plan, asked) if asked else here))
    alive = f"/usr/bin/podman container exists {_name(plan)} || exit 1"
    return f"until {ask}; do {alive}; sleep 2; done"


def _outside(plan: Plan, box: Container) -> str:
    port = box.ports[0].host if box.ports else plan.port
    return f"http://127.0.0.1:{port}{plan.ready}"
