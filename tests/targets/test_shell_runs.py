"""The script for a POSIX shell, run by a real one with programs that write down their words."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from recommender.facts import Model
from recommender.facts.noun import changed
from recommender.facts.plan import Plan
from recommender.launch.variables import written
from recommender.targets import docker, shell
from tests.targets.described import MODELS, plan

pytestmark = pytest.mark.skipif(shutil.which("sh") is None, reason="there is no POSIX shell here")

RECORD = """#!{python}
import json, os, sys
with open({file!r}, "a") as file:
    keys = ("HEAD_IP", "VLLM_API_KEY", "OLLAMA_HOST")
    kept = {{key: os.environ[key] for key in keys if key in os.environ}}
    file.write(json.dumps([os.path.basename(sys.argv[0]), sys.argv[1:], kept]) + "\\n")
"""
ASKS_ONCE_UP = """#!/bin/sh
grep -q serve record 2>/dev/null || exit 7
echo '["curl", ["-fsS"], {}]' >>record
"""
HOSTILE = [
    "it's",
    'a "quoted" one',
    "two\nlines",
    "$(touch pwned)",
    "`touch pwned`",
    "100%s",
    "$HOME",
    "* ?",
    "a;b|c&d>e",
    "\\back\\slash",
    "-v",
    "ünï\u3000code",
]


def _run(script: str, folder: Path, programs: list[str], **variables: str) -> list[list[object]]:
    record = folder / "record"
    for name in programs:
        stub = folder / name
        stub.parent.mkdir(parents=True, exist_ok=True)
        stub.write_text(RECORD.format(python=sys.executable, file=str(record)), encoding="utf-8")
        stub.chmod(0o755)
    environment = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", **variables}
    subprocess.run(
        ["sh"], input=script.encode(), cwd=folder, env=environment, check=True, timeout=60
    )
    return [json.loads(line) for line in record.read_text(encoding="utf-8").splitlines()]


def _named(made: Plan, name: str) -> Plan:
    """The plan of a model with another name."""
    server = changed(
        made.server, argv=tuple(name if w == made.model else w for w in made.server.argv)
    )
    return changed(made, model=name, install=(), prepare=(), processes=(server,))


@pytest.mark.parametrize("name", HOSTILE)
def test_every_word_arrives_as_it_is(name: str, tmp_path: Path) -> None:
    made = _named(plan("vllm", "H100 80GB", "Qwen/Qwen3-8B"), name)
    calls = _run(shell.write(made), tmp_path, [".venv-vllm/bin/vllm"])
    assert calls == [["vllm", list(made.server.argv[1:]), {}]]
    assert not (tmp_path / "pwned").exists()


@pytest.mark.parametrize("name", HOSTILE)
def test_every_word_arrives_in_the_container(name: str, tmp_path: Path) -> None:
    made = _named(plan("vllm", "H100 80GB", "Qwen/Qwen3-8B", methods=("docker",)), name)
    (_, words, _), *more = _run(docker.write(made), tmp_path, ["docker"])
    assert not more
    assert isinstance(words, list)
    assert tuple(words[-len(made.server.argv) :]) == made.server.argv


@pytest.mark.parametrize("name", [*HOSTILE[:2], *HOSTILE[3:-2], HOSTILE[-1]])
@pytest.mark.parametrize(
    ("framework", "program", "option"),
    [
        ("vllm", ".venv-vllm/bin/vllm", "--served-model-name"),
        ("sglang", ".venv-sglang/bin/sglang", "--served-model-name"),
        ("lmdeploy", ".venv-lmdeploy/bin/lmdeploy", "--model-name"),
        ("llama.cpp", ".conda-llama-cpp/bin/llama-server", "--alias"),
    ],
)
def test_a_served_name_is_one_word(
    framework: str, program: str, option: str, name: str, tmp_path: Path
) -> None:
    made = plan(framework, "H100 80GB", "Qwen/Qwen3-8B", served_name=name)
    script = shell.write(changed(made, install=(), prepare=()))
    ((_, words, _),) = _run(script, tmp_path, [program])
    assert isinstance(words, list)
    assert words[words.index(option) + 1] == name
    assert not (tmp_path / "pwned").exists()


@pytest.mark.parametrize(("rank", "role"), [("0", "server"), ("1", "worker")])
def test_each_machine_runs_the_command_of_its_rank(rank: str, role: str, tmp_path: Path) -> None:
    made = plan("vllm", "H100 80GB:8", "deepseek-ai/DeepSeek-V3", nodes=2)
    told = {"HEAD_IP": "10.0.0.7", "NODE_RANK": rank}
    script = shell.write(changed(made, install=(), prepare=()))
    calls = _run(script, tmp_path, [".venv-vllm/bin/vllm"], **told)
    (process,) = made.of(role)
    wanted = [written(word, str, told.__getitem__) for word in process.argv]
    assert [call[1] for call in calls] == [wanted[1:]]


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize(("rank", "role"), [("0", "server"), ("1", "worker")])
def test_every_word_arrives_on_each_of_several_machines(
    rank: str, role: str, name: str, tmp_path: Path
) -> None:
    made = plan("vllm", "H100 80GB:8", "deepseek-ai/DeepSeek-V3", nodes=2)
    processes = tuple(
        changed(item, argv=tuple(name if word == made.model else word for word in item.argv))
        for item in made.processes
    )
    named = changed(made, model=name, install=(), prepare=(), processes=processes)
    told = {"HEAD_IP": "10.0.0.7", "NODE_RANK": rank}
    calls = _run(shell.write(named), tmp_path, [".venv-vllm/bin/vllm"], **told)
    (process,) = named.of(role)
    wanted = [written(word, str, told.__getitem__) for word in process.argv]
    assert [call[1] for call in calls] == [wanted[1:]]
    assert name in wanted


def test_without_the_address_of_the_head_nothing_starts(tmp_path: Path) -> None:
    made = plan("vllm", "H100 80GB:8", "deepseek-ai/DeepSeek-V3", nodes=2)
    done = subprocess.run(
        ["sh"], input=shell.write(made), cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "HEAD_IP: the address of the first machine" in done.stderr


def test_the_model_is_loaded_when_the_server_is_up(tmp_path: Path) -> None:
    made = changed(plan("ollama", "RTX 4090", "Qwen/Qwen3-8B"), install=())
    (tmp_path / "curl").write_text(ASKS_ONCE_UP, encoding="utf-8")
    (tmp_path / "curl").chmod(0o755)
    calls = _run(shell.write(made), tmp_path, ["ollama"])
    by_name = [(name, words[0] if isinstance(words, list) else "") for name, words, _ in calls]
    assert ("ollama", "serve") in by_name
    assert by_name.index(("curl", "-fsS")) < by_name.index(("ollama", "pull"))


def test_another_server_on_its_port_is_not_taken_for_it(tmp_path: Path) -> None:
    made = changed(plan("ollama", "RTX 4090", "Qwen/Qwen3-8B"), install=())
    for name in ("ollama", "curl"):
        (tmp_path / name).write_text(f"#!/bin/sh\necho $1 >>{name}.called\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    done = subprocess.run(
        ["sh"],
        input=shell.write(made).encode(),
        cwd=tmp_path,
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        check=False,
        timeout=30,
    )
    assert done.returncode == 1
    assert b"port 11434 is taken" in done.stderr
    assert not (tmp_path / "ollama.called").exists()


def test_the_service_of_an_installer_is_ended(tmp_path: Path) -> None:
    made = plan("ollama", "RTX 4090", "Qwen/Qwen3-8B")
    ending = [
        command.raw for command in made.install if "disable --now ollama" in (command.raw or "")
    ]
    assert len(ending) == 1
    for active in (True, False):
        record = tmp_path / f"record{active}"
        stub = f'#!/bin/sh\n[ $1 = disable ] || exit {0 if active else 3}\necho "$*" >>{record}\n'
        (tmp_path / "systemctl").write_text(stub, encoding="utf-8")
        (tmp_path / "sudo").write_text('#!/bin/sh\nexec "$@"\n', encoding="utf-8")
        for name in ("systemctl", "sudo"):
            (tmp_path / name).chmod(0o755)
        path = f"{tmp_path}:{os.environ['PATH']}"
        subprocess.run(
            ["sh", "-euc", ending[0] or ""], env={**os.environ, "PATH": path}, check=True
        )
        assert record.exists() is active


def test_a_load_that_fails_leaves_no_server_behind(tmp_path: Path) -> None:
    server = tmp_path / "ollama"
    server.write_text("#!/bin/sh\n[ $1 = serve ] || exit 7\necho $$ >pid\nexec sleep 60\n")
    (tmp_path / "curl").write_text("#!/bin/sh\n[ -s pid ]\n")
    for program in ("ollama", "curl"):
        (tmp_path / program).chmod(0o755)
    made = changed(plan("ollama", "RTX 4090", "Qwen/Qwen3-8B"), install=())
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["sh"],
        input=shell.write(made).encode(),
        cwd=tmp_path,
        env=environment,
        check=False,
        timeout=30,
    )
    assert done.returncode == 7
    process = int((tmp_path / "pid").read_text(encoding="utf-8"))
    for _ in range(100):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            break
        time.sleep(0.05)
    else:
        pytest.fail("the server is still there")


def test_a_server_on_an_address_of_its_own_is_asked_there() -> None:
    made = plan("xinference", "H100 80GB:8", "Qwen/Qwen3-8B", nodes=2)
    asked = "until curl -fsS --noproxy '*' -o /dev/null http://\"${SUPERVISOR_IP}\":9997/status; do"
    assert asked in shell.write(made)


def test_an_unknown_model_with_a_path_is_one_word(tmp_path: Path) -> None:
    folder = Model(id="/models/my model", params=8_000_000_000, quantization="bf16")
    merged = changed(MODELS["Qwen/Qwen3-8B"], id=folder.id)
    made = plan("vllm", "H100 80GB", merged)
    (_, words, _), *_ = _run(shell.write(made), tmp_path, [".venv-vllm/bin/vllm"])
    assert isinstance(words, list)
    assert words[:2] == ["serve", "/models/my model"]


def test_the_model_is_there_before_the_server_starts(tmp_path: Path) -> None:
    made = changed(plan("vllm", "H100 80GB", "Qwen/Qwen3-8B"), install=())
    calls = _run(shell.write(made), tmp_path, [".venv-vllm/bin/hf", ".venv-vllm/bin/vllm"])
    (first, words, _), (second, *_) = calls
    assert (first, second) == ("hf", "vllm")
    assert words == ["download", "Qwen/Qwen3-8B", "--exclude", "original/*"]
