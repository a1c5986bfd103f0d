"""The next useful command: at a terminal alone, with the question's own options, quoted."""

import shlex
import sys
from pathlib import Path

import pytest

from recommender.cli.asking import Asked
from recommender.cli.next_step import line, same
from tests.cli.conftest import Run
from tests.cli.terminal import llmpick as at_terminal

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pty")


@pytest.mark.parametrize(
    ("arguments", "next_one"),
    [
        ("fit qwen3:8b --gpu L40S:2", "llmpick recommend --gpu L40S:2 --model qwen3:8b"),
        ("fit Qwen/Qwen3-235B-A22B --gpu L4", "--why-not --gpu L4 --model Qwen/Qwen3-235B-A22B"),
        ("compare --gpu L4 --gpu H100:2", "llmpick recommend --gpu H100:2"),
        ("explain vllm --gpu L40S", "llmpick explain vllm --why-not --gpu L40S"),
        ("explain vllm --why-not --rules article", "llmpick recommend --rules article"),
        ("models coder", "llmpick fit Qwen/Qwen2.5-Coder-7B-Instruct"),
        ("probe", "llmpick recommend"),
        ("doctor", "llmpick recommend"),
        ("frameworks --lang zh", "llmpick explain llama.cpp · llmpick recommend"),
    ],
)
def test_the_answer_ends_with_it(llmpick: Run, arguments: str, next_one: str) -> None:
    with at_terminal(*arguments.split()) as terminal:
        terminal.ended()
        assert next_one in terminal.text
    piped = llmpick(*arguments.split()).out
    assert next_one not in piped
    assert "Next: " not in piped


def test_a_file_is_told_how_it_starts(tmp_path: Path) -> None:
    file = tmp_path / "serve.sh"
    options = ("--gpu", "L40S", "--model", "Qwen/Qwen3-8B", "--port", "8123", "-o", str(file))
    with at_terminal("launch", "vllm", *options) as terminal:
        assert terminal.ended() == 0
        assert "llmpick verify http://127.0.0.1:8123" in terminal.text.replace("\n", "")


def test_options_are_carried_on_and_quoted() -> None:
    asked = Asked(
        gpu=["RTX 4090:2", "$(x)"], model="a'b c", offline=True, need=["vision"], concurrency=9
    )
    words = same(asked, "need", model="other one")
    assert words == [
        *("--gpu", "RTX 4090:2", "--gpu", "$(x)", "--concurrency", "9"),
        *("--model", "other one", "--offline"),
    ]
    if sys.platform != "win32":
        assert shlex.split(line(("fit", *same(asked))))[2:] == same(asked)
    assert "\x1b" not in line(("fit", "\x1b[31m"))
