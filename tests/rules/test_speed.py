"""Speeds: units, what helps and what does not, and that unknown stays unknown."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.devices.catalogue import Spec, find
from recommender.facts import Accelerator, Model, Speed, Workload
from recommender.knowledge import document, load
from recommender.render.speed import speed_line
from recommender.rules.grouping import groups
from recommender.rules.ranking import decide
from recommender.rules.rates import Rates
from recommender.rules.roofline import Run, decode, output, prefill, run_of
from recommender.rules.speed import spec_of, speed
from recommender.words import Words
from tests.rules.asked import question

RATE: dict[str, Any] = {
    "engine": "here",
    "device": "gpu",
    "efficiency": 0.5,
    "layer_us": 0.0,
    "compute": 0.5,
    "spread": 1.25,
    "runs": 7,
}
DOCUMENT: dict[str, Any] = {
    "engines": {"made-up": "here"},
    "devices": [{"id": "gpu", "vendor": "nvidia"}],
    "slow_hosts": {"matches": "tiny", "factor": {"other": 3}},
    "plain_arithmetic": {"engines": [], "tensor_ratio": {}},
    "all_reduce_us": {"nvlink": 10, "pcie": 100},
    "rates": [
        {**RATE, "quantity": name, "layer_us": us}
        for name, us in (("decode", 100.0), ("prefill", 0.0), ("batch", 0.0))
    ],
}
RATES = Rates(DOCUMENT)
GPU = Spec(
    name="Made Up", vendor="nvidia", bandwidth_gbs=1000, tflops_fp16_dense=100, memory_gib=24
)
RUN = Run(
    engine="here",
    device=GPU,
    read_gib=10.0,
    weights_gib=10.0,
    active=5e9,
    layers=40,
    kv_gib=1e-4,
)


def alone(run: Run) -> float:
    found = decode(run, RATES)
    assert found is not None
    return found.value


def together(run: Run, requests: int) -> float:
    found = output(run, RATES, requests)
    assert found is not None
    return found.value


def test_one_token_reads_all_weights_and_launches_every_layer() -> None:
    seconds = 10 * 2**30 / (0.5 * 1000e9) + 40 * 100e-6
    assert alone(RUN) == pytest.approx(1 / seconds)


def test_range_holds_the_value_in_its_geometric_middle() -> None:
    found = decode(RUN, RATES)
    assert found is not None
    low, high = found.bounds
    assert low < found.value < high
    assert (low * high) ** 0.5 == pytest.approx(found.value)


@given(st.floats(50, 9000), st.floats(50, 9000))
def test_more_bandwidth_is_never_slower(first: float, second: float) -> None:
    slow, fast = sorted((first, second))
    slower = replace(RUN, device=replace(GPU, bandwidth_gbs=slow))
    faster = replace(RUN, device=replace(GPU, bandwidth_gbs=fast))
    assert alone(slower) <= alone(faster)


@given(st.integers(1, 300), st.integers(1, 300))
def test_more_requests_together_never_give_less_in_all(first: int, second: int) -> None:
    few, many = sorted((first, second))
    mixture = replace(RUN, moe=True, read_gib=1.0, active=5e8)
    for run in (RUN, mixture):
        assert together(run, few) <= together(run, many) * 1.0001


def test_a_longer_context_is_slower() -> None:
    assert alone(replace(RUN, context=30_000)) < alone(RUN)


def test_tensor_parallelism_divides_bytes_and_costs_a_link() -> None:
    two = alone(replace(RUN, tensor=2, link="nvlink"))
    assert alone(RUN) < two < 2 * alone(RUN)
    assert alone(replace(RUN, tensor=2, link="pcie")) < two


def test_weights_in_main_memory_are_slower_and_unknown_without_its_bandwidth() -> None:
    offloaded = replace(RUN, host_gib=4.0, host_gbs=60.0)
    assert alone(offloaded) < alone(RUN) / 3
    assert decode(replace(RUN, host_gib=4.0), RATES) is None


def test_a_small_host_takes_longer() -> None:
    assert alone(replace(RUN, host="A tiny board")) < alone(RUN)


def test_a_prompt_is_bound_by_operations() -> None:
    found = prefill(RUN, RATES, 100_000)
    assert found is not None
    assert found.value == pytest.approx(0.5 * 100e12 / (2 * 5e9), rel=0.01)


def test_prompts_go_by_many_requests_where_nobody_timed_them_alone() -> None:
    rows = [{**RATE, "quantity": "batch", "runs": runs} for runs in (6, 5)]
    document = {**DOCUMENT, "rates": rows[:1]}
    found = prefill(RUN, Rates(document), 100_000)
    assert found is not None
    assert found.value == pytest.approx(0.5 * 100e12 / (2 * 5e9), rel=0.01)
    assert prefill(RUN, Rates({**DOCUMENT, "rates": rows[1:]}), 100_000) is None


def test_what_nobody_measured_is_unknown() -> None:
    for run in (
        replace(RUN, engine="elsewhere"),
        replace(RUN, device=replace(GPU, vendor="amd")),
        replace(RUN, device=replace(GPU, bandwidth_gbs=None)),
    ):
        assert decode(run, RATES) is None
    assert prefill(replace(RUN, device=replace(GPU, tflops_fp16_dense=None)), RATES, 512) is None


def test_a_mixture_reads_its_active_experts() -> None:
    model = Model(id="mix", params=30 * 10**9, active_params=3 * 10**9, moe=True, layers=48)
    run = run_of(model, "fp8", 30.0, engine="here", device=GPU)
    assert run.read_gib == pytest.approx(3.0)
    assert run.weights_gib == pytest.approx(30.0)


def test_embeddings_that_are_no_head_are_not_read() -> None:
    model = Model(id="m", params=8 * 10**9, vocab=100_000, hidden=4000, tied=False)
    run = run_of(model, "bf16", 16.0, engine="here", device=GPU)
    assert run.read_gib == pytest.approx(16 * (1 - 4e8 / 8e9))
    assert run_of(replace(model, tied=True), "bf16", 16.0, engine="here", device=GPU).read_gib == 16


def answered(gpus: list[str], model: str, users: int = 1) -> dict[str, Speed]:
    asked = question(gpus, model, Workload(concurrency=users))
    verdict = decide(asked, groups(asked.machine))
    found = ((s.trial.framework.id, speed(s, asked)) for s in verdict.ranking)
    return dict(found)


def test_a_layer_split_gives_one_user_nothing() -> None:
    engines = Rates(document("speed"))
    one = answered(["RTX 3090"], "Qwen/Qwen3-8B")
    two = answered(["RTX 3090:2"], "Qwen/Qwen3-8B")
    split = [name for name in one if engines.engine(name) == "ggml"]
    assert split
    for name in split:
        assert one[name].decode_tokens_per_s == two[name].decode_tokens_per_s


def test_ranges_are_ordered_and_say_what_they_rest_on() -> None:
    found = answered(["H100 80GB:2"], "Qwen/Qwen3-8B", users=64)
    measured = [one for one in found.values() if one.basis == "measured"]
    assert measured
    for one in measured:
        assert one.runs
        assert one.engine
        assert one.device
        for part in (one.decode_tokens_per_s, one.together_tokens_per_s, one.prefill_tokens_per_s):
            assert part is None or 0 < part[0] < part[1]
    for one in measured:
        if one.decode_tokens_per_s and one.together_tokens_per_s:
            assert one.together_tokens_per_s[1] >= one.decode_tokens_per_s[1]
    batching = found["vllm"]
    assert batching.decode_tokens_per_s
    assert batching.together_tokens_per_s
    assert batching.together_tokens_per_s[1] > 3 * batching.decode_tokens_per_s[1]


def test_a_device_without_figures_is_unknown() -> None:
    found = answered(["Ascend 910B3:8"], "Qwen/Qwen3-8B")
    assert found
    assert any(one == Speed() for one in found.values())


def test_the_row_of_a_device_is_that_of_its_memory() -> None:
    small = spec_of(Accelerator(vendor="nvidia", name="NVIDIA A100", memory_gib=39.5))
    large = spec_of(Accelerator(vendor="nvidia", name="NVIDIA A100", memory_gib=79.3))
    assert small
    assert large
    assert (small.memory_gib, large.memory_gib) == (40, 80)
    part = Accelerator(vendor="nvidia", name="NVIDIA A100", memory_gib=9.5, partition="1g.10gb")
    assert spec_of(part) is None


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("RTX 4090", "nvidia-gddr"),
        ("H100 80GB", "nvidia-hbm"),
        ("V100 32GB", "nvidia-hbm"),
        ("GTX 1080 Ti", "nvidia-pascal"),
        ("GTX 1050 Ti", "nvidia-pascal-entry"),
        ("DGX Spark", "nvidia-unified"),
        ("MI300X", "amd-cdna"),
        ("RX 7900 XTX", "amd-rdna"),
        ("Radeon 780M", "amd-integrated"),
        ("Strix Halo", "amd-strix-halo"),
        ("M2 Ultra", "apple-ultra"),
        ("M4 Max", "apple-max"),
        ("M4 Pro", "apple"),
    ],
)
def test_classes_of_devices(name: str, kind: str) -> None:
    row = find(name).row
    assert row
    assert Rates(document("speed")).device_class(row) == kind


def test_every_engine_and_class_has_a_name_in_both_languages() -> None:
    speeds = document("speed")
    names = {f"engine.{engine}" for engine in speeds["engines"].values()}
    names |= {f"device.{row['id']}" for row in speeds["devices"]}
    for lang in ("en", "zh"):
        words = Words(table=load().words, lang=lang)
        assert all(words.key(f"speed.{name}") for name in names)


def test_the_line_rounds_to_two_digits() -> None:
    words = Words(table=load().words, lang="en")
    found = Speed(
        decode_tokens_per_s=(38.44, 52.2),
        together_tokens_per_s=(1873.0, 2231.0),
        prefill_tokens_per_s=(4.26, 8.0),
        basis="measured",
        requests=64,
        engine="vllm",
        device="nvidia-hbm",
        runs=10,
    )
    assert speed_line(found, words) == (
        "decode 38-52 tokens/s for one user; 1,900-2,200 tokens/s for 64 together; "
        "prompts 4.3-8 tokens/s; measured efficiency of 10 runs of vLLM on NVIDIA GPUs with HBM"
    )
    assert "unknown" in speed_line(Speed(), words)


def test_prompts_take_their_share_of_the_time_of_many() -> None:
    a_token = 2 * 5e9 / (0.5 * 100e12)
    step = 10 * 2**30 / (0.5 * 1000e9)
    found = output(RUN, RATES, 4, prompt=1000, answer=500)
    assert found is not None
    # Each token of an answer brings two of a prompt with it.
    assert found.value == pytest.approx(4 / (step + 4 * a_token * (1 + 2)))


def test_what_is_unknown_of_a_model_is_that_of_16_bits_a_weight() -> None:
    run = run_of(Model(id="m"), None, 16.0, engine="here", device=GPU)
    assert run.active == pytest.approx(8 * 2**30)
    assert run.bits == pytest.approx(16.0)
    assert run.activation_bits == 16
    assert run.read_gib == pytest.approx(16.0)


def test_users_of_one_copy_share_it() -> None:
    one = answered(["H100 80GB"], "Qwen/Qwen3-8B", users=64)["vllm"]
    assert one.decode_tokens_per_s
    assert one.together_tokens_per_s
    assert one.together_tokens_per_s[1] < 64 * one.decode_tokens_per_s[0]


def test_copies_serve_as_many_times_the_users_of_one() -> None:
    one = answered(["H100 80GB"], "Qwen/Qwen3-8B", users=16)["vllm"].together_tokens_per_s
    four = answered(["H100 80GB:4"], "Qwen/Qwen3-8B", users=64)["vllm"].together_tokens_per_s
    assert one
    assert four
    assert four[0] == pytest.approx(4 * one[0], rel=0.01)


def test_a_prompt_is_read_many_tokens_at_a_time() -> None:
    found = answered(["H100 80GB"], "Qwen/Qwen3-8B")["vllm"]
    assert found.prefill_tokens_per_s
    assert found.decode_tokens_per_s
    assert found.prefill_tokens_per_s[0] > 10 * found.decode_tokens_per_s[1]


def test_plain_arithmetic_is_that_of_fp32_or_a_known_part_of_the_tensor_units() -> None:
    rates = Rates({**DOCUMENT, "plain_arithmetic": {"engines": [], "tensor_ratio": {"gpu": 4}}})
    assert rates.plain_operations(replace(GPU, tflops_fp32=40.0)) == 40.0
    assert rates.plain_operations(GPU) == 25.0
    # No class, no known factor.
    assert rates.plain_operations(replace(GPU, vendor="amd")) == 100.0
    assert rates.plain_operations(replace(GPU, tflops_fp16_dense=None)) is None


@pytest.mark.parametrize(("bits", "layer_us"), [(3.9, 1.0), (4.0, 2.0), (7.9, 2.0), (8.0, 3.0)])
def test_a_rate_holds_from_its_bits_and_below_its_bits(bits: float, layer_us: float) -> None:
    spans = ([0.0, 4.0], [4.0, 8.0], [8.0, 99.0])
    rows = [
        {**RATE, "quantity": "decode", "bits": span, "layer_us": float(number)}
        for number, span in enumerate(spans, start=1)
    ]
    rate = Rates({**DOCUMENT, "rates": rows}).rate("decode", "here", "gpu", bits)
    assert rate
    assert rate.layer_us == layer_us
