"""Mistakes in where releases are told."""

import pytest

from recommender.lint import releases
from recommender.lint.loaded import Loaded
from tests.lint.conftest import Spoilt


def test_the_shipped_feeds_are_sound(sound: Loaded) -> None:
    assert list(releases.findings(sound)) == []


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("platforms: [tpu]", "platforms: [tqu]", "no platform is called 'vllm/tqu'; did you mean"),
        ("platforms: [tpu]", "platforms: [cuda]", "vllm/cuda stands 2 times"),
        ("[{package: vllm-tpu}]", "[{}]", "vllm: a feed names a package or a repository"),
        (r"tag: 'b(\d+)'", r"tag: 'b\d+'", "needs one group"),
        (r"tag: 'b(\d+)'", "tag: 'b(('", "is no pattern"),
    ],
)
def test_a_mistake_is_named(spoilt: Spoilt, old: str, new: str, named: str) -> None:
    found = list(releases.findings(spoilt("releases.yaml", old, new)))
    assert any(named in finding for finding in found), found
