"""The linter of remedies."""

import pytest

from recommender.lint import remedies
from recommender.lint.loaded import Loaded
from tests.lint.conftest import Spoilt


def test_the_shipped_knowledge_is_sound(sound: Loaded) -> None:
    assert list(remedies.findings(sound)) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "named"),
    [
        ("remedies.yaml", "severity: warning", "severity: warming", "warming"),
    ],
)
def test_a_mistake_is_named(spoilt: Spoilt, file: str, old: str, new: str, named: str) -> None:
    found = list(remedies.findings(spoilt(file, old, new)))
    assert any(named in finding for finding in found), found
