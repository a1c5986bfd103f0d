"""The linter of shapes."""

import pytest

from recommender.lint import shapes
from recommender.lint.loaded import Loaded
from tests.lint.conftest import Spoilt


def test_the_shipped_knowledge_is_sound(sound: Loaded) -> None:
    assert list(shapes.findings(sound)) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "named"),
    [
        ("workload.yaml", "layer: facts", "layr: facts", "layr"),
        ("clusters.yaml", "resource: amd.com/gpu", "resorce: amd.com/gpu", "resorce"),
        ("clusters.yaml", "framework: llama.cpp", "framwork: llama.cpp", "framwork"),
        ("hosts.yaml", "slices: true", "slices: 2 of them", "slices"),
        ("conflicts.yaml", "holds_for: LMDeploy", "holds_fr: LMDeploy", "holds_fr"),
        ("frameworks/ollama.yaml", "    port: 11434", "    port: many", "port"),
    ],
)
def test_a_mistake_is_named(spoilt: Spoilt, file: str, old: str, new: str, named: str) -> None:
    found = list(shapes.findings(spoilt(file, old, new)))
    assert any(named in finding for finding in found), found
