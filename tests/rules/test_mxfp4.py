"""Experts that were published in MXFP4 have no K-quants: no command names a file that is not."""

import pytest

from recommender.devices.described import describe
from recommender.facts import Workload
from recommender.models.catalogue import find_model
from recommender.pipeline import recommend


@pytest.mark.parametrize(
    ("gpu", "ram"), [("M4 Max 64GB", None), ("RTX 4090", 32.0), ("RTX 3060 12GB", 64.0)]
)
@pytest.mark.parametrize("name", ["openai/gpt-oss-120b", "openai/gpt-oss-20b"])
def test_no_k_quant_of_mxfp4_is_offered(name: str, gpu: str, ram: float | None) -> None:
    model, _ = find_model(name)
    answer = recommend(describe([gpu], ram_gib=ram), Workload(), model)
    for item in answer.ranking:
        assert item.fit is not None
        if "gpt-oss" in str(item.fit.model):
            assert item.fit.quantization in {"mxfp4", "mxfp4_moe", "mlx-4bit", "mlx-8bit"}


def test_the_build_that_is_named_is_the_one_that_is_served() -> None:
    model, _ = find_model("openai/gpt-oss-120b")
    answer = recommend(describe(["M4 Max 64GB"]), Workload(use_case="agents"), model)
    rules = {problem.rule for problem in answer.problems}
    assert "model.build-instead" not in rules
    assert "model.does-not-fit" in rules
