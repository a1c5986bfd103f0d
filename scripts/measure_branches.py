"""Holds the branches that tests reach where answers are decided: 95 % of each part.

    python -m scripts.measure_branches

The exit code is 1 where a part has less, or a test fails. Ends of functions count, lines do not.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_LEAST_PERCENT = 95.0
_PARTS = {
    "recommender/rules": ("recommender/rules/",),
    "recommender/launch": ("recommender/launch/",),
    "knowledge": (
        "recommender/knowledge.py",
        "recommender/knowledge_source.py",
        "recommender/lint/",
    ),
}
_TESTS = ("tests/rules", "tests/launch", "tests/lint", "tests/devices", "tests/test_article.py")
_ALONE = ("tests/test_knowledge.py", "tests/test_knowledge_folder.py", "tests/test_pipeline.py")


def main() -> int:
    """Run the tests of these parts, print a line a part."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "coverage.json"
        coverage = ["--cov=recommender", "--cov-branch", f"--cov-report=json:{path}"]
        command = [sys.executable, "-m", "pytest", "-q", *coverage, "--cov-fail-under=0"]
        done = subprocess.run([*command, *sys.argv[1:], *_TESTS, *_ALONE], check=False)
        files = json.loads(path.read_text(encoding="utf-8"))["files"] if path.is_file() else {}
    shares = {part: share(files, beginnings) for part, beginnings in _PARTS.items()}
    for part, percent in shares.items():
        print(f"{part}: {percent:.1f} % of the branches")
    short = any(percent < _LEAST_PERCENT for percent in shares.values())
    return done.returncode or int(short)


def share(files: Mapping[str, Any], beginnings: tuple[str, ...]) -> float:
    """Percent of the branches in files whose paths begin so; 0 without any."""
    sums = [
        file["summary"]
        for path, file in files.items()
        if Path(path).as_posix().startswith(beginnings)
    ]
    known = sum(one["num_branches"] for one in sums)
    return 100 * sum(one["covered_branches"] for one in sums) / known if known else 0.0


if __name__ == "__main__":
    sys.exit(main())
