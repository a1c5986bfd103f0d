"""What must hold of every placement and speed, however odd the model, the machine and the work."""

import math
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.facts import (
    Accelerator,
    Answer,
    DeviceMemory,
    Fit,
    Machine,
    Memory,
    Model,
    Os,
    Speed,
    Workload,
)
from recommender.pipeline import as_asked
from tests.rules.drawn import given_models, machines, maybe, workloads

# A few hundredths are lost where five parts are rounded.
ROUNDED = 0.05
odd = settings(deadline=None, max_examples=60)
few, many = st.integers(min_value=1, max_value=300), st.integers(min_value=1, max_value=2**20)
odd_models = st.builds(
    Model,
    id=st.just("somebody/odd"),
    params=maybe(st.integers(min_value=1, max_value=10**13)),
    active_params=maybe(st.integers(min_value=1, max_value=10**13)),
    layers=maybe(few),
    hidden=maybe(many),
    heads=maybe(st.sampled_from([1, 7, 12, 64])),
    kv_heads=maybe(st.sampled_from([0, 1, 7, 8])),
    head_dim=maybe(st.sampled_from([1, 80, 128, 2**20])),
    vocab=maybe(many),
    context=maybe(many),
    intermediate=maybe(many),
    moe=maybe(st.booleans()),
    experts=maybe(few),
    experts_per_token=maybe(few),
    tied=maybe(st.booleans()),
    quantization=maybe(st.sampled_from(["bf16", "fp8", "awq-int4", "q4_k_m", "unheard-of"])),
    format=maybe(st.sampled_from(["safetensors", "gguf", "mlx"])),
    weights_gib=maybe(st.floats(min_value=1e-6, max_value=3000)),
    embedding_gib=maybe(st.floats(min_value=1e-6, max_value=3000)),
)


def _check_device(device: DeviceMemory) -> None:
    used = (
        device.weights_gib,
        device.kv_cache_gib,
        device.activations_gib,
        device.overhead_gib,
    )
    assert all(math.isfinite(part) and part >= 0 for part in (*used, device.free_gib))
    if device.total_gib is not None:
        assert abs(sum(used) + device.free_gib - device.total_gib) <= ROUNDED
    if device.interval is not None:
        low, high = device.interval
        assert low <= high
        assert low - ROUNDED <= sum(used) <= high + ROUNDED


def _check_fit(fit: Fit) -> None:
    if fit.fits and not fit.offload:
        assert (fit.concurrent_requests or 0) >= 1
    if fit.needs_gib is not None and fit.has_gib is not None:
        assert not fit.fits
        assert 0 <= fit.has_gib <= fit.needs_gib
    for device in fit.per_device:
        _check_device(device)


def _check_speed(speed: Speed) -> None:
    for found in (
        speed.decode_tokens_per_s,
        speed.together_tokens_per_s,
        speed.prefill_tokens_per_s,
    ):
        if found is not None:
            low, high = found
            assert 0 <= low <= high
            assert high > 0
            assert math.isfinite(high)
    assert speed.requests >= 1


def _placed(answer: Answer) -> Iterator[tuple[Fit, Speed]]:
    for candidate in answer.ranking:
        if candidate.fit is not None:
            yield candidate.fit, candidate.speed


@odd
@given(machines, workloads, given_models | odd_models)
def test_placements_and_speeds_are_sane(machine: Machine, workload: Workload, model: Model) -> None:
    for fit, speed in _placed(as_asked(machine, workload, model)):
        _check_fit(fit)
        _check_speed(speed)


@pytest.mark.parametrize("sizes", [(32.0, 80.0), (1.0, 80.0)])
def test_unequal_devices_hold_no_more_than_they_have(sizes: tuple[float, ...]) -> None:
    cards = tuple(
        Accelerator(vendor="nvidia", name="RTX 4090", memory_gib=size, index=index)
        for index, size in enumerate(sizes)
    )
    machine = Machine(os=Os(family="linux"), arch="x86_64", accelerators=cards)
    model = Model(id="somebody/odd", params=60 * 10**9, quantization="fp8", layers=60)
    found = [fit for fit, _ in _placed(as_asked(machine, Workload(), model))]
    assert any(len(fit.per_device) == len(sizes) for fit in found)
    for fit in found:
        _check_fit(fit)


def test_a_few_kilobytes_of_weights_are_some() -> None:
    card = Accelerator(vendor="nvidia", name="GeForce RTX 4090", memory_gib=24.0, index=0)
    machine = Machine(os=Os(family="linux"), arch="x86_64", accelerators=(card,))
    tiny = Model(
        id="somebody/tiny",
        weights_gib=1e-6,
        layers=2,
        quantization="awq-int4",
        format="safetensors",
    )
    answer = as_asked(machine, Workload(), tiny)
    found = [(fit, speed) for fit, speed in _placed(answer) if fit.build == "own"]
    assert found
    for fit, speed in found:
        assert fit.weights_gib
        _check_speed(speed)


def test_a_cache_larger_than_the_device_is_beside_it() -> None:
    card = Accelerator(vendor="nvidia", name="GeForce RTX 3060", memory_gib=12.0, index=0)
    machine = Machine(
        os=Os(family="linux"),
        arch="x86_64",
        memory=Memory(total_gib=128.0),
        accelerators=(card,),
    )
    model = Model(id="Qwen/Qwen1.5-72B-Chat")
    found = [fit for fit, _ in _placed(as_asked(machine, Workload(context_tokens=32768), model))]
    assert any(fit.offload for fit in found)
    for fit in found:
        _check_fit(fit)
