"""The commands that llmpick prints for XInference on a CPU, run by a real one on llama.cpp."""

import os
import re
import subprocess
import tempfile
import time
import urllib.error
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from .emitted import ask, launch_of
from .environments import Environments
from .llama_server import Server, free_port, serving

pytestmark = pytest.mark.real

_READY_SECONDS = 300.0
_COMMAND_SECONDS = 300.0
_WORKER_STARTED = "Xinference worker"
_PASSWORD = "longer-than-8"  # noqa: S105  # of a server that lives for this test
_WISH = (
    *("--gpu", "none", "--ram", "64", "--os", "linux", "--arch", "x86_64", "--install", "pip"),
    *("--model", "Qwen/Qwen3-0.6B", "--context", "512"),
)
# XInference would else install the engine anew for the model, and download the model.
_HERE = "--disable-virtual-env --model-path '{}'"
_CHAT = {"model": "qwen3", "messages": [{"role": "user", "content": "x"}], "max_tokens": 4}


@dataclass(frozen=True, slots=True)
class Place:
    """A folder with the environment that the lines name, its variables, and the two steps."""

    folder: Path
    env: Mapping[str, str]
    serve: tuple[str, ...]
    check: tuple[str, ...]
    port: int

    def run(self, line: str) -> str:
        """Run a line to its end, which must be a good one, and return what it printed."""
        done = subprocess.run(
            ["sh", "-c", line],
            cwd=self.folder,
            env=self.env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=_COMMAND_SECONDS,
        )
        assert done.returncode == 0, "\n".join([line, done.stdout, done.stderr, *self.logs()])
        return done.stdout

    def logs(self) -> list[str]:
        """Return the ends of what the servers printed."""
        return [log.read_text(errors="replace")[-6000:] for log in self.folder.glob("log-*")]

    @contextmanager
    def serving(self, line: str) -> Iterator[Server]:
        """Run a line that serves, and stop it."""
        log = self.folder / f"log-{len(list(self.folder.glob('log-*')))}"
        with serving(line, self.port, self.env, log, self.folder) as server:
            try:
                yield server
            finally:
                # Asked to, it ends its other processes, which have sessions of their own.
                server.stop(60.0)

    def line(self, word: str) -> str:
        """Return the one line of the checks that begins so, behind the program."""
        (found,) = [line for line in self.check if line.partition(" ")[2].startswith(word)]
        return found


@pytest.fixture
def folder() -> Iterator[Path]:
    """Return a folder with a short name: the path of a socket in it has 107 bytes at most."""
    with tempfile.TemporaryDirectory(prefix="x-", ignore_cleanup_errors=True) as name:
        yield Path(name)


@pytest.fixture
def place(environments: Environments, folder: Path, request: pytest.FixtureRequest) -> Place:
    """Return what llmpick prints, with addresses and the port that hold here."""
    launch = launch_of(ask(os.environ, *_WISH, *request.param), "xinference")
    (folder / ".venv-xinference").symlink_to(environments.folder / "xinference")
    env = environments.serving("xinference") | {
        "HOME": str(folder),
        "XINFERENCE_HOME": str(folder / "h"),
        "XINFERENCE_ADMIN_PASSWORD": _PASSWORD,
    }
    port = free_port()

    def here(line: str) -> str:
        local = re.sub(r"SUPERVISOR_IP|WORKER_IP", "127.0.0.1", line)
        return re.sub(r"(?<=:)9997\b|(?<=--port )9997\b", str(port), local)

    serve, check = (tuple(map(here, launch[step])) for step in ("serve", "check"))
    return Place(folder, env, serve, check, port)


def status(server: Server, path: str, body: Mapping[str, Any] | None = None) -> int:
    """Return the HTTP status of a request without a key."""
    try:
        server.send(path, body)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code
    return 200


def wait_until_said(server: Server, text: str) -> None:
    """Return once the server has printed the text; it is a failure that it ends or never does."""
    deadline = time.monotonic() + _READY_SECONDS
    while text not in server.log:
        assert server.process.poll() is None, f"it ended at its start:\n{server.log}"
        assert time.monotonic() < deadline, f"not said: {text}\n{server.log}"
        time.sleep(0.2)


@pytest.mark.parametrize("place", [()], indirect=True, ids=["one-machine"])
def test_one_machine_answers(place: Place, tiny_model: Path) -> None:
    with place.serving(place.serve[0]) as server:
        server.wait_until_healthy("/status", _READY_SECONDS)
        place.run(f"{place.line('launch')} {_HERE.format(tiny_model)}")
        answer = server.ask("/v1/chat/completions", _CHAT)
        assert answer["choices"][0]["message"]["role"] == "assistant"
        assert "n_ctx_slot = 512" in server.log_file.read_text(errors="replace")
        assert '"qwen3"' in place.run(place.line("http"))


@pytest.mark.parametrize("place", [("--nodes", "2")], indirect=True, ids=["two-machines"])
def test_supervisor_and_worker_ask_for_a_key(place: Place, tiny_model: Path) -> None:
    """The whole way of the printed lines: both programs, set-up with the token, login, launch."""
    supervise, work = place.serve
    with place.serving(supervise) as server:
        # A worker ends at once where its supervisor does not answer yet.
        server.wait_until_healthy("/status", _READY_SECONDS)
        with place.serving(work) as worker:
            wait_until_said(worker, _WORKER_STARTED)
            key = set_up(place, server)
            place.run(f"{place.line('launch')} {_HERE.format(tiny_model)}")
            assert status(server, "/v1/chat/completions", _CHAT) == 401
            answer = server.ask("/v1/chat/completions", _CHAT, key=key)
            assert answer["choices"][0]["message"]["role"] == "assistant"


def set_up(place: Place, server: Server) -> str:
    """Make the administrator and log in as the printed line does, and return a key."""
    assert status(server, "/v1/models") == 401
    place.run(place.line("-c "))
    key: str = server.ask("/token", {"username": "admin", "password": _PASSWORD})["access_token"]
    return key
