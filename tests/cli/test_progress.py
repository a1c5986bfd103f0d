"""Progress is for terminals alone, on standard error."""

import os
import subprocess
import sys

import pytest

from recommender.cli.progress import working

pty = pytest.importorskip("pty", reason="needs a pseudo-terminal")


_WORK = """
from recommender.cli.progress import working
with working("reading the first") as tell:
    tell("reading the second")
"""


def _on_a_terminal(term: str) -> str:
    """What a terminal gets as the standard error of a program that shows two texts."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": term, "COLUMNS": "80"}
    subprocess.run(
        [sys.executable, "-c", _WORK], stderr=theirs, env=environment, check=True, timeout=60
    )
    os.close(theirs)
    told = os.read(ours, 65536).decode()
    os.close(ours)
    return told


def test_a_terminal_shows_what_goes_on_and_ends_clean() -> None:
    told = _on_a_terminal("xterm-256color")
    assert "reading the" in told
    assert told.endswith("\x1b[?25h\r\x1b[1A\x1b[2K")


def test_a_terminal_that_cannot_draw_gets_lines() -> None:
    told = _on_a_terminal("dumb")
    assert told.split("\r\n") == ["reading the first", "reading the second", ""]


def test_a_pipe_gets_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with working("reading") as tell:
        tell("still reading")
    assert capsys.readouterr() == ("", "")
