"""What people see, kept as files: at three widths, in both languages, on a terminal and in a pipe.

``python -m pytest tests/cli/screens --snapshot-update`` writes them anew; look at what changed.
"""

import os
import re
import struct
import subprocess
import sys

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from tests.cli.conftest import Run

fcntl, pty, termios = (
    pytest.importorskip(name, reason="needs a pseudo-terminal")
    for name in ("fcntl", "pty", "termios")
)

WORKS = {
    "server": (
        *("recommend", "--gpu", "H100 SXM 80GB:8", "--use-case", "production"),
        *("--concurrency", "200", "--model", "meta-llama/Llama-3.3-70B-Instruct"),
    ),
    "old": ("recommend", "--gpu", "Tesla T4", "--model", "Qwen/Qwen3-14B", "--concurrency", "32"),
    "domestic": ("recommend", "--gpu", "Ascend 910B3:8", "--use-case", "domestic"),
    "explain": ("explain", "lmdeploy", "--gpu", "Ascend 910B3:8"),
    "frameworks": ("frameworks",),
    "verbose": ("recommend", "-v", "--gpu", "RTX 4090", "--model", "Qwen/Qwen3-8B"),
}
COLOURED = re.compile(r"\x1b\[[\d;]*m")


class _Text(SingleFileSnapshotExtension):
    file_extension = "txt"
    _write_mode = WriteMode.TEXT


@pytest.fixture
def kept(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """The capture of this test as a text file of its own."""
    return snapshot.use_extension(_Text)


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("name", WORKS)
def test_in_a_pipe(
    llmpick: Run,
    monkeypatch: pytest.MonkeyPatch,
    kept: SnapshotAssertion,
    name: str,
    width: int,
    lang: str,
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    assert llmpick(*WORKS[name], "--lang", lang).out == kept


def _on_a_terminal(*arguments: str, **variables: str) -> str:
    """All that a terminal of 80 columns gets from llmpick."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 80, 0, 0))
    kept = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "CI"}}
    environment = {**kept, "TERM": "xterm-256color", "COLORTERM": "", **variables}
    command = [sys.executable, "-m", "recommender", *arguments]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment):
        os.close(theirs)
        told = b""
        while part := _read(ours):
            told += part
    os.close(ours)
    return told.decode().replace("\r\n", "\n")


def _read(side: int) -> bytes:
    try:
        return os.read(side, 65536)
    except OSError:  # Linux ends so what a terminal reads when its last writer is gone.
        return b""


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_on_a_terminal(kept: SnapshotAssertion, lang: str) -> None:
    assert _on_a_terminal(*WORKS["old"], "--lang", lang) == kept


@pytest.mark.parametrize("name", ["server", "domestic"])
def test_a_terminal_gets_the_text_of_a_pipe_in_sixteen_colours(llmpick: Run, name: str) -> None:
    told = _on_a_terminal(*WORKS[name])
    codes = {code for found in re.findall(r"\x1b\[([\d;]*)m", told) for code in found.split(";")}
    assert codes
    # Colours of the reader's own palette are readable on dark and on light ground.
    assert codes <= {"", "0", "1", "2", *map(str, range(31, 37))}
    assert COLOURED.sub("", told) == llmpick(*WORKS[name]).out


@pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_who_wants_no_colour_gets_clean_text(llmpick: Run, variables: dict[str, str]) -> None:
    told = _on_a_terminal(*WORKS["old"], **variables)
    assert COLOURED.sub("", told) == llmpick(*WORKS["old"]).out
    assert set(re.findall(r"\x1b\[([\d;]*)m", told)) <= {"1", "0", "2"}
    if "TERM" in variables:
        assert "\x1b" not in told
