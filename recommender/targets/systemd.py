"""A systemd unit for a server that pip or the system installed.

It lies in /opt/llmpick/NAME, runs as a user that exists only while it runs, keeps its files in
/var/lib and /var/cache, and is told keys and addresses by /etc/llmpick/NAME.env.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from recommender.errors import visible
from recommender.facts.command import Command
from recommender.facts.noun import changed
from recommender.facts.plan import Plan, Process
from recommender.launch.shell import posix
from recommender.launch.variables import variables
from recommender.targets import ranks
from recommender.targets import unit_words as unit
from recommender.targets.common import HUB_TOKEN, comments, gated, refuse, refuse_launcher, secrets
from recommender.targets.waiting import asking, start_seconds

_LOWEST_FREE_PORT = 1024
_HERE = re.compile(r"\.venv|\./")
# Each is safe for accelerators: PrivateDevices= would hide them, MemoryDenyWriteExecute= would
# stop compilers of kernels (systemd.exec(5)).
_HARDENED = (
    ("NoNewPrivileges", "yes"),
    ("PrivateTmp", "yes"),
    ("ProtectSystem", "strict"),
    ("ProtectControlGroups", "yes"),
    ("ProtectHostname", "yes"),
    ("ProtectKernelLogs", "yes"),
    ("ProtectKernelModules", "yes"),
    ("ProtectKernelTunables", "yes"),
    ("RestrictNamespaces", "yes"),
    ("RestrictSUIDSGID", "yes"),
    ("LockPersonality", "yes"),
)


def write(plan: Plan) -> str:
    """The unit, under a header that says how it is installed.

    Raises:
        InputError: the machine has no systemd, or the model's path is not absolute.
    """
    _check(plan)
    parts = [
        unit.section("Unit", _about(plan)),
        unit.section("Service", _service(plan)),
        unit.section("Install", [("WantedBy", "multi-user.target")]),
    ]
    return (
        comments(plan)
        + "".join(f"# {visible(line)}\n" for line in _usage(plan))
        + "\n"
        + ("\n".join(parts))
    )


def _check(plan: Plan) -> None:
    if plan.hardware.os in {"macos", "windows"}:
        why = "systemd is a part of Linux alone"
        raise refuse(plan, "systemd", why, "--target shell or powershell starts it")
    refuse_launcher(plan, "systemd")
    if plan.model.startswith(("~", "./", "../")):
        why = "a service has no home and no current folder"
        raise refuse(plan, "systemd", why, "give the model by its absolute path")


def name(plan: Plan) -> str:
    """The name of the unit, without its suffix."""
    return f"llmpick-{plan.name}"


def _root(plan: Plan) -> str:
    return f"/opt/llmpick/{plan.name}"


def _file(plan: Plan) -> str:
    return f"/etc/llmpick/{plan.name}.env"


def _usage(plan: Plan) -> Iterator[str]:
    yield f"Save it as {name(plan)}.service and install it in a shell of root:"
    yield f"  install -m 0644 {name(plan)}.service /etc/systemd/system/{name(plan)}.service"
    yield f'  install -d -m 0755 {_root(plan)} && cd {_root(plan)} && export HOME="$PWD"'
    for command in (*plan.install, *plan.unpack):
        yield f"  {posix(command)}"
    if plan.makes:
        yield from (f"  {posix(command)}" for command in plan.prepare)
        copied = ("install", "-D", "-m", "0644", plan.makes, _kept(plan, plan.makes))
        yield f"  {posix(Command(argv=copied))}"
    if plan.rival and not plan.install:
        yield f"  systemctl disable --now {plan.rival} || true"
    if told := _told(plan):
        yield f"  install -D -m 0600 /dev/null {_file(plan)}"
        yield f"Write into {_file(plan)}, one line each: {', '.join(f'{n}=...' for n in told)}"
    if gated(plan):
        yield f"A model that is gated: {HUB_TOKEN}=... in {_file(plan)}, which root alone reads."
    if plan.model.startswith("/"):
        yield f"  chmod -R a+rX {posix(Command(argv=(plan.model,)))}"
    now = "--now --no-block" if plan.of("worker") else "--now"
    yield f"  systemctl daemon-reload && systemctl enable {now} {name(plan)}.service"
    if plan.of("worker"):
        yield "The same on every machine; NODE_RANK is 0 on the first, 1 on the second, ..."
    yield from ("Once it answers:", *(f"  {ranks.line(line)}" for line in plan.check))
    if _manual(plan):
        yield "Once it answers, by hand:"
        for process in plan.of("load"):
            yield f"  {posix(_command(plan, process))}"


def _manual(plan: Plan) -> bool:
    """Whether what is asked of the server holds words that only a person can fill in."""
    return any(process.shell for process in plan.of("load"))


def _told(plan: Plan) -> tuple[str, ...]:
    """Variables without which the unit cannot start."""
    names = list(secrets(plan))
    names += ["NODE_RANK"] if plan.of("worker") else []
    for process in plan.processes:
        words = (*process.argv, *process.env.values(), process.shell.raw if process.shell else "")
        names += [found for item in words for found in variables(item or "")]
    return tuple(dict.fromkeys(item for item in names if item != "SERVER_KEY"))


def _about(plan: Plan) -> Iterator[tuple[str, str]]:
    yield "Description", unit.plain(f"{plan.title} serves {plan.model}")
    yield "Wants", "network-online.target"
    yield "After", "network-online.target"
    if plan.rival:
        yield "Conflicts", plan.rival


def _service(plan: Plan) -> Iterator[tuple[str, str]]:
    yield "Type", "exec"
    yield "DynamicUser", "yes"
    if plan.access and plan.access.groups:
        yield "SupplementaryGroups", " ".join(plan.access.groups)
    yield "WorkingDirectory", _root(plan)
    yield "StateDirectory", f"llmpick/{plan.name}"
    yield "CacheDirectory", f"llmpick/{plan.name}"
    yield from unit.repeated("Environment", _environment(plan))
    yield "EnvironmentFile", ("" if _told(plan) else "-") + _file(plan)
    yield from _commands(plan)
    yield "Restart", "on-failure"
    yield "RestartSec", "10"
    yield "TimeoutStartSec", str(start_seconds(plan))
    if plan.of("worker"):
        yield "LimitMEMLOCK", "infinity"  # InfiniBand pins its buffers
    yield from _devices(plan)
    yield from _HARDENED
    yield "ProtectHome", "read-only" if _in_home(plan) else "yes"
    yield from _rights(plan)


def _environment(plan: Plan) -> Iterator[str]:
    root = _root(plan)
    yield f"HOME=%S/llmpick/{plan.name}"
    yield f"HF_HOME=%C/llmpick/{plan.name}/huggingface"
    yield f"PATH={root}/.local/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    if not plan.of("worker"):
        for key, value in _placed(plan, plan.server.env).items():
            if not variables(value):
                yield unit.environment(key, value)


def _placed(plan: Plan, env: Mapping[str, str]) -> dict[str, str]:
    """Variables whose paths begin where the server is installed."""
    root = _root(plan)
    return {
        key: f"{root}/{value.removeprefix('./')}" if _HERE.match(value) else value
        for key, value in env.items()
    }


def _in_home(plan: Plan) -> bool:
    return plan.model.startswith(("/home/", "/root/"))


def _devices(plan: Plan) -> Iterator[tuple[str, str]]:
    if plan.access is None or not plan.access.allow:
        return
    yield "DevicePolicy", "closed"
    for pattern in plan.access.allow:
        yield "DeviceAllow", f"{pattern} rw"
    # It narrows the devices by itself, and so stands only where they are named.
    yield "ProtectClock", "yes"


def _rights(plan: Plan) -> Iterator[tuple[str, str]]:
    needed = "CAP_NET_BIND_SERVICE" if plan.port < _LOWEST_FREE_PORT else ""
    yield "CapabilityBoundingSet", needed
    if needed:
        yield "AmbientCapabilities", needed


def _commands(plan: Plan) -> Iterator[tuple[str, str]]:
    for variable in _told(plan):
        yield "ExecStartPre", unit.script(f': "${{{variable}:?{_file(plan)} has to set it}}"')
    if plan.access and plan.access.before:
        # As root outside of the sandbox (+), and where it is missing that does not matter (-).
        yield "ExecStartPre", "-+" + unit.command(("/usr/bin/env", *plan.access.before))
    # Every machine fetches what it loads.
    for line in () if plan.makes else plan.prepare:
        yield "ExecStartPre", _started(plan, _first(line))
    if not plan.of("worker"):
        for process in plan.of("before"):
            yield "ExecStartPre", _started(plan, process)
    yield "ExecStart", _main(plan)
    yield "ExecStartPost", unit.script(_wait(plan))
    if not _manual(plan):
        for process in plan.of("load"):
            yield "ExecStartPost", _started(plan, process)


def _main(plan: Plan) -> str:
    workers, beside = plan.of("worker"), plan.of("beside")
    if not workers and not beside:
        # Environment= puts in no variables; the command does.
        told = {key: value for key, value in plan.server.env.items() if variables(value)}
        return _started(plan, changed(plan.server, env=told))
    waiting = f"until {_asking(plan)}; do sleep 2; done; "
    line = ranks.line(_command(plan, plan.server))
    later = (ranks.line(_command(plan, process)) for process in beside)
    first = "".join(f"({waiting}exec {text}) & " for text in later) + f"exec {line}"
    if not workers:
        return unit.script(first)
    # What one of several machines leaves running, systemd would end after an ExecStartPre.
    ahead = (ranks.line(_command(plan, process)) for process in plan.of("before"))
    first = " && ".join((*ahead, first))
    others = (waiting if beside else "") + _together(plan, workers)
    return unit.script(f'if [ "$NODE_RANK" -eq 0 ]; then {first}; else {others}; fi')


def _together(plan: Plan, processes: Sequence[Process]) -> str:
    """The last one in the foreground; systemd ends the others with it."""
    *behind, last = (ranks.line(_command(plan, process)) for process in processes)
    return " ".join([*(f"{line} &" for line in behind), f"exec {last}"])


def _first(line: Command) -> Process:
    shell = line if line.raw is not None else None
    return Process(role="before", argv=line.argv, env=line.env, shell=shell)


def _started(plan: Plan, process: Process) -> str:
    if process.shell:
        return unit.script(ranks.line(process.shell))
    return unit.command(_command(plan, process).argv)


def _command(plan: Plan, process: Process) -> Command:
    """A process whose program is found without a current folder and whose variables are words."""
    if process.shell:
        return process.shell
    program, *rest = process.argv
    by_name = "/" not in program
    words = (_program(plan, program), *(_kept(plan, item) for item in rest))
    values = (f"{key}={value}" for key, value in _placed(plan, process.env).items())
    before = ("/usr/bin/env", *values) if by_name or process.env else ()
    return Command(argv=(*before, *words))


def _program(plan: Plan, program: str) -> str:
    if program.startswith("/") or "/" not in program:
        return program
    return f"{_root(plan)}/{program.removeprefix('./')}"


def _kept(plan: Plan, item: str) -> str:
    """A folder beside the program is one that it writes to, which it may in its state alone."""
    return f"/var/lib/llmpick/{plan.name}/{item[2:]}" if item.startswith("./") else item


def _asking(plan: Plan) -> str:
    return ranks.line(asking(plan))


def _wait(plan: Plan) -> str:
    """Waits until the server answers, so that the unit counts as started only then."""
    loop = f'until {_asking(plan)}; do kill -0 "$MAINPID" || exit 1; sleep 2; done'
    return f'[ "$NODE_RANK" -ne 0 ] || {loop}' if plan.of("worker") else loop
