"""How far a server is, told to people."""

import pytest

from recommender.knowledge import load
from recommender.serving.display import display
from recommender.serving.readiness import State
from recommender.words import Words


def test_a_terminal_is_told_how_much_came(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    tell = display(Words(table=load().words, lang="en"), "http://127.0.0.1:8000", 15.25)
    tell(State(name="downloading", after_s=1.0, downloaded_gib=0.5))
    tell(State(name="downloading", after_s=9.0, downloaded_gib=1.5))
    assert "1.5 of about 15.2 GiB" in capsys.readouterr().err
