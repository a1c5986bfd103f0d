"""Bars of memory: their letters stand for the parts, and the parts for the whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.facts import DeviceMemory
from recommender.knowledge import load
from recommender.render.bars import PARTS, bar, counted, figures, legend, parts, used_and_free
from recommender.words import LANGUAGES, Words

sizes = st.floats(min_value=0, max_value=200).map(lambda size: round(size, 2))


def _memory(weights: float, kv: float, work: float, other: float, free: float) -> DeviceMemory:
    return DeviceMemory(
        weights_gib=weights,
        kv_cache_gib=kv,
        activations_gib=work,
        overhead_gib=other,
        free_gib=free,
        total_gib=round(weights + kv + work + other + free, 2),
        device="H100",
    )


memories = st.builds(_memory, sizes, sizes, sizes, sizes, sizes)
H100 = _memory(32.85, 34.54, 2.0, 2.0, 6.21)


@given(memories)
def test_the_parts_sum_to_the_whole_device(memory: DeviceMemory) -> None:
    assert sum(parts(memory).values()) == pytest.approx(memory.total_gib, abs=0.02)


@given(memories, st.integers(min_value=20, max_value=80))
def test_a_bar_is_as_wide_as_asked_and_shows_every_part_in_use(
    memory: DeviceMemory, width: int
) -> None:
    drawn = bar(memory, width).plain
    assert len(drawn) == width
    for name, size in parts(memory).items():
        assert (PARTS[name][0] in drawn) == (size > 0 or (name == "free" and set(drawn) == {"."}))


@given(memories, st.integers(min_value=20, max_value=80))
def test_a_letter_stands_for_its_share_of_the_device(memory: DeviceMemory, width: int) -> None:
    drawn, whole = bar(memory, width).plain, sum(parts(memory).values())
    if whole == 0:
        return
    for name, size in parts(memory).items():
        # Each of the other parts may have taken a column that its share alone does not give it.
        assert abs(drawn.count(PARTS[name][0]) - size / whole * width) <= len(PARTS)


def test_the_letters_come_in_the_order_of_the_legend() -> None:
    drawn = bar(H100, 60).plain
    order = [letter for letter, _ in PARTS.values()]
    assert drawn == "".join(sorted(drawn, key=order.index))
    assert len({letter for letter, _ in PARTS.values()}) == len(PARTS)


def test_a_smaller_device_has_a_shorter_bar() -> None:
    small = _memory(10.0, 5.0, 1.0, 1.0, 7.0)
    assert len(bar(small, 60, longest=48.0).plain) == 30
    assert len(bar(small, 60, longest=24.0).plain) == 60


def test_equal_devices_are_one_bar() -> None:
    small = _memory(10.0, 5.0, 1.0, 1.0, 7.0)
    assert counted((H100, small, H100)) == {H100: 2, small: 1}


def test_more_than_the_device_has_leaves_nothing_free() -> None:
    full = DeviceMemory(
        weights_gib=40,
        kv_cache_gib=1,
        activations_gib=0.5,
        overhead_gib=0.5,
        free_gib=0,
        total_gib=15.5,
    )
    assert parts(full)["free"] == 0
    assert "." not in bar(full, 40).plain


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_figures_are_those_of_the_bar(lang: str) -> None:
    words = Words(table=load().words, lang=lang)
    shown = figures(H100, words)
    for size in ("W 32.9", "K 34.5", "A 2.0", "O 2.0", ". 6.2", "= 77.6 GiB"):
        assert size in shown
    assert "71.4" in used_and_free(H100, words)
    assert all(letter in legend(words).plain for letter, _ in PARTS.values())


def test_activations_that_nobody_knows_are_not_said_to_be_nothing() -> None:
    words = Words(table=load().words)
    unknown = figures(_memory(16.0, 4.7, 0.0, 0.6, 2.4), words)
    assert " A ? " in unknown
    assert "A 0.0" not in unknown
    assert " A 2.0 " in figures(H100, words)
