"""Names of environment variables that sources read."""

import re
from collections.abc import Iterable
from pathlib import Path

from recommender.lint.option_lists import Option


def python_names(path: Path, prefix: str) -> list[Option]:
    """The variables with this prefix that a Python file, or every one below a folder, names."""
    files = [path] if path.is_file() else sorted(path.rglob("*.py"))
    texts = (file.read_text(encoding="utf-8", errors="replace") for file in files)
    return variables(
        name for text in texts for name in re.findall(rf"\b{prefix}[A-Z0-9_]*[A-Z0-9]\b", text)
    )


def variables(names: Iterable[str]) -> list[Option]:
    """Names as rows, each once, in alphabetical order."""
    return [Option(names=(name,)) for name in sorted(set(names))]
