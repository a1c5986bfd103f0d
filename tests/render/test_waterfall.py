"""Reasons as a waterfall: each bar begins where the one before ended."""

import itertools

import pytest

from recommender.facts import Reason
from recommender.render.waterfall import ordered, steps


def _reasons(*points: float) -> list[Reason]:
    return [Reason(rule=f"rule.{position}", points=one) for position, one in enumerate(points)]


def test_for_comes_before_against_and_what_only_tells_comes_last() -> None:
    found = ordered(_reasons(0, -8, 12, 40, -2))
    assert [reason.points for reason in found] == [40, 12, -2, -8, 0]


@pytest.mark.parametrize("points", [(40, 20, 8), (6, 4.5, -8), (-5, -100), (0.5, 90), (0,)])
def test_bars_join_and_share_one_scale(points: tuple[float, ...]) -> None:
    drawn = [bar.plain for _, bar in steps(_reasons(*points), 24)]
    assert {len(bar) for bar in drawn} == {24}
    spans = [(len(bar) - len(bar.lstrip()), len(bar.rstrip())) for bar in drawn if bar.strip()]
    assert len(spans) == sum(point != 0 for point in points)
    for (start, end), (next_start, next_end) in itertools.pairwise(spans):
        assert next_start <= end + 1
        assert next_end >= start - 1


def test_a_step_down_goes_back_over_the_step_up() -> None:
    up, down = (bar.plain for _, bar in steps(_reasons(40, -20), 20))
    assert up == "#" * 20
    assert down == " " * 10 + "#" * 10


def test_without_columns_there_are_no_bars() -> None:
    assert [bar.plain for _, bar in steps(_reasons(40, -20), 0)] == ["", ""]
