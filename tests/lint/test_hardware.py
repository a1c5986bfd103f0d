"""The linter of claims about hardware."""

import pytest

from recommender.lint import hardware
from recommender.lint.loaded import Loaded
from tests.lint.conftest import Spoilt


def test_the_shipped_knowledge_is_sound(sound: Loaded) -> None:
    assert list(hardware.findings(sound)) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "named"),
    [
        (
            "article.yaml",
            "{device.vendor: apple, device.series: apple-silicon}",
            "{device.vendor: qualcomm}",
            "no platform drives it",
        ),
    ],
)
def test_a_mistake_is_named(spoilt: Spoilt, file: str, old: str, new: str, named: str) -> None:
    found = list(hardware.findings(spoilt(file, old, new)))
    assert any(named in finding for finding in found), found
