"""The linter of sentences."""

import pytest

from recommender.lint import texts
from recommender.lint.loaded import Loaded
from tests.lint.conftest import Spoilt


def test_the_shipped_knowledge_is_sound(sound: Loaded) -> None:
    assert list(texts.findings(sound)) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "named"),
    [
        ("common.yaml", "fix: load-driver", "fix: load-drivr", "load-drivr"),
        ("words.yaml", "value.none: {en: none, zh: 无}", "value.none: {en: none}", "value.none"),
        ("words.yaml", "上下文长度 {tokens} token", "上下文长度 token", "different facts"),
        ("translations.yaml", "请用 --target {name}", "请用 --target {nam}", "take --target"),
        ("workload.yaml", "({platform.name} ", "({platform.nam} ", "platform.nam"),
    ],
)
def test_a_mistake_is_named(spoilt: Spoilt, file: str, old: str, new: str, named: str) -> None:
    found = list(texts.findings(spoilt(file, old, new)))
    assert any(named in finding for finding in found), found
