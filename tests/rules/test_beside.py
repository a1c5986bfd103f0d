"""Challengers and layers: named where they fit, ranked on demand, never instead."""

import pytest

from recommender.facts import Answer, Workload
from recommender.knowledge import load
from recommender.pipeline import recommend
from tests.rules.asked import question

CHALLENGERS = [head.id for head in load().challenger_heads if head.role == "challenger"]
LAYERS = [head.id for head in load().challenger_heads if head.role == "layer"]


def _asked(gpu: str, work: Workload | None = None, include: tuple[str, ...] = ()) -> Answer:
    return recommend(question([gpu]).machine, work or Workload(), include=include)


def test_there_are_challengers_and_layers() -> None:
    assert set(CHALLENGERS) >= {"mlx-lm", "vllm-mlx", "mindie", "openvino", "ktransformers"}
    assert set(CHALLENGERS) >= {"tensorrt-edge-llm", "lemonade"}
    assert set(LAYERS) == {"gpustack", "dynamo", "llm-d"}


@pytest.mark.parametrize(
    ("gpu", "use_case", "users", "named"),
    [
        ("M4 Max 128GB", "personal", 1, "mlx-lm"),
        ("M4 Max 128GB", "local-api", 16, "vllm-mlx"),
        ("Ascend 910B3:8", "production", 20, "mindie"),
        ("Jetson AGX Orin 64GB", "edge", 1, "tensorrt-edge-llm"),
    ],
)
def test_an_expert_names_it_there(gpu: str, use_case: str, users: int, named: str) -> None:
    answer = _asked(gpu, Workload(use_case=use_case, concurrency=users))
    assert named in {item.framework for item in answer.also_consider}
    assert named not in {item.framework for item in answer.ranking}
    assert named not in {item.framework for item in answer.rejected}


def test_a_plain_server_calls_for_no_challenger_of_other_hardware() -> None:
    named = {item.framework for item in _asked("H100 80GB").also_consider}
    assert not named & {"mlx-lm", "vllm-mlx", "mindie", "openvino", "lemonade"}


@pytest.mark.parametrize(
    "gpu",
    [
        *("M4 Max 128GB", "M2 16GB", "Ascend 910B3:8", "Ascend 310P3", "Arc B580", "Arc Pro B60"),
        *("Strix Halo 128GB", "Jetson AGX Orin 64GB", "DGX Spark", "RTX 4090", "H100 80GB:8"),
        *("none", "MI300X:8", "Gaudi 3:8"),
    ],
)
def test_what_is_named_can_run(gpu: str) -> None:
    named = [item for item in _asked(gpu).also_consider if item.role == "challenger"]
    included = tuple(item.framework for item in named)
    ranked = {item.framework for item in _asked(gpu, include=included).ranking}
    assert set(included) <= ranked


def test_included_challengers_are_ranked_and_no_longer_named() -> None:
    answer = _asked("M4 Max 128GB", include=("mlx-lm",))
    ranked = {item.framework: item for item in answer.ranking}
    assert ranked["mlx-lm"].launch
    assert "mlx-lm" not in {item.framework for item in answer.also_consider}
    assert "article" not in {reason.layer for reason in ranked["mlx-lm"].reasons}


def test_the_article_knows_no_challengers() -> None:
    machine = question(["M4 Max 128GB"]).machine
    assert recommend(machine, Workload(), rules="article").also_consider == ()


def test_layers_come_over_others() -> None:
    for layer in LAYERS:
        framework = load().framework(layer)
        assert framework.over
        assert framework.article is None
        assert all(method.serve for p in framework.platforms for method in p.methods.values())
