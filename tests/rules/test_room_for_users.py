"""Which build is taken where the wished users find no room in the first one."""

from recommender.devices.described import describe
from recommender.facts import Fit, Workload
from recommender.models.catalogue import find_model
from recommender.pipeline import as_asked

PAIR, MODEL = "RTX 4090:2", "Qwen/Qwen3-32B"


def _fits(
    users: int, gpu: str = PAIR, model: str = MODEL, priority: str | None = None
) -> dict[str, Fit]:
    found, _ = find_model(model, None, None)
    workload = Workload(use_case="production", concurrency=users, priority=priority)
    answer = as_asked(describe([gpu]), workload, found)
    return {item.framework: item.fit for item in answer.ranking if item.fit}


def test_more_users_are_never_served_fewer_at_once() -> None:
    held = [_fits(users) for users in (2, 4, 8, 9, 10, 20, 40)]
    for framework in held[0]:
        counts = [fits[framework].concurrent_requests or 0 for fits in held]
        assert counts == sorted(counts), framework


def test_the_build_that_holds_most_is_taken_where_none_holds_all() -> None:
    fit = _fits(20)["vllm"]
    assert fit.quantization == "awq-int4"
    assert (fit.concurrent_requests or 0) >= 8


def test_what_was_asked_for_stays_where_it_serves_several_and_the_other_is_named() -> None:
    fit = _fits(20, "H100 SXM")["vllm"]
    assert (fit.build, fit.quantization) == ("own", "bf16")
    assert "Qwen/Qwen3-32B-FP8" in (fit.alternative or "")


def test_quality_waits_rather_than_lose_bits() -> None:
    assert _fits(20, priority="quality")["vllm"].quantization == "fp8"


def test_a_model_named_in_a_format_stays_in_it() -> None:
    assert _fits(20, model="Qwen/Qwen3-32B-FP8")["vllm"].model == "Qwen/Qwen3-32B-FP8"
