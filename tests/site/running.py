"""Runs lines of llmpick in a process of its own, which reads one site's folder."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.cli.conftest import Done
from tests.documents.reading import ROOT


def llmpick(here: Path, *lines: str, **variables: str) -> list[Done]:
    """How each of the lines ends that are run one after another in the folder ``here``."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LLMPICK_K")}
    done = subprocess.run(
        [sys.executable, "-m", "tests.documents.one_process"],
        cwd=here,
        env={**kept, "LLMPICK_LANG": "en", "COLUMNS": "100", "PYTHONPATH": str(ROOT), **variables},
        input=json.dumps(lines),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return [Done(*item) for item in json.loads(done.stdout)]


def written(here: Path, **files: str) -> Path:
    """A folder ``site`` with files of these names, without their ending."""
    folder = here / "site"
    folder.mkdir()
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder
