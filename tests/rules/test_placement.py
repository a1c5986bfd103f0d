"""Layouts that load: memory, heads, links, slices, several machines."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.devices.described import describe
from recommender.facts import Accelerator, Budget, Fit, Machine, Memory, Model, Platform, Workload
from recommender.rules.builds import Build
from recommender.rules.grouping import groups
from recommender.rules.kv_cache import request_gib
from recommender.rules.layouts import Job, divides
from recommender.rules.memory import usable_gib
from recommender.rules.placement import place
from recommender.rules.situation import Group

ALL_KINDS = ("tensor", "pipeline", "data", "nodes")
LLAMA_70B = Model(
    id="m/70b", params=70_553_706_496, layers=80, heads=64, kv_heads=8, head_dim=128, hidden=8192
)


def _platform(split: tuple[str, ...] = ALL_KINDS, *, offload: bool = False) -> Platform:
    return Platform(
        id="p",
        name="P",
        support="supported",
        version="1",
        device={},
        port=1,
        budget=Budget(
            fraction=0.9, reserve_gib=2.0, reserve_tp_gib=1.0, split=split, offload=offload
        ),
        source="s",
        checked="2026-11-22",
    )


def _fit(  # one call a row of a table
    *,
    count: int = 1,
    memory: float | None = 80.0,
    weights: float | None = 15.0,
    users: int = 1,
    split: tuple[str, ...] = ALL_KINDS,
    model: Model = LLAMA_70B,
    link: str | None = "nvlink",
    context: int = 8192,
    **more: Any,
) -> Fit:
    device = Accelerator(vendor="nvidia", name="GPU", memory_gib=memory)
    members = tuple(replace(device, index=i, partition=more.get("partition")) for i in range(count))
    return place(
        Job(
            build=Build(
                model=model.id,
                kind="own",
                quantization="bf16",
                support="native",
                weights_gib=weights,
            ),
            model=model,
            platform=_platform(split, offload=more.get("offload", False)),
            group=Group(members=members, link=link),
            machine=Machine(memory=Memory(total_gib=more.get("ram")), nodes=more.get("nodes", 1)),
            workload=Workload(concurrency=users, priority=more.get("priority")),
            context=context,
        )
    )


def _layout(fit: Fit) -> tuple[int, int, int]:
    return fit.tensor_parallel, fit.pipeline_parallel, fit.data_parallel


def test_what_fits_one_device_is_copied_to_the_others() -> None:
    assert _layout(_fit(count=4, users=20)) == (1, 1, 4)


def test_room_for_all_users_comes_before_copies() -> None:
    tight = _fit(count=4, memory=24.0, weights=18.0, users=20)
    assert _layout(tight)[0] > 1
    assert (tight.concurrent_requests or 0) >= 12
    assert _layout(_fit(count=4, memory=24.0, weights=15.0, users=4)) == (1, 1, 4)


def test_what_fits_no_device_is_split() -> None:
    fit = _fit(count=4, weights=131.4, users=200)
    assert _layout(fit) == (4, 1, 1)
    assert fit.fits


def test_the_split_divides_the_heads() -> None:
    odd = replace(LLAMA_70B, heads=28, kv_heads=4)
    assert _fit(count=8, weights=131.4, model=odd).tensor_parallel in {2, 4}


def test_the_lowest_latency_takes_every_device() -> None:
    assert _layout(_fit(count=4, priority="latency")) == (4, 1, 1)


def test_slow_links_and_many_users_get_pipeline_stages() -> None:
    slow = _fit(count=4, memory=48.0, weights=66.5, users=100, link="pcie")
    assert slow.pipeline_parallel > 1
    assert slow.tensor_parallel == 1
    assert _fit(count=4, memory=48.0, weights=66.5, users=100).pipeline_parallel == 1


def test_mig_slices_share_nothing() -> None:
    fit = _fit(count=7, memory=10.0, weights=6.0, partition="1g.10gb")
    assert _layout(fit) == (1, 1, 1)
    assert _fit(count=7, memory=10.0, weights=12.0, partition="1g.10gb").fits is False


def test_machines_work_together_when_one_is_too_small() -> None:
    fit = _fit(count=8, weights=642.0, nodes=2, users=64)
    assert fit.nodes == 2
    assert _layout(fit) == (8, 2, 1)
    assert _fit(count=8, weights=642.0, nodes=1).fits is False


def test_layers_are_offloaded_where_the_engine_can() -> None:
    fit = _fit(memory=12.0, weights=40.0, ram=64.0, split=("layers",), offload=True)
    assert fit.fits
    assert fit.offload == "layers"
    assert _fit(memory=12.0, weights=40.0, ram=64.0, split=("layers",)).fits is False


def test_the_context_shrinks_before_the_model_is_refused() -> None:
    fit = _fit(memory=24.0, weights=18.0, context=131072)
    assert fit.fits
    assert fit.context_tokens is not None
    assert 2048 <= fit.context_tokens < 131072


def test_unknown_sizes_are_unknown_fits() -> None:
    assert _fit(memory=None).fits is None
    assert _fit(weights=None).fits is None


def test_what_is_refused_says_what_it_needs() -> None:
    fit = _fit(memory=24.0, weights=131.4)
    assert fit.needs_gib is not None
    assert fit.has_gib is not None
    assert fit.needs_gib > 131.4
    assert fit.has_gib < 24.0


@settings(max_examples=60)
@given(
    memory=st.floats(min_value=4, max_value=300),
    more=st.floats(min_value=0.5, max_value=200),
    weights=st.floats(min_value=0.3, max_value=700),
    count=st.integers(min_value=1, max_value=8),
    users=st.integers(min_value=1, max_value=300),
)
def test_more_memory_never_makes_a_fitting_model_unfit(
    memory: float, more: float, weights: float, count: int, users: int
) -> None:
    small = _fit(count=count, memory=memory, weights=weights, users=users)
    large = _fit(count=count, memory=memory + more, weights=weights, users=users)
    if small.fits:
        assert large.fits
        assert (large.context_tokens or 0) >= (small.context_tokens or 0)


@settings(max_examples=60)
@given(
    memory=st.floats(min_value=8, max_value=200),
    weights=st.floats(min_value=0.3, max_value=300),
    count=st.integers(min_value=1, max_value=16),
    heads=st.sampled_from([12, 28, 32, 40, 64, 128]),
)
def test_a_layout_uses_no_more_than_there_is(
    memory: float, weights: float, count: int, heads: int
) -> None:
    model = replace(LLAMA_70B, heads=heads, kv_heads=4)
    fit = _fit(count=count, memory=memory, weights=weights, model=model, users=50)
    tensor, pipeline, data = _layout(fit)
    assert tensor * pipeline * data <= count
    assert divides(model, tensor)
    for device in fit.per_device:
        used = device.weights_gib + device.kv_cache_gib + device.overhead_gib
        assert used + device.activations_gib <= memory + 0.05


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        # 2 x 80 layers x 8 KV heads x 128 x 2 bytes; and one row with a latent of 576 a layer.
        (LLAMA_70B, 327_680),
        (Model(id="x", kv_bytes_per_token=70_272, mla=True), 70_272),
    ],
)
def test_kv_cache_of_one_token(model: Model, expected: int) -> None:
    assert request_gib(model, 1000, Budget()) * 2**30 == pytest.approx(1000 * expected)


def test_memory_that_a_server_may_take() -> None:
    machine = Machine(memory=Memory(total_gib=64.0, limit_gib=16.0))
    assert usable_gib(Group(), machine) == pytest.approx(12.8)
    apple = Accelerator(vendor="apple", unified=True)
    assert usable_gib(Group(members=(apple,)), machine) == pytest.approx(16 * 0.74)
    probed = Accelerator(vendor="nvidia", memory_gib=80.0, usable_gib=79.2)
    assert usable_gib(Group(members=(probed,)), machine) == 79.2


def test_vulkan_reaches_the_main_memory_that_graphics_may_map() -> None:
    apu = Accelerator(
        vendor="amd", memory_gib=0.5, usable_gib=0.5, gtt_gib=60.0, integrated=True, unified=True
    )
    card = replace(apu, integrated=False, memory_gib=16.0, usable_gib=16.0)
    sizes = [
        usable_gib(Group(members=(device,)), Machine(), traits)
        for device in (apu, card)
        for traits in ((), ("maps-gtt",))
    ]
    assert sizes == [0.5, pytest.approx(59.5925), 16.0, 16.0]


def test_a_request_that_just_fits_is_one() -> None:
    # 0.9 x 0.985 of the device, less the reserve of 2 GiB and the request's 4 GiB of KV cache.
    context, usable = 13_107, 24.0 * 0.985
    cache = request_gib(LLAMA_70B, context, Budget())
    exact = usable * 0.9 - 2.0 - cache
    assert _fit(memory=24.0, weights=exact - 1e-9, context=context).context_tokens == context
    assert (_fit(memory=24.0, weights=exact + 0.1, context=context).context_tokens or 0) < context


def test_stages_are_for_engines_that_have_them() -> None:
    odd = replace(LLAMA_70B, heads=28, kv_heads=4)
    found = _fit(count=3, weights=180.0, model=odd, users=20)
    assert (found.tensor_parallel, found.pipeline_parallel) == (1, 3)
    without = _fit(count=3, weights=180.0, model=odd, users=20, split=("tensor", "data"))
    assert without.fits is False


def test_machines_are_joined_only_by_engines_that_span_them() -> None:
    alone = ("tensor", "pipeline", "data")
    assert _fit(count=8, weights=642.0, nodes=2, split=alone).fits is False
    assert _fit(count=8, weights=131.4, nodes=2, users=64).nodes == 1


@pytest.mark.parametrize(("gpu", "dtype"), [("Tesla T4", "float16"), ("A100 80GB", None)])
def test_bfloat16_begins_with_compute_capability_8(gpu: str, dtype: str | None) -> None:
    (first, *_) = groups(describe([gpu]))
    job = Job(
        build=Build(model="m", kind="own", quantization="bf16", support="native", weights_gib=4.0),
        model=LLAMA_70B,
        platform=_platform(),
        group=first,
        machine=Machine(),
        workload=Workload(),
        context=4096,
    )
    assert place(job).dtype == dtype
