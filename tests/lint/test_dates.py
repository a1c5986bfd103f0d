"""The linter of dates."""

from datetime import date

import pytest

from recommender.lint import dates
from recommender.lint.loaded import Loaded
from tests.lint.conftest import Spoilt


def test_the_shipped_knowledge_is_sound(sound: Loaded) -> None:
    assert list(dates.findings(sound)) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "named"),
    [
        ("corrections.yaml", "checked: 2026-11-22", "checked: soon", "soon"),
        ("corrections.yaml", "checked: 2026-11-22", "checked: ~", "a date such as"),
        ("common.yaml", "    checked: 2026-11-22\n", "", "does not say when"),
    ],
)
def test_a_mistake_is_named(spoilt: Spoilt, file: str, old: str, new: str, named: str) -> None:
    found = list(dates.findings(spoilt(file, old, new)))
    assert any(named in finding for finding in found), found


def test_no_fact_is_from_the_future(sound: Loaded, spoilt: Spoilt) -> None:
    assert list(dates.future(sound, date(2026, 11, 23))) == []
    ahead = spoilt("corrections.yaml", "checked: 2026-11-22", "checked: 2062-11-22")
    assert any("2062-11-22" in finding for finding in dates.future(ahead, date(2026, 11, 22)))
