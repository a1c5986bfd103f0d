"""A real ``llama-server``: Debian sid's build in a private root, and a handle on one that runs."""

import json
import os
import platform
import shlex
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .debian import Unavailable, unpack

START_SECONDS = 60.0
STOP_SECONDS = 20.0
_ANSWER_SECONDS = 120.0
_LOG_TAIL = 6000
_CPUINFO = Path("/proc/cpuinfo")

_AVX2 = frozenset({"sse4_2", "avx", "f16c", "fma", "avx2", "bmi2"})
_AVX512 = _AVX2 | {"avx512f", "avx512cd", "avx512vl", "avx512dq", "avx512bw"}
_VNNI = _AVX512 | {"avx512vbmi", "avx512_vnni"}
_VARIANTS: tuple[tuple[str, frozenset[str]], ...] = (
    ("zen4", _VNNI | {"avx512_bf16"}),
    ("icelake", _VNNI),
    ("skylakex", _AVX512),
    ("haswell", _AVX2),
    ("sse42", frozenset({"sse4_2"})),
    ("x64", frozenset()),
    ("armv8.2_1", frozenset({"asimddp"})),
    ("armv8.0_1", frozenset()),
)
"""ggml's CPU builds, best first, with the /proc/cpuinfo flags that each needs.

A coarser ladder than ggml's own (ggml/src/CMakeLists.txt, GGML_CPU_ALL_VARIANTS): a model of 5 MB
gains nothing from the steps between.
"""


def cache_directory() -> Path:
    """Return where the unpacked root is kept: ``$LLMPICK_TEST_CACHE``, else below ``~/.cache``."""
    given = os.environ.get("LLMPICK_TEST_CACHE")
    return Path(given).absolute() if given else Path.home() / ".cache" / "llmpick-tests"


def install(target: Path) -> Path:
    """Return a directory for PATH with a ``llama-server``, downloaded into ``target`` once.

    Raises:
        Unavailable: this machine cannot get it or cannot run it.

    """
    root = target / f"llama.cpp-sid-{platform.machine()}"
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
    """A command line that runs. Its whole output goes to ``log_file``."""

    process: subprocess.Popen[bytes]
    port: int
    log_file: Path

    @property
    def log(self) -> str:
        """The end of what the server printed, for assertion messages."""
        return self.log_file.read_text(errors="replace")[-_LOG_TAIL:]

    def wait_until_healthy(self, path: str = "/health", seconds: float = START_SECONDS) -> None:
        """Return once ``path`` says 200; an ended process or that long without is a failure."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            assert self.process.poll() is None, f"the server ended at its start:\n{self.log}"
            # 503 while the model loads, a refused connection before that.
            with suppress(OSError):
                self.send(path)
                return
            time.sleep(0.05)
        message = f"no {path} within {seconds:.0f} s:\n{self.log}"
        raise AssertionError(message)

    def ask(
        self, path: str, body: Mapping[str, Any] | None = None, *, key: str | None = None
    ) -> Any:
        """GET ``path``, or POST ``body`` to it, and return the decoded JSON.

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
        data = None if body is None else json.dumps(body).encode()
        bearer = {} if key is None else {"Authorization": f"Bearer {key}"}
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
        yield Server(process, port, log_file)
    finally:
        # The session outlives a leader that ended: whatever it left behind goes too.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(STOP_SECONDS)


def _fill(root: Path) -> None:
    root.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="unpacking-", dir=root.parent) as name:
        whole = Path(name) / "root"
        whole.mkdir()
        unpack(["llama.cpp-tools"], whole)
        try:
            whole.rename(root)
        except OSError:
            # Another session on this machine was faster; what it put there is the same.
            if not root.is_dir():
                raise


def _wrap(root: Path) -> Path:
    loader = next(root.glob("usr/lib/*-linux-gnu/ld-linux-*.so.*"), None)
    if loader is None:
        message = f"the unpacked packages in {root} hold no dynamic loader"
        raise Unavailable(message)
    libraries, server = loader.parent, root / "usr/bin/llama-server"
    backend = _cpu_backend(next(libraries.glob("ggml/backends*"), libraries))
    # exec, so that signals reach the server and not a shell. The loader is named because sid's libc
    # is newer than the host's; the backend because its compiled-in directory is absolute.
    command = [str(loader), "--library-path", f"{libraries}:{libraries}/llama", str(server)]
    script = (
        "#!/bin/sh\n"
        f"export GGML_BACKEND_PATH={shlex.quote(str(backend))}\n"
        f'exec {shlex.join(command)} "$@"\n'
    )
    # One directory a variant: a cache that moves to another CPU gets a wrapper that fits there.
    bin_dir = root.parent / f"{root.name}-{backend.stem}"
    bin_dir.mkdir(exist_ok=True)
    _write_program(bin_dir / "llama-server", script)
    return bin_dir


def _write_program(path: Path, text: str) -> None:
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as new:
        new.write(text)
    Path(new.name).chmod(0o755)
    Path(new.name).replace(path)


def _cpu_backend(directory: Path) -> Path:
    flags = _cpu_flags(_CPUINFO.read_text())
    for variant, needs in _VARIANTS:
        path = directory / f"libggml-cpu-{variant}.so"
        if needs <= flags and path.is_file():
            return path
    message = f"no CPU backend of ggml in {directory} runs on this CPU"
    raise Unavailable(message)


def _cpu_flags(cpuinfo: str) -> frozenset[str]:
    lines = (line.partition(":") for line in cpuinfo.splitlines())
    return next(
        (
            frozenset(value.split())
            for key, _, value in lines
            if key.strip() in {"flags", "Features"}
        ),
        frozenset(),
    )
