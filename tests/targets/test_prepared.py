"""What is fetched or converted ahead of a server stands in every kind of file."""

from pathlib import Path

import pytest

from recommender.facts.command import Command
from recommender.facts.noun import changed
from recommender.facts.plan import Opening, Plan
from recommender.targets.registry import TARGETS
from tests.launch.test_commands import nvidia
from tests.targets.plans import QWEN_8B, plan, two_machines
from tests.targets.test_systemd import commands

FETCH = "hf download Qwen/Qwen3-8B --exclude 'original/*'"
CONVERT = Command(argv=("tools/convert", "/models of $USER/a b", "--outfile", "a.gguf"))
CONVERTED = "tools/convert '/models of $USER/a b' --outfile a.gguf"


def made(target: str) -> Plan:
    methods = TARGETS[target].methods
    found = plan("vllm", nvidia(1), QWEN_8B, Opening(methods=methods))
    assert found is not None
    return found


@pytest.mark.parametrize("target", ["shell", "slurm", "skypilot"])
def test_a_program_fetches_the_model_ahead(target: str) -> None:
    assert f".venv-vllm/bin/{FETCH}\n" in TARGETS[target].write(made(target))


def test_where_machines_are_rented_every_one_fetches_it_once() -> None:
    import yaml

    task = yaml.safe_load(TARGETS["skypilot"].write(two_machines("vllm", "pip")))
    assert task["num_nodes"] == 2
    assert "hf download deepseek-ai/DeepSeek-V3" in task["setup"]
    assert "download" not in task["run"]


@pytest.mark.parametrize("several", [False, True])
def test_a_service_fetches_it_before_it_starts(tmp_path: Path, *, several: bool) -> None:
    whole = two_machines("vllm", "pip") if several else made("systemd")
    last = commands(whole, tmp_path)["ExecStartPre"][-1]
    assert last[0] == f"/opt/llmpick/{whole.name}/.venv-vllm/bin/hf"
    assert last[1:] == ["download", whole.model, "--exclude", "original/*"]


@pytest.mark.parametrize("target", ["docker", "compose", "quadlet", "kubernetes", "lws"])
def test_a_container_finds_what_was_prepared(target: str) -> None:
    whole = changed(made(target), prepare=(CONVERT,))
    (said,) = (line for line in TARGETS[target].write(whole).splitlines() if "convert" in line)
    assert said.removeprefix("#   ") == CONVERTED
