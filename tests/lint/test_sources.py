"""The linter of sources."""

import pytest

from recommender.lint import sources
from recommender.lint.loaded import Loaded
from tests.lint.conftest import Spoilt


def test_the_shipped_knowledge_is_sound(sound: Loaded) -> None:
    assert list(sources.findings(sound)) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "named"),
    [
        ("corrections.yaml", "source: tgi-readme", "source: tgi-readm", "tgi-readm"),
        (
            "sources.yaml",
            "  uv-install-doc:",
            "  unheard-of-doc:",
            "unheard-of-doc is used by nothing",
        ),
        ("parsers.yaml", ", source: parsers-2026-11", "", "names no source"),
        (
            "sources.yaml",
            '    version: "2026-01-22"',
            "    version: null",
            "the version that was read",
        ),
    ],
)
def test_a_mistake_is_named(spoilt: Spoilt, file: str, old: str, new: str, named: str) -> None:
    found = list(sources.findings(spoilt(file, old, new)))
    assert any(named in finding for finding in found), found
