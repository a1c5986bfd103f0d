"""What one device holds: stages with embeddings or head, experts spread, embeddings elsewhere."""

from dataclasses import replace
from typing import Any

import pytest

from recommender.facts import (
    Accelerator,
    Budget,
    Machine,
    Memory,
    Model,
    Overhead,
    Platform,
    Workload,
)
from recommender.rules.blocks import whole_blocks
from recommender.rules.breakdown import breakdown
from recommender.rules.builds import Build
from recommender.rules.demand import Needs, kv_room_gib, needs, weights_gib
from recommender.rules.layouts import Job, Layout
from recommender.rules.placement import place
from recommender.rules.situation import Group

# 8 layers of 1 GiB, embeddings and head of 1 GiB each.
MODEL = Model(id="m/x", params=5_368_709_120, layers=8, heads=32, kv_heads=8, head_dim=128)
BUILD = Build(
    model="m/x",
    kind="own",
    quantization="bf16",
    support="native",
    weights_gib=10.0,
    embedding_gib=1.0,
    head_gib=1.0,
    experts_gib=6.0,
    uncertainty=0.02,
)
CARD = Accelerator(vendor="nvidia", name="A", memory_gib=24.0, usable_gib=24.0)
OTHER = replace(CARD, name="B", memory_gib=12.0, usable_gib=12.0)


def _job(model: Model = MODEL, build: Build = BUILD, count: int = 4, **more: Any) -> Job:
    budget = Budget(
        fraction=1.0,
        reserve_gib=1.0,
        split=("tensor", "pipeline", "data"),
        **more.pop("budget", {}),
    )
    platform = Platform(
        id="p",
        name="P",
        support="supported",
        version="1",
        device={},
        port=1,
        budget=replace(budget, split=more.pop("split", budget.split)),
        source="s",
        checked="2026-11-22",
    )
    return Job(
        build=build,
        model=model,
        platform=platform,
        group=Group(members=(CARD,) * count),
        machine=Machine(memory=Memory(total_gib=64.0)),
        workload=Workload(),
        context=4096,
        **more,
    )


def test_tensor_parallelism_shares_all_evenly() -> None:
    assert weights_gib(_job(), Layout(tensor=4)) == pytest.approx(2.5)


@pytest.mark.parametrize(("stages", "gib"), [(2, 5.0), (4, 3.0), (3, 4.0)])
def test_a_stage_at_the_end_has_embeddings_or_head(stages: int, gib: float) -> None:
    # 8 layers over 3 stages: the fullest has three.
    assert weights_gib(_job(), Layout(pipeline=stages)) == pytest.approx(gib)


def test_both_ends_hold_embeddings_that_are_the_head() -> None:
    tied = replace(MODEL, tied=True)
    build = replace(BUILD, weights_gib=9.0, head_gib=0.0)
    assert weights_gib(_job(tied, build), Layout(pipeline=4)) == pytest.approx(3.0)


def test_experts_are_shared_by_copies_where_the_engine_does_so() -> None:
    mixture = replace(MODEL, moe=True)
    spread = _job(mixture, budget={"data_shards_experts": True})
    assert weights_gib(spread, Layout(data=4)) == pytest.approx(4.0 + 6.0 / 4)
    assert weights_gib(_job(mixture), Layout(data=4)) == pytest.approx(10.0)


def test_embeddings_in_main_memory_free_the_device() -> None:
    job = _job(budget={"host_embeddings": True})
    assert weights_gib(job, Layout()) == pytest.approx(9.0)
    tied = _job(replace(MODEL, tied=True), budget={"host_embeddings": True})
    assert weights_gib(tied, Layout()) == pytest.approx(10.0)
    shared = replace(CARD, unified=True)
    alone = replace(job, group=Group(members=(shared,)))
    assert weights_gib(alone, Layout()) == pytest.approx(10.0)


def test_what_comes_after_the_cache_must_fit_into_the_rest() -> None:
    job = _job()
    late = Needs(10.0, 1.0, 3.0, outside_gib=2.0)
    budget = replace(job.platform.budget, fraction=0.9)
    part = replace(job, platform=replace(job.platform, budget=budget))
    assert kv_room_gib(part, late, 24.0) == pytest.approx(24 * 0.9 - 12.0)
    # Of 8 GiB a tenth is left, which does not hold the two that come later.
    assert kv_room_gib(part, Needs(3.0, 1.0, 3.0, outside_gib=2.0), 8.0) == pytest.approx(1.0)
    free = replace(part, platform=replace(job.platform, budget=replace(budget, of="free")))
    assert kv_room_gib(free, late, 24.0) == pytest.approx(10.0 * 0.9)


def test_a_margin_is_left_free_and_not_used() -> None:
    job = _job()
    assert kv_room_gib(job, Needs(10.0, 1.0, 1.0, margin_gib=2.0), 24.0) == pytest.approx(10.0)
    assert Needs(10.0, 1.0, 1.0, margin_gib=2.0).whole_gib == 12.0


def test_layers_are_dealt_to_unequal_devices_by_their_memory() -> None:
    build = replace(BUILD, weights_gib=30.0)
    job = _job(build=build, count=1, split=("layers",), companions=(OTHER,))
    fit = place(job)
    assert fit.fits
    large, small = fit.per_device
    assert (large.device, small.device) == ("A", "B")
    # A GiB of each goes to the runtime.
    assert large.weights_gib / small.weights_gib == pytest.approx(23 / 11, rel=0.01)
    assert large.weights_gib + small.weights_gib == pytest.approx(30.0, abs=0.02)
    assert place(replace(job, companions=())).fits is False


def test_what_fits_one_card_leaves_the_others_alone() -> None:
    fit = place(_job(count=1, split=("layers",), companions=(OTHER,)))
    assert [device.device for device in fit.per_device] == ["A"]


def test_the_interval_holds_the_sum_of_the_parts() -> None:
    job = _job()
    [one, *_] = breakdown(job, Layout(tensor=2), 4096, 24.0)
    used = one.weights_gib + one.kv_cache_gib + one.activations_gib + one.overhead_gib
    assert one.interval is not None
    assert one.interval[0] < used < one.interval[1]
    assert used + one.free_gib == pytest.approx(24.0, abs=0.05)
    exact = replace(job, build=replace(BUILD, uncertainty=0.0))
    [sure, *_] = breakdown(exact, Layout(tensor=2), 4096, 24.0)
    assert sure.interval is not None
    assert sure.interval[0] > one.interval[0]


def test_offloading_fills_the_device_and_says_so() -> None:
    build = replace(BUILD, weights_gib=40.0)
    fit = place(_job(build=build, count=1, split=("layers",), budget={"offload": True}))
    assert fit.offload == "layers"
    [device] = fit.per_device
    assert device.weights_gib < 24.0
    assert device.free_gib == pytest.approx(0.0, abs=0.1)


def test_needs_grow_with_the_context() -> None:
    budget = {"overheads": (Overhead(part="activations", per_context=0.001, source="s"),)}
    short, long = (needs(_job(budget=budget), Layout(), tokens) for tokens in (1000, 101_000))
    assert long.activations_gib - short.activations_gib == pytest.approx(0.1)


def test_a_latent_is_spread_over_copies_where_one_holds_too_few_requests() -> None:
    mixture = replace(
        MODEL, moe=True, mla=True, layers=60, heads=128, kv_heads=128, kv_bytes_per_token=70_000
    )
    build = replace(BUILD, weights_gib=40.0, embedding_gib=1.0, experts_gib=34.0)
    job = replace(_job(mixture, build, budget={"data_shards_experts": True}), context=100_000)
    few, many = (place(replace(job, workload=Workload(concurrency=users))) for users in (1, 30))
    assert (few.tensor_parallel, few.data_parallel) == (4, 1)
    assert (many.tensor_parallel, many.data_parallel) == (1, 4)
    assert (many.concurrent_requests or 0) > (few.concurrent_requests or 0)
    heads = replace(mixture, mla=False, kv_heads=8)
    plain = place(replace(job, model=heads, workload=Workload(concurrency=30)))
    assert plain.tensor_parallel == 4


def test_stages_run_what_their_layers_take_and_a_pool_shares_them() -> None:
    budget = {
        "overheads": (
            Overhead(part="runtime", gib=0.5, per_layer=0.1, outside=True, source="s"),
            Overhead(part="activations", gib=0.25, source="s"),
            Overhead(part="runtime", together=1.5, source="s"),
        )
    }
    job = _job(budget=budget)
    whole, staged, pooled = (
        needs(job, layout, 4096)
        for layout in (Layout(), Layout(pipeline=3), Layout(pipeline=2, pooled=2))
    )
    # The fullest of three stages has three of the eight layers.
    assert [one.runtime_gib for one in (whole, staged, pooled)] == pytest.approx([1.3, 0.8, 0.7])
    assert [one.outside_gib for one in (whole, staged, pooled)] == pytest.approx([1.3, 0.8, 0.7])
    assert whole.activations_gib == 0.25
    assert needs(job, Layout(tensor=2), 4096).runtime_gib == pytest.approx(2.8)


def test_experts_are_shared_in_every_stage_and_ends_by_tensor_parallelism() -> None:
    spread = _job(replace(MODEL, moe=True), budget={"data_shards_experts": True})
    # Of 2 GiB of layers and 6 of experts, each of two copies holds half of the experts.
    assert weights_gib(spread, Layout(pipeline=2, data=2)) == pytest.approx((2 + 3) / 2 + 1)
    dense = _job()
    assert weights_gib(dense, Layout(tensor=2, pipeline=2)) == pytest.approx(8 / 2 / 2 + 1 / 2)


def test_a_mixture_is_mostly_experts_where_nothing_finer_is_known() -> None:
    coarse = replace(BUILD, embedding_gib=None, head_gib=None, experts_gib=None)
    spread = _job(replace(MODEL, moe=True), coarse, budget={"data_shards_experts": True})
    assert weights_gib(spread, Layout(data=2)) == pytest.approx(1 + 9 / 2)
    unknown = _job(replace(MODEL, layers=None), coarse)
    assert weights_gib(unknown, Layout(pipeline=2)) == pytest.approx(5.0)
    assert weights_gib(_job(build=replace(coarse, weights_gib=None)), Layout()) == 0.0


@pytest.mark.parametrize(
    ("quantization", "width", "shards", "whole"),
    [
        ("fp8", 1536, 4, True),
        ("fp8", 1536, 8, False),
        ("fp8", 768, 6, True),
        ("fp8", 768, 12, False),
        ("bf16", 1536, 8, True),
        ("fp8", None, 8, True),
    ],
)
def test_blocks_of_128_are_cut_nowhere(
    quantization: str, width: int | None, shards: int, *, whole: bool
) -> None:
    model = replace(MODEL, moe=True, moe_intermediate=width)
    assert whole_blocks(model, quantization, shards) is whole
