"""FP8 is not FP8: scales of blocks where a platform wants one a tensor."""

import pytest

from recommender.devices.described import describe
from recommender.facts import Answer, Workload
from recommender.models.catalogue import find_model
from recommender.pipeline import as_asked

PER_TENSOR = ["L40S", "RTX 4090:2", "RTX 5090"]


def _answer(model: str, gpu: str) -> Answer:
    found, _ = find_model(model, None, None)
    work = Workload(use_case="production", concurrency=20)
    return as_asked(describe([gpu]), work, found, frameworks=["tensorrt-llm"])


@pytest.mark.parametrize("gpu", PER_TENSOR)
def test_builds_in_blocks_are_not_taken_where_scales_are_per_tensor(gpu: str) -> None:
    fit = _answer("Qwen/Qwen3-32B", gpu).ranking[0].fit
    assert fit is not None
    assert fit.quantization != "fp8"


@pytest.mark.parametrize("gpu", PER_TENSOR)
def test_a_model_asked_for_in_blocks_is_refused_there(gpu: str) -> None:
    answer = _answer("Qwen/Qwen3-32B-FP8", gpu)
    assert not answer.ranking
    assert answer.rejected[0].reasons[0].rule == "trtllm.cuda.block-fp8"


def test_blocks_load_on_hopper_and_scales_of_tensors_everywhere() -> None:
    for model, gpu in (
        ("Qwen/Qwen3-32B-FP8", "H100 SXM"),
        ("nvidia/Llama-3.1-8B-Instruct-FP8", "L40S"),
    ):
        found = _answer(model, gpu).ranking[0]
        assert found.fit is not None
        assert found.fit.quantization == "fp8"
        assert "trtllm.cuda.scales-unknown" not in {one.rule for one in found.warnings}


def test_scales_that_nobody_told_are_warned_about() -> None:
    found = _answer("someone/some-8B-FP8", "L40S").ranking[0]
    assert "trtllm.cuda.scales-unknown" in {one.rule for one in found.warnings}
