"""Completion: what may stand at the cursor, and real shells that ask for it."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.cli.terminal import Terminal, program

_COMPLETE = "__complete"


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("reco",), ["recommend"]),
        (("knowledge", ""), ["validate", "status", "refresh"]),
        (("recommend", "--use-case", "p"), ["personal", "production"]),
        (("recommend", "--use-case=p"), ["--use-case=personal", "--use-case=production"]),
        (("recommend", "--conc"), ["--concurrency"]),
        (("recommend", "--priority", "LAT"), ["latency"]),
        (("recommend", "--need", "vision", "--need", "struct"), ["structured-output"]),
        (("fit", "Qwen/Qwen3-8"), ["Qwen/Qwen3-8B"]),
        (("fit", "qwen3:8"), ["qwen3:8b"]),
        (("fit", "Qwen3-8B-"), []),
        (("fit", "qwen3:8b", "--gpu", "RTX 4090 "), ["RTX 4090 D", "RTX 4090 Laptop"]),
        (("launch", "tens"), ["tensorrt-llm", "tensorrt-edge-llm"]),
        (("launch", "vllm", "--target", "k"), ["kubernetes"]),
        (("launch", "vllm", "--output", ""), []),
        (("doctor", "vllm", "sg"), ["sglang"]),
        (("explain", "vllm", ""), []),
        (("schema", "m"), ["machine", "measurement", "model"]),
        (("completion", ""), ["bash", "zsh", "fish", "powershell"]),
        (("frameworks", "--lang", ""), ["en", "zh"]),
        (("verify", "--output", "t"), ["table"]),
        (("--lang", "zh", "prob"), ["probe"]),
        (("nonsense", "x"), []),
    ],
)
def test_words_that_may_follow(llmpick: Run, words: tuple[str, ...], found: list[str]) -> None:
    done = llmpick(_COMPLETE, "fish", *words)
    assert done.code == 0
    assert [line.partition("\t")[0] for line in done.out.splitlines()] == found


def test_what_was_given_is_not_offered_again(llmpick: Run) -> None:
    found = llmpick(_COMPLETE, "fish", "recommend", "--gpu", "L40S", "--offline", "--").out
    names = [line.partition("\t")[0] for line in found.splitlines()]
    assert "--gpu" in names  # repeatable
    assert "--offline" not in names
    assert "--help" in names


def test_words_come_with_what_they_mean(llmpick: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    line = (_COMPLETE, "fish", "recommend", "--use-case", "prod")
    assert llmpick(*line).out == "production\tproduction service for many users\n"
    monkeypatch.setenv("LLMPICK_LANG", "zh")
    assert llmpick(*line).out == "production\t高并发生产服务\n"
    monkeypatch.setenv("LLMPICK_LANG", "xx")
    assert llmpick(*line).out == "production\tproduction service for many users\n"


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("llmpick fit qwen3:8", "8b"),
        ("llmpick recommend --use-case=prod", "production"),
        ("llmpick recommend --gpu RTX\\ 4090\\ D", "RTX\\ 4090\\ D"),
        ("llmpick recommend --gpu 'RTX 4090 D", "RTX 4090 D"),
        ('llmpick recommend --gpu "RTX 409', "RTX 4090\nRTX 4090 D\nRTX 4090 Laptop"),
        ('llmpick recommend --gpu "RX 79', "RX 7900 XTX\nRX 7900 XT\nRX 7900 GRE"),
        ('llmpick recommend --gpu "RTX 4090 D', "RTX 4090 D"),
    ],
)
def test_bash_gets_the_part_that_it_takes_for_the_word(llmpick: Run, line: str, found: str) -> None:
    assert llmpick(_COMPLETE, "bash", line).out == f"{found}\n"


def test_a_name_of_one_maker_does_not_hide_those_of_another(llmpick: Run) -> None:
    found = llmpick(_COMPLETE, "bash", 'llmpick recommend --gpu "RTX 40').out.splitlines()
    assert {"RTX 4000 Ada", "RTX 4090", "RTX 4060"} <= set(found)


def test_powershell_gets_words_that_it_reads_as_one(llmpick: Run) -> None:
    words = ("=recommend", "=--gpu", "=RTX 4090 D")
    assert llmpick(_COMPLETE, "powershell", *words).out == "'RTX 4090 D'\tGeForce RTX 4090 D\n"
    assert "begun" in llmpick("completion", "powershell").out


@pytest.mark.parametrize(
    ("shell", "start"),
    [
        (("bash", "--norc", "--noprofile", "-i"), ""),
        (("zsh", "-f", "-i"), "autoload -Uz compinit; compinit -u -D; "),
    ],
)
def test_a_real_shell(tmp_path: Path, shell: tuple[str, ...], start: str) -> None:
    if not shutil.which(shell[0]):
        pytest.skip(f"{shell[0]} is not installed")
    load = f'{start}eval "$(llmpick completion {shell[0]})"; echo rea""dy\n'
    with Terminal(shell, **program(tmp_path)) as terminal:
        terminal.type(load, "ready")
        terminal.type("llmpick recommend --use-case prod\t", "production ")
        terminal.type("\x15llmpick fit qwen3:0\t", "qwen3:0.6b ")
        terminal.type("\x15llmpick recommend --gpu 'RTX 4090 D\t", "'RTX 4090 D' ")
        assert "skypilot" in terminal.type("\x15llmpick launch --target \t\t", "systemd")


@pytest.mark.skipif(not shutil.which("fish"), reason="fish is not installed")
def test_a_real_fish(tmp_path: Path) -> None:
    ask = (
        "llmpick completion fish | source; complete -C 'llmpick recommend --use-case prod'; "
        "complete -C 'llmpick fit qwen3:8'; complete -C 'llmpick recommend --gpu \"RTX 4090 D'"
    )
    done = subprocess.run(
        ["fish", "--no-config", "-c", ask],
        env={**program(tmp_path), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == [
        "production\tproduction service for many users",
        "qwen3:8b\tQwen/Qwen3-8B",
        "RTX 4090 D\tGeForce RTX 4090 D",
    ]


@pytest.mark.skipif(not shutil.which("pwsh"), reason="PowerShell is not installed")
def test_a_real_powershell(tmp_path: Path) -> None:
    line = "llmpick recommend --use-case prod"
    ask = (
        "llmpick completion powershell | Out-String | Invoke-Expression; "
        f"(TabExpansion2 '{line}' {len(line)}).CompletionMatches.CompletionText"
    )
    command = ["pwsh", "-NoProfile", "-Command", ask]
    done = subprocess.run(
        command, env=program(tmp_path), capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "production"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_the_script_says_where_to_put_it(llmpick: Run, shell: str) -> None:
    done = llmpick("completion", shell)
    assert done.code == 0
    assert f"llmpick completion {shell}" in "\n".join(done.out.splitlines()[:3])
