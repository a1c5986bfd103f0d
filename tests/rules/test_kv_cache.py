"""What a request keeps on a device, for every kind of attention."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.facts import Budget, Model
from recommender.rules.kv_cache import request_gib, token_bytes, typical_layers, window_tokens

GIB = 2**30
# A layer of 8 KV heads of 128: 2 x 8 x 128 x 2 bytes of a token.
PLAIN = Model(id="m/plain", layers=32, heads=32, kv_heads=8, head_dim=128)
LAYER = 4096
LATENT = Model(
    id="m/latent", layers=61, heads=128, kv_heads=128, mla=True, kv_bytes_per_token=70_272
)
# Ten layers that see everything among 52 with a window, as Gemma-3-27B has them.
MIXED = Model(
    id="m/mixed",
    layers=62,
    heads=32,
    kv_heads=16,
    head_dim=128,
    full_layers=10,
    sliding_layers=52,
    sliding_window=1024,
    kv_bytes_per_token=10 * 2 * LAYER,
)
LINEAR = replace(PLAIN, full_layers=8, linear_layers=24, state_bytes=48 * 2**20)
FULL = Budget()
WINDOW = Budget(sliding="window", window_batch=512, window_step=256)
GROUPED = Budget(sliding="grouped", window_batch=8192)


def _bytes(model: Model, context: int, budget: Budget = FULL, tensor: int = 1) -> float:
    return request_gib(model, context, budget, tensor) * GIB


@pytest.mark.parametrize(("tensor", "heads"), [(1, 8), (2, 4), (8, 1), (16, 1), (3, 3)])
def test_a_kv_head_is_never_cut(tensor: int, heads: int) -> None:
    assert token_bytes(PLAIN, tensor) == 32 * 2 * heads * 128 * 2


def test_a_latent_is_kept_whole_by_every_device() -> None:
    assert _bytes(LATENT, 1000) == pytest.approx(70_272_000)
    assert _bytes(LATENT, 1000, tensor=8) == pytest.approx(70_272_000)


def test_an_engine_that_knows_no_windows_keeps_everything() -> None:
    assert _bytes(MIXED, 32768) == pytest.approx(62 * 2 * LAYER * 32768)


def test_a_window_ends_what_its_layers_keep() -> None:
    assert window_tokens(MIXED, 32768, WINDOW) == 1536
    expected = 2 * LAYER * (10 * 32768 + 52 * 1536)
    assert _bytes(MIXED, 32768, WINDOW) == pytest.approx(expected)
    assert _bytes(MIXED, 1000, WINDOW) == pytest.approx(62 * 2 * LAYER * 1000)


def test_groups_are_padded_to_the_rarer_kind() -> None:
    # 52 layers make six groups of ten: 70 layers of pages in place of 62 (start-up logs, 8k).
    assert _bytes(MIXED, 8192, GROUPED) == pytest.approx(70 * 2 * LAYER * 8192)
    nearly = replace(MIXED, full_layers=13, sliding_layers=12, kv_bytes_per_token=13 * 2 * LAYER)
    assert _bytes(nearly, 8192, GROUPED) == pytest.approx(26 * 2 * LAYER * 8192)


def test_heads_of_another_size_count_for_themselves() -> None:
    uneven = replace(
        MIXED, kv_bytes_per_token=10 * 8192, global_kv_heads=4, global_head_dim=512, head_dim=256
    )
    assert token_bytes(uneven, 8) == 10 * 8192 / 4
    local = 52 * 2 * 16 * 256 * 2
    assert _bytes(uneven, 1000, WINDOW) == pytest.approx((10 * 8192 + local) * 1000)


def test_a_linear_state_is_the_same_for_every_context() -> None:
    short, long = _bytes(LINEAR, 1000), _bytes(LINEAR, 9000)
    assert short == pytest.approx(8 * LAYER * 1000 + 48 * 2**20)
    assert long - short == pytest.approx(8 * LAYER * 8000)
    assert _bytes(LINEAR, 1000, tensor=2) == pytest.approx(short / 2)


def test_an_unknown_architecture_is_taken_for_a_usual_one() -> None:
    unknown = Model(id="m/unknown", params=8_000_000_000)
    assert token_bytes(unknown) == pytest.approx(32 * LAYER, rel=0.2)


def test_a_quantized_cache_shrinks_what_grows_and_leaves_states_as_they_are() -> None:
    grows, state = 8 * LAYER * 1000, 48 * 2**20
    found = request_gib(LINEAR, 1000, FULL, share=0.53) * GIB
    assert found == pytest.approx(0.53 * grows + state)


def test_a_window_is_kept_in_whole_steps() -> None:
    uneven = replace(WINDOW, window_batch=500)
    assert window_tokens(MIXED, 32768, uneven) == 1536
    assert window_tokens(MIXED, 1530, uneven) == 1530


def test_whichever_kind_is_rarer_its_number_is_the_size_of_a_group() -> None:
    # 52 layers that see everything beside ten with a window: six groups of ten, and one.
    turned = replace(MIXED, full_layers=52, sliding_layers=10, kv_bytes_per_token=52 * 2 * LAYER)
    assert _bytes(turned, 8192, GROUPED) == pytest.approx((60 + 10) * 2 * LAYER * 8192)


@pytest.mark.parametrize(("heads", "kept"), [(4, 4), (8, 8), (64, 8), (None, 8)])
def test_unknown_kv_heads_are_eight_unless_there_are_fewer_heads(
    heads: int | None, kept: int
) -> None:
    assert token_bytes(Model(id="m/x", layers=32, heads=heads)) == 32 * 2 * kept * 128 * 2


def test_a_known_size_without_known_heads_is_shared_evenly() -> None:
    sized = Model(id="m/x", layers=32, kv_bytes_per_token=32 * LAYER)
    assert [token_bytes(sized, tensor) for tensor in (1, 4)] == [32 * LAYER, 8 * LAYER]


@pytest.mark.parametrize(("billions", "layers"), [(1, 18), (8, 36), (70, 78), (None, 36)])
def test_larger_models_have_more_layers(billions: int | None, layers: int) -> None:
    params = billions * 10**9 if billions else None
    assert round(typical_layers(Model(id="m/x", params=params))) == pytest.approx(layers, abs=1)


@given(
    context=st.integers(min_value=1, max_value=500_000),
    more=st.integers(min_value=0, max_value=500_000),
    tensor=st.sampled_from([1, 2, 4, 8]),
    model=st.sampled_from([PLAIN, LATENT, MIXED, LINEAR]),
)
def test_longer_requests_and_fewer_devices_never_need_less(
    context: int, more: int, tensor: int, model: Model
) -> None:
    for budget in (FULL, WINDOW, GROUPED):
        here = _bytes(model, context, budget, tensor)
        assert here > 0
        assert _bytes(model, context + more, budget, tensor) >= here
        assert _bytes(model, context, budget) >= here
    assert _bytes(model, context, WINDOW) <= _bytes(model, context, FULL) + 1
