"""The linter of conditions."""

import pytest

from recommender.lint import conditions
from recommender.lint.loaded import Loaded
from tests.lint.conftest import Spoilt


def test_the_shipped_knowledge_is_sound(sound: Loaded) -> None:
    assert list(conditions.findings(sound)) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "named"),
    [
        ("workload.yaml", "workload.allow: {lacks", "workload.alow: {lacks", "workload.alow"),
        ("workload.yaml", "{lacks: source}", "{laks: source}", "laks"),
        ("recommendations.yaml", "holds: many-models", "holds: many-modls", "many-modls"),
        ("situations.yaml", "offline: {workload.offline: true}", "offline: 3", "must be a mapping"),
    ],
)
def test_a_mistake_is_named(spoilt: Spoilt, file: str, old: str, new: str, named: str) -> None:
    found = list(conditions.findings(spoilt(file, old, new)))
    assert any(named in finding for finding in found), found
