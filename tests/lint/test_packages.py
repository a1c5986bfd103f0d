"""The linter of packages."""

import pytest

from recommender.lint import packages
from recommender.lint.loaded import Loaded
from tests.lint.conftest import Spoilt


def test_the_shipped_knowledge_is_sound(sound: Loaded) -> None:
    assert list(packages.findings(sound)) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "named"),
    [
        (
            "frameworks/vllm.yaml",
            'needs: {device.compute_capability: {at_least: "7.5"}}',
            'needs: {device.compute_capability: {at_least: "6.0"}}',
            "no package was built for it",
        ),
        (
            "frameworks/vllm.yaml",
            'needs: {device.compute_capability: {at_least: "7.5"}}',
            'needs: {device.compute_capability: {at_least: "9.0"}}',
            "is rejected",
        ),
    ],
)
def test_a_mistake_is_named(spoilt: Spoilt, file: str, old: str, new: str, named: str) -> None:
    found = list(packages.findings(spoilt(file, old, new)))
    assert any(named in finding for finding in found), found


@pytest.mark.parametrize(
    ("target", "capability", "runs"),
    [
        ("8.0", "8.6", True),
        ("8.6", "8.0", False),
        ("9.0a", "9.0", True),
        ("10.0a", "10.3", False),
        ("10.0f", "10.3", True),
        ("12.0f", "12.1", True),
        ("10.0f", "12.0", False),
        ("8.0", "8.7", False),
        ("8.7", "8.7", True),
        ("8.7", "8.9", False),
        ("sm_80", "8.0", False),
    ],
)
def test_what_code_runs_where(target: str, capability: str, runs: bool) -> None:
    assert packages.covers(target, capability) is runs
