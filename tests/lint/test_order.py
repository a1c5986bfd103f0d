"""The linter of order."""

import pytest

from recommender.lint import order
from recommender.lint.loaded import Loaded
from tests.lint.conftest import Spoilt


def test_the_shipped_knowledge_is_sound(sound: Loaded) -> None:
    assert list(order.findings(sound)) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "named"),
    [
        ("vocabulary.yaml", "  agents: {", "  zebras: {", "must stand before zebras"),
        (
            "frameworks/ollama.yaml",
            "    port: 11434\n    formats: [gguf]\n",
            "    formats: [gguf]\n    port: 11434\n",
            "must stand before",
        ),
    ],
)
def test_a_mistake_is_named(spoilt: Spoilt, file: str, old: str, new: str, named: str) -> None:
    found = list(order.findings(spoilt(file, old, new)))
    assert any(named in finding for finding in found), found
