"""Mistakes in what schedulers call things."""

import pytest

from recommender.lint import schedulers
from recommender.lint.loaded import Loaded
from tests.lint.conftest import Spoilt


def test_the_shipped_names_exist(sound: Loaded) -> None:
    assert list(schedulers.findings(sound)) == []


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("names: [L40S]", "names: [L4OS]", "no accelerator is called 'L4OS'"),
        ("names: [A30]", "names: [A40]", "skypilot: A40 stands 2 times"),
        ("engines: {vllm: 0.26.0}", "engines: {vlm: 0.26.0}", "no framework is called 'vlm'"),
        ("image: ollama/ollama", "image: vllm/vllm-openai", "vllm/vllm-openai stands 2 times"),
    ],
)
def test_a_mistake_is_named(spoilt: Spoilt, old: str, new: str, named: str) -> None:
    found = list(schedulers.findings(spoilt("schedulers.yaml", old, new)))
    assert any(named in finding for finding in found), found
