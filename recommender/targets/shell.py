"""A POSIX shell script: installs what is missing, serves in the foreground."""

import re
from collections.abc import Iterator, Sequence

from recommender.facts.command import Command
from recommender.facts.plan import Plan, Process
from recommender.launch import engine
from recommender.targets.common import (
    LORA_PATH,
    comments,
    launched_as_one,
    prepared,
    refuse_launcher,
    secrets,
    used,
)
from recommender.targets.ranks import line, once_up
from recommender.targets.waiting import asking

# ShellCheck warns of a $ between single quotes, where every word is meant to stay as it is.
_LITERAL = "# shellcheck disable=SC2016\n"
_QUOTED = re.compile(r"'[^']*[$`][^']*'")
_ABOUT = {
    "HEAD_IP": "the address of the first machine",
    "LORA_NAME": "the name of the LoRA adapter in the API",
    "LORA_PATH": "where the LoRA adapter lies",
    "MIG_DEVICE": "the slice of a GPU, as nvidia-smi -L names it (MIG-...)",
    "NIC_NAME": "the network interface between the machines",
    "NODE_RANK": "0 on the first machine, 1 on the second, ...",
    "OWN_IP": "the address of this machine",
    "SUPERVISOR_IP": "the address of the first machine",
    "WORKER_IP": "the address of this machine",
    "WORKER_IPS": "the addresses of the further machines with their ports, with commas between",
}


def write(plan: Plan) -> str:
    """The script; on several machines it runs on each, told by its rank.

    Raises:
        InputError: only a scheduler can start it.
    """
    if plan.method == "docker" and not plan.server.container:
        refuse_launcher(plan, "shell or docker")
    body = [
        "set -eu\n" + "".join(_needed(plan)),
        _install(plan),
        "".join(f"{line(command)}\n" for command in plan.unpack),
        "".join(f"{text}\n" for text in prepared(plan, line)),
        _serve(plan),
        "".join(f"# {line(command)}\n" for command in (*plan.check, *plan.stop)),
    ]
    text = "\n".join(part for part in body if part)
    return f"#!/bin/sh\n{comments(plan)}{_LITERAL if _QUOTED.search(text) else ''}\n{text}"


def _needed(plan: Plan) -> Iterator[str]:
    """Variables without which the script stops before it does anything."""
    if plan.nodes > 1 and not launched_as_one(plan):
        yield ': "${NODE_RANK:=0}"  # 0 on the first machine, 1 on the second, ...\n'
    for name, about in secrets(plan).items():
        yield f': "${{{name}:?{about}}}"\nexport {name}\n'
    first = {name for process in plan.of("server") for name in used(process)}
    for name in sorted(first - {"SERVER_KEY", "NODE_RANK"}):
        yield f"{_demanded(plan, name)}\n"


def _demanded(plan: Plan, name: str) -> str:
    """A line that ends the script where a variable is not set."""
    boxed = name == "LORA_PATH" and plan.server.container
    return f': "${{{name}:?{LORA_PATH if boxed else _ABOUT[name]}}}"'


def _install(plan: Plan) -> str:
    lines = [line(command) for command in plan.install]
    if not lines or plan.brings is None:
        return "".join(f"{text}\n" for text in lines)
    inner = "".join(f"  {text}\n" for text in lines)
    program = line(Command(argv=(plan.brings,)))
    return f"if ! command -v {program} >/dev/null 2>&1; then\n{inner}fi\n"


def _serve(plan: Plan) -> str:
    before, beside, loads = plan.of("before"), plan.of("beside"), plan.of("load")
    server = (
        *_asked(plan, (*before, *beside, *loads)),
        *_started(plan),
    )
    workers = plan.of("worker")
    if plan.nodes == 1 or not workers:
        return "".join(f"{text}\n" for text in server)
    further = (
        *_asked(plan, workers),
        *once_up(plan),
        *(_worker(process, last=process is workers[-1]) for process in workers),
    )
    return f'if [ "$NODE_RANK" -eq 0 ]; then\n{_inner(server)}else\n{_inner(further)}fi\n'


def _inner(commands: Sequence[str]) -> str:
    """Each is one command, whose words may hold newlines."""
    return "".join(f"  {text}\n" for text in commands)


def _asked(plan: Plan, processes: Sequence[Process]) -> tuple[str, ...]:
    """Variables that these need besides those of the server."""
    told = {"SERVER_KEY", "NODE_RANK", *used(plan.server)}
    names = {name for process in processes for name in used(process)} - told
    return tuple(_demanded(plan, name) for name in sorted(names))


def _worker(process: Process, *, last: bool) -> str:
    start = "exec " if last and not process.env else ""
    return f"{start}{line(engine.command(process))}"


def _started(plan: Plan) -> tuple[str, ...]:
    lines = [line(engine.command(process)) for process in plan.of("before")]
    server = plan.server
    start = line(engine.command(server))
    detached = server.container is not None and server.container.detached
    if plan.of("load") or plan.of("beside"):
        return (*lines, *_then_rest(plan, start))
    alone = not detached and not server.env and not server.shell
    return (*lines, f"{'exec ' if alone else ''}{start}")


def _then_rest(plan: Plan, start: str) -> Iterator[str]:
    """What asks the server needs it up; the server stays in the foreground."""
    # Another server there would be taken for the one that is started.
    yield f"if {line(asking(plan))} 2>/dev/null; then"
    yield f'  echo "port {plan.port} is taken: choose another by llmpick launch --port" >&2'
    yield "  exit 1"
    yield "fi"
    yield f"{start} &"
    yield "server=$!"
    # What cannot be started or loaded leaves nothing behind.
    yield "beside="
    yield "trap 'kill \"$server\" $beside 2>/dev/null || :' EXIT"
    yield "trap 'exit 130' INT"
    yield "trap 'exit 143' TERM"
    yield f"until {line(asking(plan))}; do"
    yield '  kill -0 "$server"; sleep 1'
    yield "done"
    for process in plan.of("beside"):
        yield f"{line(engine.command(process))} &"
        yield 'beside="$beside $!"'
    for process in plan.of("load"):
        yield line(engine.command(process))
    yield 'wait "$server"'
