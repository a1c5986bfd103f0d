"""The changes that a test makes to an emitted command, and that there are no others."""

import shlex
from pathlib import Path

import pytest

from .emitted import Advice, placed

MODEL = Path("/a model/it's.gguf")


def advice(serve: str, *check: str) -> Advice:
    """Return an answer that holds nothing but these lines."""
    return Advice({}, serve, check)


@pytest.mark.parametrize(
    "line",
    [
        "llama-server {} -c 8192 --host 127.0.0.1 --port 8080",
        "llama-server -c 8192 -mg 0 --port 8080 --host 127.0.0.1 \\\n  {}",
    ],
)
@pytest.mark.parametrize("model", ["-hf org/Name-GGUF:Q4_K_M", "-m '/models/my file.gguf'"])
def test_only_the_model_and_the_port_change(line: str, model: str) -> None:
    """All other words stay as they were printed, spaces and line breaks too."""
    changed = advice(line.format(model)).serve_with(MODEL, 9)
    assert changed == line.replace("8080", "9").format(f"-m {shlex.quote(str(MODEL))}")
    assert shlex.split(changed).count(str(MODEL)) == 1


@pytest.mark.parametrize(
    "serve",
    [
        "llama-server --port 8080",
        "llama-server -m a.gguf -hf org/name --port 8080",
        "llama-server -m a.gguf",
        "llama-server -m a.gguf --port 80 --port 81",
    ],
)
def test_a_command_without_exactly_one_model_and_one_port_fails(serve: str) -> None:
    """Otherwise the test of the product would run something that it did not print."""
    with pytest.raises(AssertionError, match="times in"):
        advice(serve).serve_with(MODEL, 9)


def test_the_check_asks_the_other_port() -> None:
    """Only curl lines are run, and no other number in them is touched."""
    emitted = advice(
        "llama-server -m a.gguf --port 8080",
        "ollama pull x",
        "curl http://127.0.0.1:8080/v1/models?n=8080",
    )
    assert emitted.check_with(9) == ["curl http://127.0.0.1:9/v1/models?n=8080"]


@pytest.mark.parametrize(
    "line",
    [
        "llama serve",
        "llama.cpp/build/bin/llama-server",
        "./llama-b11541/llama-server.exe",
        "A=1 B='two words' llama-server",
        "docker run --rm -p 127.0.0.1:8080:80 -e A=1 ghcr.io/ggml-org/llama.cpp:server-b1",
        "$env:A = 'two words'; llama serve",
    ],
)
def test_the_program_changes_and_the_variables_stay(line: str) -> None:
    before = line[: line.find("llama")] if line[0] in "A$" else ""
    changed = placed(f"{line} -hf org/x:Q4 -c 1 --port 8080", Path("m.gguf"), 9, "llama-server")
    assert changed == f"{before}llama-server -m m.gguf -c 1 --port 9"


def test_an_unknown_program_is_not_run() -> None:
    with pytest.raises(AssertionError, match="times in"):
        placed("sudo llama-server -m a.gguf --port 8080", MODEL, 9, "llama-server")
