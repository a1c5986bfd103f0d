"""Running programs side by side, with a timeout and a bounded output; nothing stays behind."""
# pathlib is not used: importing it takes longer than the whole probe.
# ruff: noqa: PTH100

import atexit
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from threading import Event, Lock

from recommender.probe.context import Context
from recommender.probe.files import LIMIT, which
from recommender.probe.jobs import Job

# Some vendors' tools wake the device first.
SECONDS = 3.0
# The longest answer of all, of nvidia-smi about sixteen GPUs, has half as many; each costs time.
_MOST_LINES = 32_000
# What runs, so that nothing outlives this process where its threads are late on a busy machine.
_RUNNING: set["subprocess.Popen[bytes]"] = set()
_STARTING = Lock()


def find(context: Context, name: str, *places: str) -> str | None:
    """Absolute path of a program: on PATH, else the first of ``places`` where it is."""
    if not context.live:
        return None
    program = f"{name}.exe" if context.family == "windows" else name
    kept = (context.files.path(place) for place in places if context.files.exists(place))
    return which(program, context.env.get("PATH", "")) or next(kept, None)


def ask(
    context: Context, program: str | None, *questions: Sequence[str], seconds: float | None = None
) -> tuple[str | None, ...]:
    """What one program prints for each list of arguments, asked side by side.

    None for each where there is no program, or where it did not start or end in ``seconds``, which
    are 3 unless given.
    """
    if program is None:
        return (None,) * len(questions)
    commands = {str(i): (program, *arguments) for i, arguments in enumerate(questions)}
    limit = SECONDS if seconds is None else seconds
    answers = run(commands, context.env, limit, context.stop)
    return tuple(answers[name] for name in commands)


def run(
    commands: Mapping[str, Sequence[str]], env: Mapping[str, str], seconds: float, stop: Event
) -> dict[str, str | None]:
    """What each command printed, standard error included.

    Args:
        commands: argument vectors by a name of the caller's; programs by absolute path.
        env: the environment; messages are asked for in English.
        seconds: when the slowest is given up.
        stop: set by another thread to give up at once.

    Returns:
        At most 1 MiB and 32,000 lines of text by name; None for a command that did not start or did
        not end.

    """
    deadline = time.monotonic() + seconds
    running = {name: _start(argv, {**env, "LC_ALL": "C"}) for name, argv in commands.items()}
    readers = {name: Job(partial(_read, process)) for name, process in running.items()}
    try:
        return {name: _text(reader, deadline, stop) for name, reader in readers.items()}
    finally:
        for process in running.values():
            _end(process)


def _start(argv: Sequence[str], env: Mapping[str, str]) -> "subprocess.Popen[bytes] | None":
    with _STARTING, suppress(OSError, ValueError):
        process = subprocess.Popen(  # noqa: S603  # fixed arguments, program by absolute path
            argv,
            env=env,
            cwd=os.path.abspath(os.sep),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        _RUNNING.add(process)
        return process
    return None


@atexit.register
def _end_all() -> None:
    """End what is left at the end of this process, and start nothing any more."""
    # Not for ever: a program on a dead file system may be stuck in its start.
    _STARTING.acquire(timeout=0.5)
    for process in tuple(_RUNNING):
        _kill(process)


def _read(process: "subprocess.Popen[bytes] | None") -> str | None:
    if process is None or process.stdout is None:
        return None
    parts, left = [], LIMIT
    with process.stdout as pipe:
        while left > 0 and (part := os.read(pipe.fileno(), min(left, 1 << 16))):
            parts.append(part)
            left -= len(part)
    lines = b"".join(parts).decode(errors="replace").split("\n", _MOST_LINES)
    return "\n".join(lines[:_MOST_LINES])


def _text(reader: Job[str | None], deadline: float, stop: Event) -> str | None:
    while not reader.wait(min(0.05, deadline - time.monotonic())):
        if stop.is_set() or time.monotonic() >= deadline:
            return None
    with suppress(OSError):
        return reader.result()
    return None


def _end(process: "subprocess.Popen[bytes] | None") -> None:
    if process is None:
        return
    _kill(process)
    _RUNNING.discard(process)
    with suppress(subprocess.TimeoutExpired):
        process.wait(0.5)


def _kill(process: "subprocess.Popen[bytes]") -> None:
    with suppress(OSError):
        # The whole group: a wrapper script leaves its children holding the pipe.
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
