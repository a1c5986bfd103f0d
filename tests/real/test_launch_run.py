"""``llmpick launch --run`` starts a real server, and ``llmpick verify`` asks it."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .llama_server import environment, free_port

LLMPICK = (sys.executable, "-m", "recommender")
SECONDS = 120.0


def _variables(path: Path, home: Path) -> dict[str, str]:
    kept = {**environment(path), "LLMPICK_MEASUREMENTS": str(home / "measurements.jsonl")}
    return kept | {"PYTHONPATH": str(Path(__file__).parents[2])}


@contextmanager
def _running(words: list[str], variables: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """Started and ready."""
    command = [*LLMPICK, "launch", "llama.cpp", "--run", *words]
    with subprocess.Popen(command, env=variables, stderr=subprocess.PIPE, text=True) as child:
        assert child.stderr
        try:
            for line in child.stderr:
                if line.startswith("llmpick: ready"):
                    break
            yield child
        finally:
            child.kill()


def test_it_shows_starts_verifies_and_ends(
    llama_server_bin: Path, tiny_model: Path, tmp_path: Path
) -> None:
    port, variables = str(free_port()), _variables(llama_server_bin, tmp_path)
    words = ["--model", str(tiny_model), "--port", port, "--context", "2048"]
    with _running(words, variables) as child:
        url = f"http://127.0.0.1:{port}"
        asked = [*LLMPICK, "verify", url, "--json", "--max-tokens", "32", "--concurrency", "2"]
        done = subprocess.run(
            asked, env=variables, capture_output=True, text=True, timeout=SECONDS, check=True
        )
        assert json.loads(done.stdout)["framework"] == "llama.cpp"
        assert (tmp_path / "measurements.jsonl").read_text(encoding="utf-8").count("\n") == 1
        second = subprocess.run(
            [*LLMPICK, "launch", "llama.cpp", "--run", *words],
            env=variables,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert second.returncode == 2
        assert f"port {port} is taken" in second.stderr
        with urllib.request.urlopen(f"{url}/health", timeout=SECONDS) as answer:
            assert answer.status == 200
        child.send_signal(signal.SIGTERM)
        assert child.wait(SECONDS) == 0


def test_a_key_is_asked_for_where_others_reach_it(
    llama_server_bin: Path, tiny_model: Path, tmp_path: Path
) -> None:
    port, variables = str(free_port()), _variables(llama_server_bin, tmp_path)
    words = ["--model", str(tiny_model), "--port", port, "--context", "2048", "--expose"]
    with _running(words, variables | {"LLAMA_API_KEY": "tested"}):
        asked = [*LLMPICK, "verify", f"http://127.0.0.1:{port}", "--json", "--max-tokens", "32"]
        without = subprocess.run(
            asked, env=variables, capture_output=True, text=True, timeout=SECONDS, check=False
        )
        assert without.returncode == 2
        keyed = variables | {"OPENAI_API_KEY": "tested"}
        done = subprocess.run(
            asked, env=keyed, capture_output=True, text=True, timeout=SECONDS, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_without_the_key_nothing_starts(
    llama_server_bin: Path, tiny_model: Path, tmp_path: Path
) -> None:
    variables = _variables(llama_server_bin, tmp_path)
    variables.pop("LLAMA_API_KEY", None)
    done = subprocess.run(
        [*LLMPICK, "launch", "llama.cpp", "--run", "--expose", "--model", str(tiny_model)],
        env=variables,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 2
    assert "LLAMA_API_KEY is not set" in done.stderr


def test_a_program_that_is_not_there_is_told(tiny_model: Path, tmp_path: Path) -> None:
    variables = {**os.environ, "PATH": str(tmp_path)} | {
        "PYTHONPATH": str(Path(__file__).parents[2])
    }
    done = subprocess.run(
        [*LLMPICK, "launch", "llama.cpp", "--run", "--model", str(tiny_model)],
        env=variables,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 2
    assert "is not found" in done.stderr
    assert "Traceback" not in done.stderr
