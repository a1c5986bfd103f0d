"""What holds for every test."""

import os

import pytest


@pytest.fixture(autouse=True, scope="session")
def _nothing_measured(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Answers are predictions here, whatever was measured on this machine."""
    os.environ["LLMPICK_MEASUREMENTS"] = str(tmp_path_factory.mktemp("measured") / "none.jsonl")
