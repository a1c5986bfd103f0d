"""``llmpick launch --run``: the plan's server, started here in the foreground."""

import os
import subprocess
import sys
from pathlib import Path

from recommender.errors import InputError, visible
from recommender.facts.command import Command
from recommender.facts.plan import Plan, Process
from recommender.launch import engine
from recommender.launch.shell import posix, powershell
from recommender.launch.variables import variables, written
from recommender.words import Words


def serve(plan: Plan, words: Words) -> int:
    """Show the command, start it, load the model where that is a step of its own, and wait.

    Returns:
        The exit code of the server, 128 + n where signal n ended it.

    Raises:
        InputError: the plan needs more than this machine or a shell, or a variable that is not
            set; the program is not installed; the port is taken.
    """
    from recommender.serving.display import display
    from recommender.serving.readiness import READY, State
    from recommender.serving.running import Process as Served
    from recommender.serving.running import run

    command = _command(plan)
    _show(command)
    url = f"http://127.0.0.1:{plan.port}"
    tell = display(words, url, plan.weights_gib)

    def on_state(state: State) -> None:
        tell(state)
        if state.name == READY:
            _load(plan)

    return run(
        Served(
            argv=_words(plan, command),
            env={name: _word(plan, value) for name, value in command.env.items()},
            ready_url=f"{url}{plan.ready}",
            install="; ".join(_text(line) for line in plan.install) or None,
        ),
        on_state,
    )


def _command(plan: Plan) -> Command:
    if plan.nodes > 1:
        message = (
            f"{plan.title} needs {plan.nodes} machines here; --target shell writes the script that "
            "each of them runs"
        )
        raise InputError(message)
    command = engine.command(plan.server)
    if command.raw is not None or plan.of("before") or plan.of("beside"):
        message = (
            f"{plan.title} takes more than one command here; --target shell writes a script of them"
        )
        raise InputError(message)
    if plan.key and not os.environ.get(plan.key.env):
        message = f"{plan.key.env} is not set; export the API key that the server is to ask for"
        raise InputError(message)
    return command


def _show(command: Command) -> None:
    sys.stderr.write(f"$ {visible(_text(command))}\n")
    sys.stderr.flush()


def _text(command: Command) -> str:
    return powershell(command) if sys.platform == "win32" else posix(command)


def _words(plan: Plan, command: Command) -> tuple[str, ...]:
    return tuple(_word(plan, word) for word in command.argv)


def _word(plan: Plan, word: str) -> str:
    """A word as a shell would hand it over: with variables in place and the home folder."""
    told = {"SERVER_KEY": os.environ.get(plan.key.env, "") if plan.key else ""}
    missing = [name for name in variables(word) if name not in told]
    if missing:
        message = f"{missing[0]} is known only where it runs; --target shell writes a script"
        raise InputError(message)
    home = str(Path.home())
    return written(word, lambda text: f"{home}{text[1:]}" if text[:2] == "~/" else text, told.get)  # type: ignore[arg-type]  # every name is in it


def _load(plan: Plan) -> None:
    for process in plan.of("load"):
        _ask(plan, process)


def _ask(plan: Plan, process: Process) -> None:
    """One step that makes the server load a model; a failure is the server's to tell."""
    command = engine.command(process)
    _show(command)
    env = os.environ | {name: _word(plan, value) for name, value in command.env.items()}
    if command.raw is not None:
        argv = ["powershell", "-Command"] if sys.platform == "win32" else ["sh", "-c"]
        subprocess.run([*argv, _text(command)], env=env, check=False)  # noqa: S603  # as shown
    else:
        subprocess.run(_words(plan, command), env=env, check=False)  # noqa: S603  # as shown
