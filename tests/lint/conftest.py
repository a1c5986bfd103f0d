"""A copy of the knowledge folder in which a test puts one thing wrong."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from recommender.lint.loaded import Loaded, load

KNOWLEDGE = Path(__file__).parents[2] / "knowledge"
Spoilt: TypeAlias = Callable[[str, str, str], Loaded]


@pytest.fixture(scope="session")
def sound() -> Loaded:
    """The shipped knowledge."""
    return load(KNOWLEDGE)


@pytest.fixture
def spoilt(tmp_path: Path) -> Spoilt:
    """Loads the knowledge with ``old`` replaced by ``new`` once in a file."""

    def spoil(file: str, old: str, new: str) -> Loaded:
        root = tmp_path / "knowledge"
        shutil.copytree(KNOWLEDGE, root)
        path = root / file
        text = path.read_text(encoding="utf-8")
        assert old in text, (file, old)
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return load(root)

    return spoil
