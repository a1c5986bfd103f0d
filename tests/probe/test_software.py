"""What is installed: folders of packages, programs on the path, container engines."""

import os
import re
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recommender.probe.software import python_arch, python_version
from tests.probe.conftest import Root

Probed = Callable[..., dict[str, Any]]
Program = Callable[[str, str], Path]


@pytest.mark.parametrize(
    ("name", "output", "key", "version"),
    [
        ("llama-server", "version: 0.7.0 (build 11669)", "llama.cpp", "11669"),
        ("llama-server", "version: 4567 (abcdef12)", "llama.cpp", "4567"),
        ("ollama", "ollama version is 0.14.2", "ollama", "0.14.2"),
        ("ollama", "Warning: client version is 0.14.2", "ollama", "0.14.2"),
        ("text-generation-launcher", "text-generation-launcher 3.3.6", "tgi", "3.3.6"),
    ],
)
def test_programs_tell_their_version(
    probed: Probed, program: Program, name: str, output: str, key: str, version: str
) -> None:
    machine = probed(path=program(name, f"echo '{output}' >&2"))
    assert machine["software"]["installed"] == {key: version}


@pytest.mark.parametrize("script", ["exit 1", "kill -SEGV $$", "echo garbage", "exec yes"])
def test_a_program_that_does_not_tell_is_a_problem(
    probed: Probed, program: Program, script: str
) -> None:
    machine = probed(path=program("ollama", script))
    assert machine["software"]["installed"] == {}
    assert [problem["rule"] for problem in machine["problems"]] == ["probe.tool.version"]


def test_hanging_programs_are_ended_with_their_children(
    probed: Probed, program: Program, tmp_path: Path
) -> None:
    pids = tmp_path / "pids"
    script = f"sleep 60 & echo $$ $! >> {pids}; wait"
    program("llama-server", script)
    start = time.monotonic()
    machine = probed(path=program("ollama", script))
    assert time.monotonic() - start < 4
    assert len(machine["problems"]) == 2
    for pid in pids.read_text(encoding="utf-8").split():
        assert _ended(int(pid))


def _ended(pid: int) -> bool:
    for _ in range(100):
        try:
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
        except OSError:
            return True
        if re.search(r"\) [ZX] ", stat):
            return True
        time.sleep(0.01)
    return False


def test_packages_are_found_without_running_them(probed: Probed, tmp_path: Path) -> None:
    site = tmp_path / "env" / "lib" / "python3.12" / "site-packages"
    for name in ("vllm-0.33.0+cpu", "sglang-0.5.23", "tensorrt_llm-1.2.1", "vllm_ascend-0.18.0"):
        (site / f"{name}.dist-info").mkdir(parents=True)
    other = tmp_path / ".venv-old" / "lib" / "python3.11" / "site-packages"
    for name in ("vllm-0.8.0", "lmdeploy-0.12.0", "xinference-2.0.0"):
        (other / f"{name}.dist-info").mkdir(parents=True)
    machine = probed(VIRTUAL_ENV=tmp_path / "env")
    assert machine["software"]["installed"] == {
        "vllm": "0.33.0+cpu",
        "sglang": "0.5.23",
        "tensorrt-llm": "1.2.1",
        "lmdeploy": "0.12.0",
        "xinference": "2.0.0",
    }


def test_docker_needs_its_engine(root: Root, probed: Probed, program: Program) -> None:
    path = program("docker", "exit 1")
    assert probed(path=path)["software"]["docker"] is False
    assert probed(path=path, DOCKER_HOST="tcp://10.0.0.1:2375")["software"]["docker"] is True
    (root.path / "var/run").mkdir(parents=True)
    with socket.socket(socket.AF_UNIX) as engine:
        engine.bind(os.fspath(root.path / "var/run/docker.sock"))
        assert probed(path=path)["software"]["docker"] is True
        assert probed()["software"]["docker"] is False


@pytest.mark.skipif(os.geteuid() == 0, reason="root may use every socket")
def test_docker_without_permission(root: Root, probed: Probed, program: Program) -> None:
    path = program("docker", "exit 1")
    root.file("var/run/docker.sock").path.joinpath("var/run/docker.sock").chmod(0)
    machine = probed(path=path)
    assert machine["software"]["docker"] is False
    assert [problem["rule"] for problem in machine["problems"]] == ["probe.docker.permission"]


def test_podman_is_a_program(probed: Probed, program: Program) -> None:
    path = program("podman", "exit 1")
    assert probed(path=path)["software"]["podman"] is True


def test_absent_is_what_shows_nowhere(root: Root, probed: Probed) -> None:
    root.file("opt/rocm/.info/version", "6.4.1\n")
    absent = probed(ASCEND_TOOLKIT_HOME="/opt/cann")["software"]["absent"]
    assert "nvidia_driver" in absent
    assert not {"rocm", "cann"} & set(absent)


def test_a_relative_folder_on_the_path_runs_nothing(
    probed: Probed, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = program("ollama", "echo ollama version is 6.6.6")
    monkeypatch.chdir(folder)
    machine = probed(path=Path())
    assert machine["software"]["installed"] == {}


def test_the_interpreter() -> None:
    assert re.fullmatch(r"3\.\d+\.\d+\S*", python_version())
    assert python_arch() not in {None, "", "amd64", "arm64"}
