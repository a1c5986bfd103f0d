"""The linter of conflicts and parsers."""

import pytest

from recommender.lint import conflicts
from recommender.lint.loaded import Loaded
from tests.lint.conftest import Spoilt


def test_the_shipped_knowledge_is_sound(sound: Loaded) -> None:
    assert list(conflicts.findings(sound)) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "named"),
    [
        ("conflicts.yaml", "about: [article.3]", "about: [article.9]", "article.9"),
        (
            "conflicts.yaml",
            "rules: [correction.vllm-lora]",
            "rules: [correction.vllm-lara]",
            "vllm-lara",
        ),
        (
            "parsers.yaml",
            "{family: qwen3-coder, names: [qwen3-coder]",
            "{family: qwen3-coder, names: [qwen3]",
            "is never reached",
        ),
        ("parsers.yaml", "vllm: hermes", "vlm: hermes", "vlm"),
    ],
)
def test_a_mistake_is_named(spoilt: Spoilt, file: str, old: str, new: str, named: str) -> None:
    found = list(conflicts.findings(spoilt(file, old, new)))
    assert any(named in finding for finding in found), found
