"""What share of the branches of a part was reached."""

from typing import Any

import pytest

from scripts.measure_branches import share


def _file(known: int, covered: int) -> dict[str, Any]:
    return {"summary": {"num_branches": known, "covered_branches": covered}}


def test_branches_of_a_part_are_summed() -> None:
    files = {
        "recommender/rules/a.py": _file(30, 29),
        "recommender/rules/b.py": _file(10, 9),
        "recommender/launch/a.py": _file(10, 1),
    }
    assert share(files, ("recommender/rules/",)) == pytest.approx(95.0)
    assert share(files, ("recommender/rules/", "recommender/launch/a.py")) == pytest.approx(78.0)


def test_a_part_that_nobody_measured_is_not_held() -> None:
    assert share({}, ("recommender/rules/",)) == 0.0
