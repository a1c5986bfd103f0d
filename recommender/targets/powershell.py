"""A PowerShell script (5.1 and 7): installs what is missing, serves in the foreground."""

from collections.abc import Iterator

from recommender.facts.command import Command
from recommender.facts.plan import Plan
from recommender.launch import engine
from recommender.launch.shell import powershell
from recommender.launch.variables import exported
from recommender.targets.common import comments, refuse, refuse_launcher, secrets, used


def write(plan: Plan) -> str:
    """The script.

    Raises:
        InputError: the lines of this plan are written for a POSIX shell, or a launcher starts it.
    """
    refuse_launcher(plan, "powershell")
    if plan.wsl2 or any(_posix_only(command) for command in _all(plan)):
        raise refuse(
            plan, "powershell", "its lines are for a POSIX shell", "take --target shell inside WSL2"
        )
    parts = [
        comments(plan) + '$ErrorActionPreference = "Stop"\n',
        "".join(f"{text}\n" for text in _needed(plan)),
        _install(plan),
        "".join(f"{line(command)}\n" for command in plan.prepare),
        "".join(f"{text}\n" for text in _serve(plan)),
        "".join(f"# {line(command)}\n" for command in (*plan.check, *plan.stop)),
    ]
    return "\n".join(part for part in parts if part)


def _all(plan: Plan) -> Iterator[Command]:
    yield from (*plan.install, *plan.prepare)
    yield from (process.shell for process in plan.processes if process.shell)


def _posix_only(command: Command) -> bool:
    """Raw lines of knowledge that a POSIX shell alone can read."""
    raw = command.raw or ""
    return any(sign in raw for sign in ("$(", " && ", " || ", "sh -c", "| sh"))


def line(command: Command) -> str:
    """A command in which variables of the plan are variables of the environment."""
    return powershell(command, _variable)


def _variable(name: str) -> str:
    return f"${{env:{exported(name)}}}"


def _needed(plan: Plan) -> Iterator[str]:
    names = {name for process in plan.processes for name in used(process)} - {"SERVER_KEY"}
    for name in (*secrets(plan), *sorted(names)):
        yield f'if (-not $env:{name}) {{ throw "set `$env:{name} first" }}'


def _install(plan: Plan) -> str:
    lines = [line(command) for command in plan.install]
    if not lines or plan.brings is None:
        return "".join(f"{text}\n" for text in lines)
    program = line(Command(argv=(plan.brings,))).removeprefix("& ")
    inner = "".join(f"  {text}\n" for text in lines)
    return f"if (-not (Get-Command {program} -ErrorAction SilentlyContinue)) {{\n{inner}}}\n"


def _serve(plan: Plan) -> Iterator[str]:
    server, workers = line(engine.command(plan.server)), plan.of("worker")
    before = [line(engine.command(process)) for process in plan.of("before")]
    if workers and plan.nodes > 1:
        yield "if (($env:NODE_RANK -as [int]) -eq 0) {"
        yield from (f"  {text}" for text in (*before, server))
        yield "} else {"
        yield from (f"  {line(engine.command(process))}" for process in workers)
        yield "}"
        return
    yield from before
    yield from _with_loads(plan, server) if plan.of("load") else (server,)


def _with_loads(plan: Plan, server: str) -> Iterator[str]:
    """A second process asks the server to load the model as soon as it is up."""
    ready = f"http://127.0.0.1:{plan.port}{plan.ready}"
    yield "$load = Start-Job -ScriptBlock {"
    yield "  Set-Location $using:PWD"
    yield f"  do {{ Start-Sleep 1; curl.exe -fsS -o NUL {ready} }} while ($LASTEXITCODE)"
    yield from (f"  {line(engine.command(process))}" for process in plan.of("load"))
    yield "}"
    yield server
    yield "Receive-Job $load"
