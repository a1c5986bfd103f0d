"""A model that cannot be served here is not the end of the answer."""

import subprocess
import sys

from recommender.devices.described import describe
from recommender.facts import Answer, Model, Workload
from recommender.models.catalogue import find_model
from recommender.pipeline import recommend


def _rules(answer: Answer) -> set[str | None]:
    return {problem.rule for problem in answer.problems}


def test_what_fits_nowhere_gets_the_largest_that_does_and_says_so() -> None:
    board = describe([], ram_gib=8, os="debian-12", arch="aarch64", cpu="Raspberry Pi 5")
    huge = Model(id="acme/huge-GGUF", params=70_000_000_000, format="gguf", quantization="q4_k_m")
    answer = recommend(board, Workload(use_case="edge"), huge)
    assert "model.does-not-fit" in _rules(answer)
    assert answer.ranking[0].framework == "llama.cpp"
    assert answer.model is not None
    assert answer.model.id != huge.id
    assert all(item.fit and item.fit.fits for item in answer.ranking)


def test_a_checkpoint_that_no_engine_computes_gives_way_to_its_base() -> None:
    npus = describe(["Ascend 910B3:8"], ram_gib=512, os="openeuler-22.03", arch="aarch64")
    fp8, _ = find_model("Qwen/Qwen3-14B-FP8")
    answer = recommend(npus, Workload(use_case="domestic", concurrency=16), fp8)
    assert "model.base-instead" in _rules(answer)
    assert answer.model is not None
    assert answer.model.id == "Qwen/Qwen3-14B"
    assert answer.ranking[0].device


def test_a_build_of_as_many_bits_comes_before_the_base() -> None:
    npus = describe(["Ascend 910B3:8"], ram_gib=512, os="openeuler-22.03", arch="aarch64")
    fp8, _ = find_model("Qwen/Qwen3-32B-FP8")
    answer = recommend(npus, Workload(use_case="domestic", concurrency=16), fp8)
    assert "model.build-instead" in _rules(answer)
    fit = answer.ranking[0].fit
    assert fit is not None
    assert fit.quantization == "w8a8-modelslim"


def test_a_smaller_build_serves_where_neither_the_model_nor_its_base_fits() -> None:
    gpu = describe(["RTX 4090"], ram_gib=32, os="ubuntu-24.04", driver="580")
    large, _ = find_model("Qwen/Qwen3-32B-FP8")
    answer = recommend(gpu, Workload(use_case="production", concurrency=2), large)
    fit = answer.ranking[0].fit
    assert fit is not None
    assert (fit.weights_gib or 0) < 24


def test_a_checkpoint_that_is_served_stays() -> None:
    gpus = describe(["H100 SXM 80GB"], ram_gib=256, os="ubuntu-24.04")
    fp8, _ = find_model("Qwen/Qwen3-32B-FP8")
    answer = recommend(gpus, Workload(use_case="production", concurrency=32), fp8)
    assert not _rules(answer) & {"model.base-instead", "model.does-not-fit"}
    fit = answer.ranking[0].fit
    assert fit is not None
    assert fit.model == fp8.id


def test_a_gguf_file_is_not_replaced_by_its_base() -> None:
    npus = describe(["Ascend 910B3:8"], ram_gib=512, os="openeuler-22.03", arch="aarch64")
    gguf, _ = find_model("unsloth/Qwen3-8B-GGUF:Q4_K_M")
    answer = recommend(npus, Workload(), gguf)
    assert "model.base-instead" not in _rules(answer)


def test_a_script_learns_by_the_exit_code_that_its_model_runs_nowhere() -> None:
    command = [sys.executable, "-m", "recommender", "recommend", "--ram", "8", "-o", "name"]
    done = subprocess.run(
        [*command, "--model", "deepseek-ai/DeepSeek-R1"], capture_output=True, check=False
    )
    assert done.returncode == 3
