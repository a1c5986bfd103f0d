"""A server in the foreground: started, watched until it is ready, stopped by signals."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import field
from types import FrameType
from typing import Any
from urllib.parse import urlsplit

from recommender.errors import InputError, printable
from recommender.facts.noun import noun
from recommender.serving.readiness import State, Watch

# What a shell says of a process that a signal ended: 128 and the signal's number.
_BY_SIGNAL = 128
# How long workers may take to end after their server did.
_WORKERS_S = 5.0
_POLL_S = 0.1
# From this many signals of one run on, the server is not asked any more.
_ENOUGH = 3
_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")


@noun
class Process:
    """A server to run.

    ``argv`` is the program and its arguments, ``env`` what is added to the environment, and
    ``ready_url`` answers 200 once the server serves. ``install`` is the command that installs the
    program, for the message where it is missing.
    """

    argv: tuple[str, ...]
    ready_url: str
    env: Mapping[str, str] = field(default_factory=dict)
    install: str | None = None


def run(process: Process, on_state: Callable[[State], None]) -> int:
    """Run a server until it ends, and return its exit code (128 + n after signal n).

    Its output goes where ours goes. SIGINT, SIGTERM and SIGHUP are handed to its process group
    (CTRL_BREAK on Windows); the third one ends it at once. Nothing that it started is left behind.

    Args:
        process: what to run and how to see that it is ready.
        on_state: told every state that the server comes to, in the main thread: ``starting``,
            ``downloading``, ``loading``, ``ready``; while it downloads, again as more has come.

    Raises:
        InputError: the program is not found or cannot be started, or the port is taken.
    """
    _check_port(process.ready_url)
    argv, environment = _command(process)
    watch = Watch(process.ready_url, environment)
    with _forwarding() as forward, _started(argv, environment) as child:
        forward.to(child)
        on_state(watch.first)
        while child.poll() is None:
            if state := watch.change():
                on_state(state)
            _wait(child, _POLL_S if sys.platform == "win32" or not watch.over else None)
    code = child.returncode
    return code if code >= 0 else _BY_SIGNAL - code


def _check_port(url: str) -> None:
    parts = urlsplit(url)
    host, port = parts.hostname or "127.0.0.1", parts.port or 80
    try:
        with socket.create_connection((host, port), timeout=1.0):
            message = (
                f"port {port} is taken: something answers there already; "
                "stop it, or choose another port with --port"
            )
            raise InputError(message)
    except OSError:
        return


def _command(process: Process) -> tuple[tuple[str, ...], dict[str, str]]:
    """The program by its path with its arguments, and its whole environment."""
    environment = {**os.environ, **process.env}
    name = process.argv[0]
    program = shutil.which(name, path=environment.get("PATH"))
    if program is None:
        how = f"install it with: {process.install}" if process.install else "install it first"
        message = f"the program '{printable(name)}' is not found; {how}"
        raise InputError(message)
    return (program, *process.argv[1:]), environment


@contextmanager
def _started(
    argv: tuple[str, ...], environment: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """The running server; however the block ends, everything in its group has ended after it."""
    try:
        child = _spawn(argv, environment)
    except OSError as error:
        message = f"'{printable(argv[0])}' cannot be started ({error.strerror}); install it anew"
        raise InputError(message) from error
    try:
        yield child
    finally:
        if child.poll() is None:
            child.terminate()
            _wait(child, _WORKERS_S)
        _end_group(child)
        child.wait()


def _spawn(argv: tuple[str, ...], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    # A group of its own, which gets every signal once: from us, and not from the terminal, too.
    alone: dict[str, Any] = {"process_group": 0}
    if sys.platform == "win32":
        alone = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    elif sys.platform == "linux":
        alone["preexec_fn"] = _ends_with_us()
    return subprocess.Popen(argv, env=environment, stdin=subprocess.DEVNULL, **alone)  # noqa: S603  # the command that the user was shown


def _ends_with_us() -> Callable[[], None] | None:
    """Make Linux end the server should we be killed; None where there is no such call."""
    import ctypes

    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    return (lambda: prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)) if prctl else None


class _Forward:
    """Hands signals to a server, those too that came before it was started."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._early: list[int] = []
        self._seen = 0

    def to(self, child: subprocess.Popen[bytes]) -> None:
        self._child = child
        for number in self._early:
            _send(child, number, insist=False)

    def __call__(self, number: int, _: FrameType | None) -> None:
        self._seen += 1
        if self._child is None:
            self._early.append(number)
        else:
            _send(self._child, number, insist=self._seen >= _ENOUGH)


@contextmanager
def _forwarding() -> Iterator[_Forward]:
    """Take the signals that ask a program to end, for the server instead of ourselves."""
    forward = _Forward()
    known = [getattr(signal, name) for name in _SIGNALS if hasattr(signal, name)]
    # What the caller has ignored (nohup) stays ignored.
    taken = [number for number in known if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, forward) for number in taken}
    try:
        yield forward
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _send(child: subprocess.Popen[bytes], number: int, *, insist: bool) -> None:
    if child.poll() is not None:
        return
    if sys.platform == "win32":
        if insist:
            child.kill()
        else:
            child.send_signal(signal.CTRL_BREAK_EVENT)
        return
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL if insist else number)


def _end_group(child: subprocess.Popen[bytes]) -> None:
    if sys.platform == "win32":
        with suppress(OSError):
            child.kill()
        return
    asked = _signal_group(child.pid, signal.SIGTERM)
    deadline = time.monotonic() + _WORKERS_S
    while asked and time.monotonic() < deadline:
        child.poll()  # a dead leader that nobody waited for still counts as its group
        if not _signal_group(child.pid, 0):
            return
        time.sleep(_POLL_S)
    _signal_group(child.pid, signal.SIGKILL)


def _signal_group(group: int, number: int) -> bool:
    """Whether there is anybody in the group to get the signal."""
    if sys.platform == "win32":
        return False
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _wait(child: subprocess.Popen[bytes], seconds: float | None) -> None:
    with suppress(subprocess.TimeoutExpired):
        child.wait(seconds)
