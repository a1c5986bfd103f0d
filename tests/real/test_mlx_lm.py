"""The commands that llmpick prints for MLX-LM on a Mac, run by a real mlx_lm.server."""

import os
import shlex
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from recommender.knowledge import load

from .emitted import Advice, placed, recommend
from .llama_server import Server, free_port, serving

MAC = ("--gpu", "M4 Max 64GB", "--include", "mlx-lm")
PROCESSOR = ("--gpu", "none", "--ram", "64", "--include", "mlx-lm")
USERS = 4
SAID = "Is water wet?"
ASKED = {"messages": [{"role": "user", "content": SAID}], "max_tokens": 8, "temperature": 0}
# Each byte is one token, and each mark of ChatML.
PROMPT_TOKENS = len(f"^user\n{SAID}$\n^assistant\n")


@pytest.fixture(scope="session")
def env(mlx_lm_bin: Path) -> dict[str, str]:
    """Return an environment in which ``mlx_lm.server`` is the installed one, without a hub."""
    path = f"{mlx_lm_bin}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    return {**os.environ, "PATH": path, "HF_HUB_OFFLINE": "1", "NO_PROXY": "127.0.0.1"}


@contextmanager
def running(advice: Advice, model: Path, env: dict[str, str], log: Path) -> Iterator[Server]:
    port = free_port()
    line = placed(advice.serve, model, port, "mlx_lm.server")
    with serving(line, port, env, log) as server:
        server.wait_until_healthy()
        yield server


def chat(server: Server) -> str:
    answer = server.ask("/v1/chat/completions", ASKED)
    assert answer["usage"]["prompt_tokens"] == PROMPT_TOKENS, f"{answer}\n{server.log}"
    assert 0 < answer["usage"]["completion_tokens"] <= 8, f"{answer}\n{server.log}"
    return str(answer["choices"][0]["message"]["content"])


@pytest.mark.usefixtures("curl")
@pytest.mark.parametrize("machine", [MAC, PROCESSOR], ids=["mac", "processor"])
def test_the_emitted_command_answers_and_its_check_passes(
    machine: tuple[str, ...], env: dict[str, str], tiny_llama: Path, tmp_path: Path
) -> None:
    """The model is named as a folder, so only program and port are others."""
    advice = recommend(env, *machine, "--model", str(tiny_llama), framework="mlx-lm")
    assert str(tiny_llama) in shlex.split(advice.serve)
    with running(advice, tiny_llama, env, tmp_path / "log") as server:
        assert chat(server) == chat(server)
        (check,) = advice.check_with(server.port)
        done = subprocess.run(["sh", "-c", f"{check} --fail"], env=env, check=False, timeout=60)
        assert done.returncode == 0, server.log


def test_every_argument_serves_several_users(
    env: dict[str, str], tiny_llama: Path, tmp_path: Path
) -> None:
    """Every argument of the knowledge is in this command."""
    wish = ("--concurrency", str(USERS), "--need", "kv-quant")
    advice = recommend(env, *MAC, *wish, framework="mlx-lm")
    steps = load().platform("mlx-lm", "metal").arguments
    flags = {word for step in steps for word in step.args.split() if word.startswith("-")}
    assert flags <= set(shlex.split(advice.serve))
    with (
        running(advice, tiny_llama, env, tmp_path / "log") as server,
        ThreadPoolExecutor(USERS) as pool,
    ):
        assert len(set(pool.map(chat, [server] * USERS))) == 1


def test_an_unknown_flag_is_refused(env: dict[str, str], tiny_llama: Path) -> None:
    """The parser of the tests above says no too."""
    done = subprocess.run(
        ["mlx_lm.server", "--model", str(tiny_llama), "--api-key", "x"],
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert "unrecognized arguments: --api-key" in done.stderr
    assert done.returncode == 2
