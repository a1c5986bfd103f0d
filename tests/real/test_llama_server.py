"""The commands that llmpick prints for llama.cpp, run by a real llama-server of Debian sid."""

import shlex
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

import pytest

from .emitted import Advice, recommend
from .llama_server import REFUSED, Server, build_number, environment, free_port, run_to_end, serving
from .workloads import YES_OR_NO

SLOTS, CONTEXT = 4, 2048
WISHES = {
    "nothing-said": (),
    "four-users": ("--concurrency", str(SLOTS), "--context", str(CONTEXT)),
    "tools": ("--need", "function-calling"),
    "kv-quant": ("--need", "kv-quant"),
    "described-gpu": ("--gpu", "RTX 4090", "--ram", "64", "--install", "native"),
}


class Run(Protocol):
    """Starts the emitted command with the tiny model on a free port."""

    def __call__(self, advice: Advice) -> AbstractContextManager[Server]:
        """Yield the server once it is healthy."""


@pytest.fixture(scope="session")
def env(llama_server_bin: Path) -> dict[str, str]:
    """Return an environment in which ``llama-server`` is Debian's."""
    return environment(llama_server_bin)


@pytest.fixture(scope="module")
def advice(env: dict[str, str]) -> Advice:
    """Return what a user gets who says nothing at all."""
    return recommend(env)


@pytest.fixture
def run(env: dict[str, str], tiny_model: Path, tmp_path: Path) -> Run:
    """Start emitted commands; their logs stay in ``tmp_path``."""

    @contextmanager
    def start(advice: Advice) -> Iterator[Server]:
        port = free_port()
        with serving(advice.serve_with(tiny_model, port), port, env, tmp_path / "log") as server:
            server.wait_until_healthy()
            yield server

    return start


def test_the_probe_sees_the_build_that_is_on_path(env: dict[str, str], advice: Advice) -> None:
    """What the machine can already run decides the command, so the probe must know it."""
    assert advice.answer["machine"]["software"]["installed"]["llama.cpp"] == build_number(env)


def test_the_version_names_a_build(env: dict[str, str]) -> None:
    """Builds before 10000 lack flags that are emitted; Debian sid's are newer."""
    assert int(build_number(env)) > 10000


def test_the_emitted_command_answers_and_stops(advice: Advice, run: Run) -> None:
    """The product's promise: the printed line, as it stands, serves chat completions."""
    with run(advice) as server:
        answer = server.ask("/v1/chat/completions", YES_OR_NO)
        assert answer["choices"][0]["message"]["content"] in {"yes", "no"}, (
            f"{answer}\n{server.log}"
        )
        server.stop()
        assert server.process.poll() is not None
        assert not server.listens(), f"still there after SIGTERM:\n{server.log}"


def test_the_emitted_command_stays_on_the_loopback(advice: Advice) -> None:
    """Nobody asked for a server that the network can reach."""
    words = shlex.split(advice.serve)
    assert words[0] == "llama-server"
    assert words[words.index("--host") + 1] == "127.0.0.1"


@pytest.mark.usefixtures("curl")
def test_the_emitted_check_passes(
    advice: Advice, run: Run, env: dict[str, str], tmp_path: Path
) -> None:
    """The curl line is what a user believes."""
    # Without this curl is content with any answer, a 404 or 500 too.
    (tmp_path / ".curlrc").write_text("fail\n")
    strict = env | {"CURL_HOME": str(tmp_path)}
    with run(advice) as server:
        checks = advice.check_with(server.port)
        assert checks, f"no curl line in {advice.check}"
        for line in checks:
            done = subprocess.run(
                ["sh", "-c", line],
                env=strict,
                capture_output=True,
                text=True,
                check=False,
                timeout=60,
            )
            assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}\n{server.log}"


def test_every_user_gets_the_context_that_was_asked_for(env: dict[str, str], run: Run) -> None:
    """``-c`` is the total over all slots: a command that forgets it serves a quarter of it."""
    with run(recommend(env, *WISHES["four-users"])) as server:
        props = server.ask("/props")
        assert props["total_slots"] == SLOTS, server.log
        assert props["default_generation_settings"]["n_ctx"] >= CONTEXT, server.log


@pytest.mark.parametrize("flags", WISHES.values(), ids=WISHES.keys())
def test_llama_server_accepts_every_emitted_flag(
    flags: tuple[str, ...], env: dict[str, str]
) -> None:
    """Flags are checked before the model is loaded: a missing model means that all passed."""
    words = shlex.split(recommend(env, *flags).serve_with(Path("/nonexist"), free_port()))
    assert words[0].endswith("llama-server")
    output = run_to_end(env, *words[1:]).stdout
    assert not REFUSED.search(output), f"{shlex.join(words)}\n{output}"
    assert "failed to load model" in output, f"{shlex.join(words)}\n{output}"


@pytest.mark.parametrize("flag", ["--no-such-flag", "--mlock", "-fa", "--ctx-size=big"])
def test_llama_server_refuses_what_it_does_not_know(flag: str, env: dict[str, str]) -> None:
    """The oracle of the test above says no too: unknown, removed in 2026, without its value."""
    done = run_to_end(env, "-m", "/nonexist", flag)
    assert REFUSED.search(done.stdout), done.stdout
    assert done.returncode != 0
