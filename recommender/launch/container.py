"""Reading the words of ``docker run``, in which knowledge tells what a container needs."""

from collections.abc import Callable, Iterator
from dataclasses import field
from typing import Any

from recommender.facts.noun import noun
from recommender.facts.plan import Container, Mount, Port, Process

_FLAGS = {"--rm", "-d", "-it", "--privileged"}
_SHORT = {"-v": "--volume", "-e": "--env", "-p": "--publish", "-u": "--user"}


@noun
class _Read:
    """Options in the order in which they stand, and the words from the image on."""

    options: tuple[tuple[str, str], ...]
    rest: tuple[str, ...] = field(default=())

    def all(self, name: str) -> tuple[str, ...]:
        return tuple(value for option, value in self.options if option == name)

    def last(self, name: str) -> str | None:
        found = self.all(name)
        return found[-1] if found else None


def is_run(argv: tuple[str, ...]) -> bool:
    """Whether these are the words of a container that is started."""
    return argv[:2] == ("docker", "run")


def is_exec(argv: tuple[str, ...]) -> bool:
    """Whether these are the words of a process in a container that runs already."""
    return argv[:2] == ("docker", "exec")


def run(role: str, argv: tuple[str, ...]) -> Process:
    """The process that ``docker run`` would start.

    Args:
        role: what the process is for.
        argv: all words, ``docker run`` included.

    Raises:
        ValueError: an option that is not known here.
    """
    read = _read(argv[2:])
    env = dict(item.split("=", 1) for item in read.all("--env") if "=" in item)
    return Process(role=role, argv=read.rest[1:], env=env, container=_container(read))


def inside(role: str, argv: tuple[str, ...]) -> Process:
    """The process that ``docker exec NAME ...`` starts in the container of that name."""
    words = [word for word in argv[2:] if word != "-it"]
    return Process(role=role, argv=tuple(words[1:]), within=words[0])


def _read(words: tuple[str, ...]) -> _Read:
    options: list[tuple[str, str]] = []
    rest = iter(words)
    for word in rest:
        if not word.startswith("-"):
            return _Read(options=tuple(options), rest=(word, *rest))
        name, equals, value = word.partition("=")
        name = _SHORT.get(name, name)
        if name in _FLAGS:
            options.append((name, ""))
        elif name in _KNOWN:
            options.append((name, value if equals else next(rest)))
        else:
            message = f"unknown option of docker run: {word}"
            raise ValueError(message)
    message = "docker run without an image"
    raise ValueError(message)


def _container(read: _Read) -> Container:
    values = {field: made(read) for field, made in _FIELDS.items()}
    return Container(image=read.rest[0], **values)


def _mounts(read: _Read) -> tuple[Mount, ...]:
    return tuple(_mount(value) for value in read.all("--volume"))


def _mount(value: str) -> Mount:
    """The target has no colon, so the last ones are the separators, whatever the source holds."""
    body, read_only = value.removesuffix(":ro").removesuffix(":rw"), value.endswith(":ro")
    source, _, target = body.rpartition(":")
    return Mount(source=source, target=target, read_only=read_only)


def _ports(read: _Read) -> Iterator[Port]:
    for value in read.all("--publish"):
        *address, host, container = value.split(":")
        yield Port(
            host=int(host), container=int(container), address=address[0] if address else None
        )


def _several(name: str) -> Callable[[_Read], tuple[str, ...]]:
    return lambda read: read.all(name)


def _single(name: str) -> Callable[[_Read], str | None]:
    return lambda read: read.last(name)


def _flag(name: str) -> Callable[[_Read], bool]:
    return lambda read: read.last(name) is not None


_FIELDS: dict[str, Callable[[_Read], Any]] = {
    "name": _single("--name"),
    "entrypoint": _single("--entrypoint"),
    "gpus": lambda read: (read.last("--gpus") or "").strip('"') or None,
    "runtime": _single("--runtime"),
    "devices": _several("--device"),
    "mounts": _mounts,
    "ports": lambda read: tuple(_ports(read)),
    "passed": lambda read: tuple(item for item in read.all("--env") if "=" not in item),
    "network": _single("--network"),
    "ipc": _single("--ipc"),
    "shm": _single("--shm-size"),
    "user": _single("--user"),
    "groups": _several("--group-add"),
    "capabilities": _several("--cap-add"),
    "dropped": _several("--cap-drop"),
    "security": _several("--security-opt"),
    "ulimits": _several("--ulimit"),
    "privileged": _flag("--privileged"),
    "restart": _single("--restart"),
    "detached": _flag("-d"),
}
_KNOWN = {
    "--volume",
    "--env",
    "--publish",
    "--name",
    "--entrypoint",
    "--gpus",
    "--runtime",
    "--device",
    "--network",
    "--ipc",
    "--shm-size",
    "--user",
    "--group-add",
    "--cap-add",
    "--cap-drop",
    "--security-opt",
    "--ulimit",
    "--restart",
}
