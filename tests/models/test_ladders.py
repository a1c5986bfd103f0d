"""Ladders of models to propose: from the smallest up, the last one for any work."""

import pytest

from recommender.knowledge import load
from recommender.models.rows import ladder


@pytest.mark.parametrize("position", range(len(load().document["ladders"])))
def test_every_ladder_climbs(position: int) -> None:
    sizes = [model.params or 0 for model in ladder(position)]
    assert sizes == sorted(sizes)
    assert sizes[0] > 0


def test_the_last_ladder_is_for_any_work() -> None:
    assert load().document["ladders"][-1]["when"] == {}
    assert ladder(len(load().document["ladders"]) - 1)[0].name == "Qwen3-0.6B"
