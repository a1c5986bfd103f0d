"""The linter of launches."""

import pytest

from recommender.lint import launches
from recommender.lint.loaded import Loaded
from tests.lint.conftest import Spoilt


def test_the_shipped_knowledge_is_sound(sound: Loaded) -> None:
    assert list(launches.findings(sound)) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "named"),
    [
        (
            "frameworks/ollama.yaml",
            '"{fit.context_tokens}"',
            '"{fit.contxt_tokens}"',
            "fit.contxt_tokens",
        ),
        ("frameworks/ollama.yaml", '"{fit.context_tokens}"', '"{device.chip}"', "a word is empty"),
        (
            "frameworks/ollama.yaml",
            "device: {device.vendor: apple",
            "device: {device.vendor: aple",
            "no device of",
        ),
    ],
)
def test_a_mistake_is_named(spoilt: Spoilt, file: str, old: str, new: str, named: str) -> None:
    found = list(launches.findings(spoilt(file, old, new)))
    assert any(named in finding for finding in found), found


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("vllm", "role: worker\n            run:", "run:"),
        ("xinference", "            role: everywhere\n", ""),
    ],
)
def test_a_line_for_further_machines_has_a_role(
    spoilt: Spoilt, file: str, old: str, new: str
) -> None:
    found = list(launches.findings(spoilt(f"frameworks/{file}.yaml", old, new)))
    assert any("a line needs a role" in finding for finding in found), found
