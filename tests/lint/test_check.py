"""All linters together, as ``knowledge validate`` runs them."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from recommender import lint
from tests.lint.conftest import KNOWLEDGE


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    return Path(shutil.copytree(KNOWLEDGE, tmp_path / "knowledge"))


def _replaced(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_folder_that_cannot_be_read_is_one_finding(tmp_path: Path) -> None:
    (finding,) = lint.check(tmp_path)
    assert "cannot be read" in finding


def test_where_shapes_are_wrong_nothing_else_is_looked_at(copied: Path) -> None:
    _replaced(copied / "workload.yaml", "points: -4", "points: many")
    _replaced(copied / "frameworks" / "vllm.yaml", "support: supported", "support: suported")
    found = lint.check(copied)
    assert found
    assert not any("suported" in finding for finding in found)


def test_days_to_come_are_found_by_the_readers_day(copied: Path) -> None:
    assert any("2026-11" in finding for finding in lint.check(copied, date(2026, 1, 1)))
