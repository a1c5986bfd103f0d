"""Runs llmpick as a user does, in this process."""

import io
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from recommender.cli.main import run as start


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The result, read as JSON."""
        return json.loads(self.out)


Run = Callable[..., Done]


def in_process(
    words: list[str],
    stdin: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Done:
    """How a command line ends that is run in this process."""
    monkeypatch.setattr(sys, "argv", words)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
    capsys.readouterr()
    try:
        start()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    captured = capsys.readouterr()
    return Done(code, captured.out, captured.err)


@pytest.fixture
def llmpick(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """``llmpick("recommend", "--json", stdin="...")``."""
    monkeypatch.setenv("LLMPICK_LANG", "en")

    def run(*arguments: str, stdin: str = "") -> Done:
        return in_process(["llmpick", *arguments], stdin, capsys, monkeypatch)

    return run


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The measurement file of this test; no key is in the environment."""
    file = tmp_path / "data" / "measurements.jsonl"
    monkeypatch.setenv("LLMPICK_MEASUREMENTS", str(file))
    for name in ("OPENAI_API_KEY", "LLMPICK_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    return file
