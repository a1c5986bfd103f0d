"""What a command prints to a terminal, with its colours."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
COLUMNS = 80


def captured(arguments: list[str]) -> str:
    """What ``llmpick`` with these arguments prints to a terminal of 80 columns, as ANSI text.

    The measurements of this machine are left out, so that everybody gets the same.

    Raises:
        subprocess.CalledProcessError: the command failed.
    """
    settings = {
        **{key: value for key, value in os.environ.items() if not key.startswith("LLMPICK_")},
        "COLUMNS": str(COLUMNS),
        "FORCE_COLOR": "1",
        "LANG": "C.UTF-8",
        "LLMPICK_MEASUREMENTS": str(Path(tempfile.gettempdir()) / "llmpick" / "nothing.jsonl"),
        "PYTHONIOENCODING": "utf-8",
        "PYTHONPATH": str(ROOT),
        "TERM": "xterm-256color",
    }
    settings.pop("NO_COLOR", None)
    command = [sys.executable, "-m", "recommender", *arguments]
    done = subprocess.run(command, env=settings, capture_output=True, check=True)
    return done.stdout.decode()
