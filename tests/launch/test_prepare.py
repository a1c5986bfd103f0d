"""What is fetched ahead of a server: repositories alone, from the hub that is meant, or nothing."""

from dataclasses import replace

import pytest

from recommender.facts import Workload
from recommender.facts.plan import Opening
from recommender.targets import slurm
from tests.launch.grounds import NAMES, SMALL, grounds, made
from tests.targets.described import plan

FETCHING = ["vllm", "sglang", "lmdeploy", "tensorrt-llm"]


def _fetched(framework: str, model: str = SMALL.id, **work: object) -> list[tuple[str, ...]]:
    workload = Workload(install="pip", **work)  # type: ignore[arg-type]  # the caller's fields
    named = replace(SMALL, id=model)
    whole = plan(framework, "H100 80GB", named, os="linux", workload=workload)
    return [command.argv[1:] for command in whole.prepare]


@pytest.mark.parametrize("framework", FETCHING)
def test_a_repository_is_fetched(framework: str) -> None:
    assert _fetched(framework) == [("download", SMALL.id, "--exclude", "original/*")]


@pytest.mark.parametrize("framework", FETCHING[:3])
def test_in_china_it_comes_from_modelscope(framework: str) -> None:
    assert _fetched(framework, region="CN") == [("download", SMALL.id)]


@pytest.mark.parametrize("framework", FETCHING)
@pytest.mark.parametrize("model", ["/models/qwen", "./models/qwen", "~/qwen", "../a b"])
def test_a_folder_is_not(framework: str, model: str) -> None:
    assert _fetched(framework, model) == []


@pytest.mark.parametrize("framework", FETCHING)
@pytest.mark.parametrize("region", [None, "CN"])
def test_without_a_network_nothing_is(framework: str, region: str | None) -> None:
    assert _fetched(framework, offline=True, region=region) == []


@pytest.mark.parametrize("name", NAMES, ids="-".join)
def test_the_program_is_that_of_the_environment_of_the_server(name: tuple[str, str]) -> None:
    for ground in grounds(*name):
        whole = made(ground, Opening())
        words = [*whole.server.argv, *(word for line in whole.install for word in line.argv)]
        for command in whole.prepare:
            folder = command.argv[0].removesuffix("hf").removesuffix("modelscope")
            assert folder.endswith("/bin/")
            assert any(word.startswith(folder.removesuffix("/bin/")) for word in words), words
            assert whole.hardware.os == "linux"


def test_a_batch_script_says_it_for_the_login_node() -> None:
    whole = plan("vllm", "H100 80GB", SMALL, os="linux", methods=("pip",))
    said = "#   .venv-vllm/bin/hf download Qwen/Qwen3-8B --exclude 'original/*'\n"
    assert said in slurm.write(whole)
