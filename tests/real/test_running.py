"""``run`` and ``llmpick verify`` with a real llama-server."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from .llama_server import START_SECONDS, environment, free_port

_PROJECT = Path(__file__).parents[2]
_SECONDS = 120.0
# What `llmpick launch --run` does: the command in the foreground, the states on standard error.
_RUN = """
import sys
from recommender.knowledge import load
from recommender.serving.display import display
from recommender.serving.running import Process, run
from recommender.words import Words
port, *argv = sys.argv[1:]
url = f"http://127.0.0.1:{port}"
words = Words(table=load().words, lang="en")
sys.exit(run(Process(argv=tuple(argv), ready_url=f"{url}/health"), display(words, url)))
"""


@pytest.fixture
def env(llama_server_bin: Path, tmp_path: Path) -> dict[str, str]:
    """Return an environment with Debian's ``llama-server`` and a measurement file of its own."""
    kept = {"LLMPICK_MEASUREMENTS": str(tmp_path / "measurements.jsonl"), "LLMPICK_LANG": "en"}
    return environment(llama_server_bin) | kept


@contextmanager
def running(
    env: dict[str, str], tmp_path: Path, port: int, *options: str
) -> Iterator[subprocess.Popen[bytes]]:
    """Run ``llama-server`` as ``llmpick launch --run`` does, ready to answer."""
    argv = ["llama-server", "--host", "127.0.0.1", "--port", str(port), *options]
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", _RUN, str(port), *argv],
            cwd=_PROJECT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        wait_until_ready(process, tmp_path)
        yield process
    finally:
        process.terminate()
        process.wait(_SECONDS)


def wait_until_ready(process: subprocess.Popen[bytes], tmp_path: Path) -> None:
    """Return once ``run`` said that the server is ready, or ended."""
    deadline = time.monotonic() + START_SECONDS
    log = tmp_path / "log"
    while "llmpick: ready" not in log.read_text(errors="replace"):
        if process.poll() is not None:
            return
        assert time.monotonic() < deadline, log.read_text(errors="replace")
        time.sleep(0.05)


def llmpick(env: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run llmpick as a user does."""
    return subprocess.run(
        [sys.executable, "-m", "recommender", *arguments],
        cwd=_PROJECT,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=_SECONDS,
    )


def servers_on(port: int) -> list[str]:
    """Return the processes that have ``--port PORT`` in their command line."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if b"--port" in words and str(port).encode() in words:
            found.append(path.parent.name)
    return found


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_server_and_leaves_nothing(
    env: dict[str, str], tiny_model: Path, tmp_path: Path, number: signal.Signals
) -> None:
    port = free_port()
    with running(env, tmp_path, port, "-m", str(tiny_model)) as process:
        assert process.poll() is None, (tmp_path / "log").read_text()
        assert servers_on(port)
        os.kill(process.pid, number)
        assert process.wait(_SECONDS) == 0, (tmp_path / "log").read_text()
    assert servers_on(port) == []


def test_a_server_that_cannot_start_ends_with_its_code(env: dict[str, str], tmp_path: Path) -> None:
    port = free_port()
    with running(env, tmp_path, port, "-m", "/nonexist.gguf") as process:
        assert process.wait(_SECONDS) == 1


def test_a_running_server_is_verified_and_known_from_then_on(
    env: dict[str, str], tiny_model: Path, tmp_path: Path
) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    options = ("-m", str(tiny_model), "-c", "8192", "-np", "2", "--api-key", "k1")
    with running(env, tmp_path, port, *options):
        refused = llmpick(env, "verify", url)
        keyed = env | {"LLMPICK_API_KEY": "k1"}
        done = llmpick(keyed, "verify", url, "--concurrency", "2", "--max-tokens", "64", "--json")
    assert refused.returncode == 2
    assert "LLMPICK_API_KEY" in refused.stderr
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["framework"], told["endpoint"]) == ("llama.cpp", "chat")
    assert told["framework_version"].startswith("b")
    assert (told["weights"], told["quantization"]) == (str(tiny_model), "f32")
    timing = told["timing"]
    assert (timing["counted"], timing["output_tokens"]) == ("usage", 64)
    assert timing["together_tokens_per_s"][0] > 0
    wish = ("fit", str(tiny_model), "--framework", "llama.cpp", "--concurrency", "2", "--json")
    (item,) = json.loads(llmpick(env, *wish).stdout)["fits"]
    assert item["speed"]["together_tokens_per_s"] == timing["together_tokens_per_s"]
    assert item["speed"]["verified_on"]
