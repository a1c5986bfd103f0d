"""Writing a container as the words of ``docker run`` and ``docker exec``."""

from collections.abc import Iterator

from recommender.facts.command import Command
from recommender.facts.plan import Container, Port, Process


def command(process: Process) -> Command:
    """The command of the host that starts this process, in its container if it has one."""
    if process.container:
        box = process.container
        words = (*_options(box), *_variables(process, box), box.image)
        return Command(argv=("docker", "run", *words, *process.argv))
    if process.within:
        return Command(argv=("docker", "exec", process.within, *process.argv))
    return process.shell or Command(argv=process.argv, env=process.env)


def _options(box: Container) -> Iterator[str]:
    yield from ("-d",) if box.detached else ()
    # What is to be restarted cannot be removed when it ends.
    yield from () if box.restart else ("--rm",)
    singles = (
        ("--name", box.name),
        ("--entrypoint", box.entrypoint),
        ("--gpus", _gpus(box.gpus)),
        ("--runtime", box.runtime),
        ("--network", box.network),
        ("--ipc", box.ipc),
        ("--shm-size", box.shm),
        ("--user", box.user),
        ("--restart", box.restart),
    )
    for option, value in singles:
        if value is not None:
            yield from (option, value)
    yield from ("--privileged",) if box.privileged else ()
    yield from _lists(box)


def _gpus(wanted: str | None) -> str | None:
    """Docker reads this as a line of CSV, in which a list is one quoted field."""
    return f'"{wanted}"' if wanted and "," in wanted else wanted


def _lists(box: Container) -> Iterator[str]:
    lists = (
        ("--device", box.devices),
        ("--group-add", box.groups),
        ("--cap-add", box.capabilities),
        ("--cap-drop", box.dropped),
        ("--security-opt", box.security),
        ("--ulimit", box.ulimits),
        ("-p", tuple(map(_port, box.ports))),
    )
    for option, values in lists:
        for value in values:
            yield from (option, value)
    for mount in box.mounts:
        yield from ("-v", f"{mount.source}:{mount.target}{':ro' if mount.read_only else ''}")


def _port(port: Port) -> str:
    bound = f"{port.address}:" if port.address else ""
    return f"{bound}{port.host}:{port.container}"


def _variables(process: Process, box: Container) -> Iterator[str]:
    for name, value in process.env.items():
        yield from ("-e", f"{name}={value}")
    for name in box.passed:
        yield from ("-e", name)
