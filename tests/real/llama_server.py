"""A real ``llama-server``: Debian sid's build in a private root, and a handle on one that runs."""

import json
import os
import platform
import re
import shlex
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .debian import Unavailable, unpack

START_SECONDS = 60.0
STOP_SECONDS = 20.0
_ANSWER_SECONDS = 120.0
_LOG_TAIL = 6000
REFUSED = re.compile(r"invalid argument|error while handling argument", re.IGNORECASE)
"""What ``llama-server`` says of an argument that it does not take."""

_PACKAGES = ("llama.cpp-tools", "llama.cpp-tools-extra", "libggml0-backend-rpc")
_PROGRAMS = {
    "llama-server": "usr/bin/llama-server",
    "ggml-rpc-server": "usr/libexec/*-linux-gnu/llama/bin/ggml-rpc-server",
}
"""Where the packages put a program, as a glob below the root."""


def cache_directory() -> Path:
    """Return where the unpacked root is kept: ``$LLMPICK_TEST_CACHE``, else below ``~/.cache``."""
    given = os.environ.get("LLMPICK_TEST_CACHE")
    return Path(given).absolute() if given else Path.home() / ".cache" / "llmpick-tests"


def install(target: Path) -> Path:
    """Return a directory for PATH with ``llama-server`` and ``ggml-rpc-server``.

    They are downloaded into ``target`` once.

    Raises:
        Unavailable: this machine cannot get it or cannot run it.

    """
    root = target / f"llama.cpp-rpc-sid-{platform.machine()}"
    try:
        if not root.is_dir():
            _fill(root)
        return _wrap(root)
    except OSError as error:
        message = f"llama-server cannot be kept in {target}: {error}"
        raise Unavailable(message) from error


def environment(bin_dir: Path) -> dict[str, str]:
    """Return this environment with ``bin_dir`` first on PATH and no variable for llama.cpp."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("LLAMA_", "GGML_"))
    }
    # curl and llama-server must reach the loopback directly on machines that have a proxy.
    return kept | {
        "PATH": f"{bin_dir}{os.pathsep}{kept.get('PATH', os.defpath)}",
        "NO_PROXY": "127.0.0.1",
    }


def free_port() -> int:
    """Return a TCP port of the loopback that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True, slots=True)
class Server:
    """A command line that runs. Its whole output goes to ``log_file``; ``key`` opens it."""

    process: subprocess.Popen[bytes]
    port: int
    log_file: Path
    key: str | None = None
    line: str = ""
    started: float = field(default_factory=time.monotonic)

    @property
    def log(self) -> str:
        """The end of what the server printed, for assertion messages."""
        return self.log_file.read_text(errors="replace")[-_LOG_TAIL:]

    def wait_until_healthy(self, path: str = "/health", seconds: float = START_SECONDS) -> None:
        """Return once ``path`` says 200; an ended process or that long without is a failure.

        ``LLMPICK_STARTED`` names a file that gets a line with the seconds that it took.
        """
        self._wait_until(lambda: self._answers(path), path, seconds)
        if "LLMPICK_STARTED" in os.environ:
            with Path(os.environ["LLMPICK_STARTED"]).open("a") as started:
                started.write(f"{time.monotonic() - self.started:.2f} s  {self.line}\n")

    def wait_until_it_listens(self) -> None:
        """Return once the port takes connections; otherwise as ``wait_until_healthy``."""
        self._wait_until(self.listens, "port", START_SECONDS)

    def _wait_until(self, ready: Callable[[], bool], what: str, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            assert self.process.poll() is None, f"the server ended at its start:\n{self.log}"
            if ready():
                return
            time.sleep(0.05)
        message = f"no {what} within {seconds:.0f} s:\n{self.log}"
        raise AssertionError(message)

    def _answers(self, path: str) -> bool:
        # 503 while the model loads, a refused connection before that.
        with suppress(OSError):
            self.send(path)
            return True
        return False

    def ask(
        self, path: str, body: Mapping[str, Any] | None = None, *, key: str | None = None
    ) -> Any:
        """GET ``path``, or POST ``body`` to it, with a bearer ``key``; return the decoded JSON.

        Raises:
            urllib.error.HTTPError: the server answered with an error.

        """
        return json.loads(self.send(path, body, key=key))

    def send(
        self, path: str, body: Mapping[str, Any] | None = None, *, key: str | None = None
    ) -> bytes:
        """GET ``path``, or POST ``body`` to it, and return what came, which may be nothing.

        Raises:
            urllib.error.HTTPError: the server answered with an error.

        """
        data, token = None if body is None else json.dumps(body).encode(), key or self.key
        bearer = {"Authorization": f"Bearer {token}"} if token else {}
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            data,
            {"Content-Type": "application/json", **bearer},
        )
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(request, timeout=_ANSWER_SECONDS) as answer:
            received: bytes = answer.read()
            return received

    def stop(self, seconds: float = STOP_SECONDS) -> int:
        """Send SIGTERM to the process that was started and return its exit status."""
        self.process.terminate()
        return self.process.wait(seconds)

    def listens(self) -> bool:
        """Tell whether anything accepts a connection on the port."""
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


@contextmanager
def serving(
    line: str, port: int, env: Mapping[str, str], log_file: Path, cwd: Path | None = None
) -> Iterator[Server]:
    """Run the shell command ``line``, which serves on ``port``, as long as the context lasts."""
    with log_file.open("wb") as log:
        # env, because exec takes no variables before the program, and some lines have them.
        process = subprocess.Popen(
            ["sh", "-c", f"exec env {line}"],
            env=env,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield Server(process, port, log_file, line=line)
    finally:
        # The session outlives a leader that ended: whatever it left behind goes too.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(STOP_SECONDS)


def run_to_end(env: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run ``llama-server`` to its end; both streams are in ``stdout``, where the log goes too."""
    return subprocess.run(
        ["sh", "-c", 'exec llama-server "$@"', "sh", *arguments],
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=60,
    )


def build_number(env: dict[str, str]) -> str:
    """Return the build number as ``llama-server --version`` tells it."""
    done = run_to_end(env, "--version")
    found = re.search(r"build (\d+)", done.stdout)
    assert found, done.stdout
    assert done.returncode == 0
    return found[1]


def _fill(root: Path) -> None:
    root.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="unpacking-", dir=root.parent) as name:
        whole = Path(name) / "root"
        whole.mkdir()
        unpack(_PACKAGES, whole)
        _show_backends(whole)
        try:
            whole.rename(root)
        except OSError:
            # Another session on this machine was faster; what it put there is the same.
            if not root.is_dir():
                raise


def _show_backends(root: Path) -> None:
    """Put ggml's backends beside the loader: their own directory is compiled in as an absolute one.

    ggml looks beside the running program, which is the loader, and takes the best for this CPU.
    """
    libraries = _loader(root).parent
    for backend in libraries.glob("ggml/backends*/libggml-*.so"):
        (libraries / backend.name).symlink_to(backend.relative_to(libraries))


def _wrap(root: Path) -> Path:
    loader = _loader(root)
    path = f"{loader.parent}:{loader.parent}/llama"
    bin_dir = root.parent / f"{root.name}-bin"
    bin_dir.mkdir(exist_ok=True)
    for name, place in _PROGRAMS.items():
        # exec, so that signals reach the server and not a shell. The loader is named because sid's
        # libc is newer than the host's.
        command = [str(loader), "--library-path", path, str(_only(root, place))]
        write_program(bin_dir / name, f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n')
    return bin_dir


def _loader(root: Path) -> Path:
    return _only(root, "usr/lib/*-linux-gnu/ld-linux-*.so.*")


def _only(root: Path, place: str) -> Path:
    found = next(root.glob(place), None)
    if found is None:
        message = f"the unpacked packages in {root} hold no {place}"
        raise Unavailable(message)
    return found


def write_program(path: Path, text: str) -> None:
    """Write an executable file at once, so that another session never runs half of it."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as new:
        new.write(text)
    Path(new.name).chmod(0o755)
    Path(new.name).replace(path)
