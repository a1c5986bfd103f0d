"""Runs lines of llmpick one after another in a process of its own, which reads knowledge once.

    python -m tests.documents.one_process < LINES, as JSON

Prints a JSON list of what each line gave: exit code, output, errors.
"""

import io
import json
import shlex
import sys
from contextlib import redirect_stderr, redirect_stdout

from recommender.cli.main import run


def main() -> None:
    """Run the lines of standard input."""
    found = [_run(shlex.split(line)) for line in json.load(sys.stdin)]
    json.dump(found, sys.stdout)


def _run(words: list[str]) -> tuple[int, str, str]:
    sys.argv = words
    out, err = io.StringIO(), io.StringIO()
    code = 0
    with redirect_stdout(out), redirect_stderr(err):
        try:
            run()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
    return code, out.getvalue(), err.getvalue()


if __name__ == "__main__":
    main()
