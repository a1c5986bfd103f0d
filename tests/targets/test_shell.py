"""Scripts for a POSIX shell, read by ShellCheck and by shells."""

import os
import re
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from recommender.facts.plan import Key, Opening, Plan, Process
from recommender.targets import docker, shell
from tests.launch.test_commands import nvidia
from tests.targets.plans import HOSTILE, Named, every, hostile, plan, two_machines
from tests.targets.programs import done

METHODS = ("pip", "native", "docker")


def scripts(method: str) -> dict[Named, str]:
    """The scripts of machines that have a POSIX shell."""
    plans = every(method).items()
    return {name: shell.write(whole) for name, whole in plans if whole.hardware.os != "windows"}


def findings(texts: Iterable[str], folder: Path) -> str:
    """What ShellCheck has to say, which is nothing about a script that is right."""
    files = []
    for at, text in enumerate(texts):
        files.append(folder / f"{at}.sh")
        files[-1].write_text(text, encoding="utf-8")
    program = str(Path(sys.executable).with_name("shellcheck"))
    told = done([program, "--norc", "--format=gcc", *map(str, files)], {"LC_ALL": "C.UTF-8"})
    return told.stdout + told.stderr


@pytest.mark.parametrize("method", METHODS)
def test_shellcheck_finds_nothing_in_any_script(method: str, tmp_path: Path) -> None:
    texts = set(scripts(method).values())
    assert len(texts) > 40
    assert not findings(texts, tmp_path)


def test_shellcheck_does_find_what_is_wrong(tmp_path: Path) -> None:
    """So that its silence means something."""
    assert "SC2086" in findings(["#!/bin/sh\necho $HOME\n"], tmp_path)


@pytest.mark.parametrize("framework", ["vllm", "sglang"])
@pytest.mark.parametrize("method", ["pip", "docker"])
def test_shellcheck_finds_nothing_for_several_machines(
    framework: str, method: str, tmp_path: Path
) -> None:
    whole = two_machines(framework, method)
    assert not findings([shell.write(replace(whole, key=Key(env="VLLM_API_KEY")))], tmp_path)


def test_a_launcher_that_is_there_is_not_taken_for_what_is_installed() -> None:
    whole = two_machines("tensorrt-llm", "pip")
    assert whole.server.argv[0] == "mpirun"
    guard = next(line for line in shell.write(whole).splitlines() if "command -v" in line)
    (environment,) = [c.argv[-1] for c in whole.install if c.argv[:2] == ("uv", "venv")]
    assert guard == f"if ! command -v {environment}/bin/trtllm-serve >/dev/null 2>&1; then"


def test_the_target_docker_is_the_script_of_its_containers() -> None:
    whole = plan("vllm", nvidia(1), opening=Opening(methods=("docker",)))
    assert whole is not None
    assert docker.write(whole) == shell.write(whole)
    assert "docker run" in docker.write(whole)


def run(whole: Plan, folder: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """The script with the server's program in place, which prints its words; nothing is fetched."""
    program = whole.server.argv[0]
    path = folder / program
    path.parent.mkdir(parents=True)
    path.write_text('#!/bin/sh\nfor word; do printf "%s\\0" "$word"; done\n')
    path.chmod(0o755)
    return subprocess.run(
        ["/bin/sh"],
        input=shell.write(replace(whole, prepare=())),
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), **env},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("framework", ["vllm", "sglang", "lmdeploy"])
def test_a_hostile_name_comes_out_as_one_word(framework: str, tmp_path: Path) -> None:
    whole = hostile(framework, "pip")
    told = run(whole, tmp_path, {})
    assert told.returncode == 0, told.stderr
    assert told.stdout.split("\0")[:-1] == list(whole.server.argv[1:])
    assert HOSTILE in told.stdout.split("\0")
    assert not (tmp_path / "owned").exists()


def test_each_machine_runs_the_command_of_its_rank(tmp_path: Path) -> None:
    whole = two_machines("vllm", "pip")
    for rank in ("0", "1"):
        folder = tmp_path / rank
        told = run(whole, folder, {"HEAD_IP": "10.0.0.1", "NODE_RANK": rank})
        words = told.stdout.split("\0")[:-1]
        assert words[words.index("--node-rank") + 1] == rank
        assert words[words.index("--master-addr") + 1] == "10.0.0.1"
        assert ("--headless" in words) == (rank == "1")


def test_without_an_address_nothing_starts(tmp_path: Path) -> None:
    told = run(two_machines("vllm", "pip"), tmp_path, {})
    assert told.returncode != 0
    assert "HEAD_IP" in told.stderr


def test_without_its_key_nothing_starts(tmp_path: Path) -> None:
    whole = plan("vllm", nvidia(1), opening=Opening(methods=("pip",)))
    assert whole is not None
    guarded = replace(whole, key=Key(env="VLLM_API_KEY"))
    told = run(guarded, tmp_path / "without", {})
    assert told.returncode != 0
    assert "VLLM_API_KEY" in told.stderr
    assert run(guarded, tmp_path / "with", {"VLLM_API_KEY": "x"}).returncode == 0


def test_a_model_is_loaded_once_the_server_answers() -> None:
    whole = plan("ollama", nvidia(1), opening=Opening(methods=("native",)))
    assert whole is not None
    lines = shell.write(whole).splitlines()
    start, wait, load = (
        next(at for at, line in enumerate(lines) if re.search(pattern, line))
        for pattern in (r"ollama serve &$", r"^until curl", r"ollama pull")
    )
    assert start < wait < load
    assert isinstance(whole.of("load")[0], Process)


def test_a_server_whose_own_variable_is_called_api_key_is_asked_with_that_one() -> None:
    wish = Opening(methods=("docker",), exposed=True, guarded=True)
    whole = plan("tgi", nvidia(1), opening=wish)
    assert whole is not None
    assert whole.key == Key(env="API_KEY")
    text = shell.write(whole)
    assert ': "${API_KEY:?' in text
    assert '"${API_KEY}"' in text.split("Bearer")[1]
    assert "LLMPICK_API_KEY" not in text
