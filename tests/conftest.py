"""What holds for every test."""

import os
from datetime import date

import pytest

from recommender.cli import clock


@pytest.fixture(autouse=True, scope="session")
def _nothing_measured(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Answers are predictions here, whatever was measured on this machine."""
    os.environ["LLMPICK_MEASUREMENTS"] = str(tmp_path_factory.mktemp("measured") / "none.jsonl")


@pytest.fixture(autouse=True, scope="session")
def _nobody_asked() -> None:
    """No test asks the package index or GitHub, but for those that serve either themselves."""
    os.environ["PIP_NO_INDEX"] = "1"
    os.environ["GITHUB_API_URL"] = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def _a_day_of_the_knowledge(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers stay as they are while the calendar goes on."""
    monkeypatch.setattr(clock, "today", lambda: date(2026, 11, 23))
