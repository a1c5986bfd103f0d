"""The linter of tables."""

import pytest

from recommender.lint import rows
from recommender.lint.loaded import Loaded
from tests.lint.conftest import Spoilt


def test_the_shipped_knowledge_is_sound(sound: Loaded) -> None:
    assert list(rows.findings(sound)) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "named"),
    [
        (
            "accelerators.yaml",
            "name: GeForce RTX 5090 D,",
            "name: GeForce RTX 5090,",
            "stands twice",
        ),
        ("models.yaml", "models:\n", "modls:\n", "is missing"),
        ("hosts.yaml", "name: vllm/vllm-openai-cpu", "name: vllm/vllm-openai", "stands twice"),
        ("hosts.yaml", "    source: nvidia-modprobe-man\n", "", "nvidia names no source"),
    ],
)
def test_a_mistake_is_named(spoilt: Spoilt, file: str, old: str, new: str, named: str) -> None:
    found = list(rows.findings(spoilt(file, old, new)))
    assert any(named in finding for finding in found), found
