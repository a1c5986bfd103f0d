"""Runs commands of documents in a folder of their own, as a reader does in a clone."""

import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Done, in_process
from tests.documents.reading import ROOT

Shell = Callable[[str], Done]
_SHELL_WORDS = frozenset("|<>;&$")


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the knowledge in it, which is the current one."""
    folder = tmp_path / "clone"
    folder.mkdir()
    (folder / "knowledge").symlink_to(ROOT / "knowledge")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("LLMPICK_LANG", "en")
    monkeypatch.setenv("COLUMNS", "80")
    return folder


@pytest.fixture
def shell(
    clone: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Shell:
    """Runs one line: in this process where it is llmpick alone, in a shell where it is more."""
    programs = tmp_path / "bin"
    programs.mkdir()
    script = programs / "llmpick"
    script.write_text(f'#!/bin/sh\nexec {sys.executable} -m recommender "$@"\n', encoding="utf-8")
    script.chmod(0o755)
    path = os.pathsep.join((str(programs), str(Path(sys.executable).parent), os.environ["PATH"]))
    settings = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)}

    def in_shell(line: str) -> Done:
        done = subprocess.run(
            ["/bin/sh", "-c", line],
            cwd=clone,
            env=settings,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def run(line: str) -> Done:
        alone = line.startswith("llmpick ") and not _SHELL_WORDS & set(line)
        return in_process(shlex.split(line), "", capsys, monkeypatch) if alone else in_shell(line)

    return run
