"""``run`` starts real processes: their states, signals, exit codes, and that none is left."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from recommender.errors import InputError
from recommender.knowledge import load
from recommender.serving import readiness
from recommender.serving.display import display
from recommender.serving.readiness import State, Watch, caches, unfinished
from recommender.serving.running import Process, run
from recommender.words import Words

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the programs here take POSIX signals")
ROOT = Path(__file__).parents[2]

# Answers 503 for a while and 200 then; starts a worker; ends when it is told, unless stubborn.
SERVER = """
import http.server, os, signal, subprocess, sys, threading, time
port, worker_file, stubborn = int(sys.argv[1]), sys.argv[2], len(sys.argv) > 3
deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " if stubborn else ""
worker = subprocess.Popen([sys.executable, "-c",
    deaf + "import time; print('here', flush=True); time.sleep(300)"],
    stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
worker.stdout.readline()
open(worker_file, "w").write(str(worker.pid))
time.sleep(0.5)
begun = time.monotonic()
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if time.monotonic() - begun > 0.7 else 503)
        self.end_headers()
    def log_message(self, *_): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
def end(number, _):
    print("got", signal.Signals(number).name, flush=True)
    if not stubborn:
        os._exit(7)
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, end)
print("serving", flush=True)
server.serve_forever()
"""
DRIVER = """
import sys
from recommender.serving.running import Process, run
url, *argv = sys.argv[1:]
process = Process(argv=tuple(argv), ready_url=url)
sys.exit(run(process, lambda state: print("state", state.name, file=sys.stderr, flush=True)))
"""


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Driven:
    """``run`` in a process of its own, to which signals can be sent."""

    def __init__(self, port: int, folder: Path, *more: str) -> None:
        self.worker_file = folder / "worker"
        script = folder / "server.py"
        script.write_text(SERVER, encoding="utf-8")
        command = [sys.executable, str(script), str(port), str(self.worker_file), *more]
        self.process = subprocess.Popen(
            [sys.executable, "-c", DRIVER, f"http://127.0.0.1:{port}/health", *command],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def wait_for(self, line: str) -> list[str]:
        assert self.process.stderr
        seen = []
        for text in self.process.stderr:
            seen.append(text.strip())
            if text.strip() == line:
                return seen
        message = f"ended without {line}: {seen}"
        raise AssertionError(message)

    @property
    def worker_lives(self) -> bool:
        try:
            os.kill(int(self.worker_file.read_text()), 0)
        except ProcessLookupError:
            return False
        state = Path(f"/proc/{self.worker_file.read_text()}/stat")
        return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.fixture
def driven(port: int, tmp_path: Path) -> Iterator[Driven]:
    one = Driven(port, tmp_path)
    yield one
    one.process.kill()
    one.process.communicate()


def test_states_come_in_order(driven: Driven) -> None:
    assert driven.wait_for("state ready") == ["state starting", "state loading", "state ready"]
    assert driven.worker_lives
    driven.process.terminate()
    driven.process.wait(20)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_reaches_the_server_once(driven: Driven, number: signal.Signals) -> None:
    driven.wait_for("state ready")
    driven.process.send_signal(number)
    out, err = driven.process.communicate(timeout=20)
    assert driven.process.returncode == 7, err
    assert out.splitlines() == ["serving", f"got {number.name}"]
    assert "Traceback" not in err
    assert not driven.worker_lives


def test_the_third_signal_ends_a_stubborn_server(port: int, tmp_path: Path) -> None:
    one = Driven(port, tmp_path, "stubborn")
    try:
        one.wait_for("state ready")
        for _ in range(3):
            one.process.send_signal(signal.SIGINT)
            time.sleep(0.3)
        out, _ = one.process.communicate(timeout=20)
        assert out.count("got SIGINT") == 2
        assert one.process.returncode == 128 + signal.SIGKILL
        assert not one.worker_lives
    finally:
        one.process.kill()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel tells it on Linux")
def test_a_server_does_not_outlive_llmpick(driven: Driven) -> None:
    driven.wait_for("state ready")
    driven.process.kill()
    out, _ = driven.process.communicate(timeout=20)
    assert "got SIGTERM" in out
    os.kill(int(driven.worker_file.read_text()), signal.SIGKILL)


def _ignore(_: State) -> None:
    """Nobody looks at the states."""


@pytest.mark.parametrize(
    ("program", "code"),
    [
        ("import sys; sys.exit(0)", 0),
        ("import sys; sys.exit(3)", 3),
        ("import os; os.kill(os.getpid(), 15)", 143),
        ("import os; os.kill(os.getpid(), 9)", 137),
    ],
)
def test_the_exit_code_is_that_of_the_server(port: int, program: str, code: int) -> None:
    process = Process(
        argv=(sys.executable, "-c", program), ready_url=f"http://127.0.0.1:{port}/health"
    )
    assert run(process, _ignore) == code


def test_handlers_are_as_before(port: int) -> None:
    before = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    process = Process(argv=(sys.executable, "-c", ""), ready_url=f"http://127.0.0.1:{port}/")
    run(process, _ignore)
    assert before == [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]


def test_the_variables_are_added_to_the_environment(port: int) -> None:
    check = (
        "import os, sys; sys.exit(5 if os.environ['MINE'] == 'a b' and 'PATH' in os.environ else 1)"
    )
    argv = (sys.executable, "-c", check)
    url = f"http://127.0.0.1:{port}/"
    assert run(Process(argv=argv, ready_url=url, env={"MINE": "a b"}), _ignore) == 5


def test_a_failing_display_leaves_no_server(port: int, tmp_path: Path) -> None:
    file = tmp_path / "pid"
    program = f"import os, time; open({str(file)!r}, 'w').write(str(os.getpid())); time.sleep(300)"

    def fail(_: State) -> None:
        while not file.exists() or not file.read_text():
            time.sleep(0.05)
        raise BrokenPipeError

    process = Process(argv=(sys.executable, "-c", program), ready_url=f"http://127.0.0.1:{port}/")
    with pytest.raises(BrokenPipeError):
        run(process, fail)
    with pytest.raises(ProcessLookupError):
        os.kill(int(file.read_text()), 0)


def test_a_missing_program_names_its_install_command(port: int) -> None:
    argv, url = ("no-such-server\x1b[31m", "--x"), f"http://127.0.0.1:{port}/"
    with pytest.raises(InputError, match="pip install it") as raised:
        run(Process(argv=argv, ready_url=url, install="pip install it"), _ignore)
    assert "\x1b" not in str(raised.value)


def test_a_program_that_is_none(port: int, tmp_path: Path) -> None:
    file = tmp_path / "server"
    file.write_text("\x7fELF nothing", encoding="utf-8")
    file.chmod(0o755)
    with pytest.raises(InputError, match="cannot be started"):
        run(Process(argv=(str(file),), ready_url=f"http://127.0.0.1:{port}/"), _ignore)


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = taken.getsockname()[1]
        made = tmp_path / "started"
        program = f"open({str(made)!r}, 'w')"
        url = f"http://127.0.0.1:{number}/health"
        with pytest.raises(InputError, match=f"port {number} is taken.*--port"):
            run(Process(argv=(sys.executable, "-c", program), ready_url=url), _ignore)
    assert not made.exists()


def test_a_download_is_seen_in_the_folders_of_models(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, port: int
) -> None:
    monkeypatch.setattr(readiness, "_ASK_S", 0.0)
    monkeypatch.setattr(readiness, "_LOOK_S", 0.0)
    monkeypatch.setattr(readiness, "_QUIET_S", 0.2)
    monkeypatch.setattr(readiness, "_STEP_GIB", 1e-5)
    blobs = tmp_path / "models--a--b" / "blobs"
    blobs.mkdir(parents=True)
    old = blobs / "old.incomplete"
    old.write_bytes(b"x" * 2**20)
    os.utime(old, (1, 1))
    watch = Watch(f"http://127.0.0.1:{port}/", {"HF_HUB_CACHE": str(tmp_path), "LLAMA_CACHE": "/x"})
    assert watch.change() is None
    part = blobs / "new.incomplete"
    part.write_bytes(b"x" * 30 * 2**20)
    first = watch.change()
    assert first
    assert (first.name, first.downloaded_gib) == ("downloading", 0.03)
    assert watch.change() is None
    part.write_bytes(b"x" * 60 * 2**20)
    second = watch.change()
    assert second
    assert second.downloaded_gib == 0.06
    part.unlink()
    time.sleep(0.3)
    third = watch.change()
    assert third
    assert third.name == "loading"


def test_the_folders_follow_the_environment() -> None:
    home = {"HOME": "/home/me"}
    assert list(map(str, caches(home))) == [
        "/home/me/.cache/huggingface/hub",
        "/home/me/.cache/llama.cpp",
    ]
    moved = {**home, "HF_HOME": "/hf", "LLAMA_CACHE": "/ll", "XDG_CACHE_HOME": "/c"}
    assert list(map(str, caches(moved))) == ["/hf/hub", "/ll"]
    assert unfinished(caches({"HOME": "/nonexist"}), 0) == 0


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_pipe_gets_one_line_a_state(lang: str, capsys: pytest.CaptureFixture[str]) -> None:
    tell = display(Words(table=load().words, lang=lang), "http://127.0.0.1:8000", 15.25)
    for state in (
        State(name="starting"),
        State(name="downloading", after_s=1.0, downloaded_gib=0.5),
        State(name="downloading", after_s=9.0, downloaded_gib=1.5),
        State(name="loading", after_s=30.0),
        State(name="ready", after_s=41.6),
    ):
        tell(state)
    captured = capsys.readouterr()
    lines = captured.err.splitlines()
    assert captured.out == ""
    assert len(lines) == 4
    assert "42" in lines[-1]
    assert "http://127.0.0.1:8000" in lines[-1]
