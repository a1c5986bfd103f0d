"""``recommend -i`` at a real terminal: questions, defaults, wrong answers, Ctrl-C."""

import json
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.cli.terminal import ROOT, Terminal
from tests.cli.terminal import llmpick as at_terminal

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pty")
MACHINE = ("--gpu", "L40S")


def test_enter_takes_every_default() -> None:
    with at_terminal("recommend", "-i", *MACHINE, "-o", "name") as terminal:
        shown = terminal.wait("[personal] > ")
        assert "Machine: L40S (45 GiB, 8.9)" in shown
        assert "17 personal: " in shown
        assert "17 personal: " in terminal.type("?\n", "[personal] > ")
        assert "up to 4 is light load, above 8 heavy" in terminal.type("\n", "[1] > ")
        assert "the largest that suits this machine and 1 at once" in terminal.type(
            "\n", "[Qwen/Qwen3-32B] > "
        )
        terminal.type("\n", "[balanced] > ")
        terminal.type("\n", "The same without questions: llmpick recommend --gpu L40S\n")
        assert terminal.ended() == 0
        assert terminal.text.rstrip().endswith("ollama")


def test_numbers_and_words_answer_and_wrong_ones_are_asked_again() -> None:
    with at_terminal("recommend", "--interactive", *MACHINE) as terminal:
        terminal.wait("[personal] > ")
        again = terminal.type("prodcution\n", "[personal] > ")
        assert "'prodcution' is none of these; did you mean production?" in again
        terminal.type("18\n", "[1] > ")
        assert "'0' is no number from 1 to 1000000" in terminal.type("0\n", "[1] > ")
        listed = terminal.type("50\n", "[Qwen/Qwen3-4B] > ").partition("Which model?")[2]
        assert "Qwen/Qwen3-1.7B" in listed
        assert "Qwen/Qwen3-8B" not in listed
        assert "none of these has 99b" in terminal.type("99b\n", "[Qwen/Qwen3-4B] > ")
        again = terminal.type("foo[b]\n", "[Qwen/Qwen3-4B] > ")
        assert "foo[b] is not in the catalogue" in again
        terminal.type("8b\n", "[balanced] > ")
        terminal.type("Throughput\n", "The same without questions: ")
        command = terminal.wait("\n").strip()
        assert command == (
            "llmpick recommend --gpu L40S --use-case production --concurrency 50 "
            "--model Qwen/Qwen3-8B --priority throughput"
        )
        assert terminal.ended() == 0
        assert "production · 50 concurrent" in terminal.text
        assert "llmpick launch vllm" in terminal.text


def test_the_command_asks_the_same(llmpick: Run) -> None:
    """What the dialogue printed last gives the answer that the dialogue gave."""
    with at_terminal("recommend", "-i", *MACHINE, "-o", "name", "--need", "vision") as terminal:
        terminal.wait("[personal] > ")
        terminal.type("latency\n", "[1] > ")
        terminal.type("\n", "Which model?")
        terminal.type("Qwen/Qwen3-14B\n", "[balanced] > ")
        terminal.type("2\n", "llmpick recommend ")
        command = terminal.wait("\n")
        assert terminal.ended() == 0
        pick = terminal.text.split()[-1]
    assert llmpick("recommend", *command.split(), "-o", "name").out.strip() == pick


def test_options_are_not_asked_for_and_chinese_is_spoken() -> None:
    options = ("--use-case", "chat", "--concurrency", "1", "--model", "qwen3:8b", "--lang", "zh")
    with at_terminal("recommend", "-i", *MACHINE, *options, "-o", "name") as terminal:
        shown = terminal.wait("[balanced] > ")
        assert "机器：L40S" in shown
        assert "最看重什么" in shown
        assert "用来做什么" not in shown
        assert "'x' 不在其中" in terminal.type("x\n", "[balanced] > ")
        terminal.type("\n", "llmpick recommend --gpu L40S --use-case chat")
        assert "等价的一行命令" in terminal.text
        assert terminal.ended() == 0


def test_standard_output_has_the_answer_alone(tmp_path: Path) -> None:
    out = tmp_path / "answer.json"
    line = f'"{sys.executable}" -m recommender recommend -i --gpu L40S -o json > "{out}"'
    command = ["/bin/sh", "-c", line]
    with Terminal(command, LLMPICK_LANG="en", PYTHONPATH=str(ROOT)) as terminal:
        for prompt in ("[personal] > ", "[1] > ", "[Qwen/Qwen3-32B] > ", "[balanced] > "):
            terminal.wait(prompt)
            terminal.type("\n", "\n")
        assert terminal.ended() == 0
    assert json.loads(out.read_text(encoding="utf-8"))["ranking"][0]["framework"] == "ollama"


@pytest.mark.parametrize("key", ["\x03", "\x04"])
def test_ctrl_c_and_ctrl_d_end_cleanly(key: str) -> None:
    with at_terminal("recommend", "-i", *MACHINE) as terminal:
        terminal.wait("[personal] > ")
        terminal.type("\n", "[1] > ")
        terminal.type(key, "\n")
        assert terminal.ended() == 130
        assert "Traceback" not in terminal.text


def test_without_a_terminal_it_says_what_to_give(llmpick: Run) -> None:
    done = llmpick("recommend", "-i", *MACHINE)
    assert (done.code, done.out) == (2, "")
    assert "asks at a terminal" in done.err
    assert "--use-case" in done.err
    assert len(done.err.splitlines()) == 1
    assert "--interactive 需要在终端" in llmpick("recommend", "-i", "--lang", "zh").err
