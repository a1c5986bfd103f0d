"""The linter of words."""

import pytest

from recommender.lint import vocabulary
from recommender.lint.loaded import Loaded
from tests.lint.conftest import Spoilt


def test_the_shipped_knowledge_is_sound(sound: Loaded) -> None:
    assert list(vocabulary.findings(sound)) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "named"),
    [
        ("workload.yaml", "{has: cross-platform}", "{has: cros-platform}", "cros-platform"),
        (
            "vocabulary.yaml",
            "  vision: {en: images as input, zh: 图像输入}\ninstalls",
            "  juggling: {en: x, zh: x}\n  vision: {en: images as input, zh: 图像输入}\ninstalls",
            "juggling means nothing",
        ),
        ("frameworks/vllm.yaml", "support: supported", "support: suported", "suported"),
        (
            "vocabulary.yaml",
            "  speculative-decoding: {en: speculative decoding, zh: 投机解码, terms",
            "  speculation: {en: speculative decoding, zh: 投机解码, terms",
            "speculative-decoding",
        ),
    ],
)
def test_a_mistake_is_named(spoilt: Spoilt, file: str, old: str, new: str, named: str) -> None:
    found = list(vocabulary.findings(spoilt(file, old, new)))
    assert any(named in finding for finding in found), found
