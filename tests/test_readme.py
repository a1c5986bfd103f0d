"""Every command of the README and of docs/ runs and answers."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def _commands() -> list[str]:
    found: list[str] = []
    for path in TEXTS:
        for block in re.findall(r"```sh\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL):
            found += [line for line in block.strip().splitlines() if line.strip()]
    return found


SET_UP = [command for command in _commands() if command.startswith("python3 -m venv")]


@pytest.mark.parametrize("command", [c for c in _commands() if c not in SET_UP])
def test_command(command: str, tmp_path: Path) -> None:
    assert command.startswith("llmpick ")
    # What writes a file writes it elsewhere.
    page = tmp_path / "report.html" if "-o report.html" in command else None
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=tmp_path if page else ROOT,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert page.read_text(encoding="utf-8") if page else done.stdout.strip()


def test_the_two_set_up_commands_are_what_the_ci_script_runs() -> None:
    assert len(SET_UP) == 2
    assert SET_UP[0].endswith("llmpick recommend")
    assert "pytest" in SET_UP[1]
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "readme 1" in script
    assert "readme 2" in script


def test_the_exit_codes_are_the_same_everywhere() -> None:
    from recommender.cli.knowledge_commands import INVALID
    from recommender.cli.recommend_command import NOTHING_RUNS

    readme = TEXTS[0].read_text(encoding="utf-8")
    for code in (0, 1, 2, NOTHING_RUNS, INVALID):
        assert f"| {code} |" in readme
