"""Commands as processes of their own, in surroundings that a shell line makes."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Ended:
    """How a shell line ended."""

    code: int
    out: str
    err: str

    def told(self) -> "Ended":
        """The same, without a traceback."""
        for text in (self.out, self.err):
            assert "Traceback" not in text, text[-2000:]
            assert "Exception ignored" not in text, text[-2000:]
            assert "Fatal Python" not in text, text[-2000:]
        return self


Line = Callable[..., Ended]


@pytest.fixture
def line(tmp_path: Path) -> Line:
    """Runs a line of sh in an empty folder, in which ``llmpick`` is this program."""
    home = tmp_path / "home"
    home.mkdir()
    work = tmp_path / "work"
    work.mkdir()

    def run(text: str, **env: str) -> Ended:
        whole = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "PYTHONPATH": str(ROOT),
            "LLMPICK_LANG": "en",
            **env,
        }
        program = f'llmpick() {{ "{sys.executable}" -m recommender "$@"; }}'
        done = subprocess.run(
            ["/bin/sh", "-c", f"{program}\n{text}"],
            cwd=work,
            env=whole,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=120,
            check=False,
        )
        out, err = done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
        return Ended(done.returncode, out, err).told()

    return run
