"""Compares what the probe reads in recorded outputs with the truth that is written beside them.

Run as ``python -m tests.acceptance.run_hardware DIR``; DIR holds an ``index.json`` whose rows have
``file`` and ``truth``. Keys of a truth that begin with ``note`` are remarks for people; any other
key that is not known here is reported as unchecked.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.acceptance.recordings import Recording, replay
from tests.acceptance.truth import CHECKS, VITAL

RIGHT, WRONG, UNCHECKED = "right", "wrong", "unchecked"
_LEAST_RIGHT, _MOST_UNCHECKED = 0.97, 0.03


@dataclass(frozen=True)
class Result:
    """How one key of one file came out."""

    file: str
    vendor: str
    key: str
    outcome: str
    expected: Any = None
    found: str = ""

    @property
    def vital(self) -> bool:
        """Whether the key counts devices or measures memory: none of those may be wrong."""
        return self.outcome == WRONG and self.key.rpartition(".")[2] in VITAL


def results(folder: Path) -> list[Result]:
    """Every key of every row of the index.

    Raises:
        OSError: there is no such folder or index.
        ValueError: the index is no JSON.

    """
    index = json.loads((folder / "index.json").read_text(encoding="utf-8"))
    rows = index if isinstance(index, list) else index["files"]
    return [result for row in rows for result in _row(folder, row["file"], row["truth"])]


def _row(folder: Path, file: str, truth: Mapping[str, Any]) -> Iterator[Result]:
    vendor = file.partition("/")[0]
    facts = {key: value for key, value in truth.items() if not key.startswith("note")}
    try:
        recording = replay(folder / file, vendor)
    except (LookupError, OSError) as error:
        for key, expected in facts.items():
            yield Result(file, vendor, key, UNCHECKED, expected, str(error))
        return
    for key, expected in facts.items():
        yield from _compared(recording, file, vendor, key, expected)


def _compared(
    recording: Recording, file: str, vendor: str, key: str, expected: Any
) -> Iterator[Result]:
    check = CHECKS.get(key)
    if check is None:
        yield Result(file, vendor, key, UNCHECKED, expected, "the key is not known")
        return
    for part, right, wanted, found in check(recording, key, expected):
        outcome = UNCHECKED if right is None else RIGHT if right else WRONG
        yield Result(file, vendor, part, outcome, wanted, found)


def report(found: Sequence[Result]) -> Iterator[str]:
    """What is not right, then the counts by vendor and in all."""
    for result in found:
        if result.outcome != RIGHT:
            yield (
                f"{result.outcome}: {result.file} {result.key}: "
                f"expected {result.expected!r}, found {result.found}"
            )
    yield f"{'vendor':<12}{'checked':>9}{'right':>8}{'wrong':>8}{'unchecked':>11}"
    for vendor in dict.fromkeys(result.vendor for result in found):
        yield _line(vendor, [result for result in found if result.vendor == vendor])
    yield _line("all", found)


def _line(label: str, found: Sequence[Result]) -> str:
    counts = Counter(result.outcome for result in found)
    checked = counts[RIGHT] + counts[WRONG]
    return f"{label:<12}{checked:>9}{counts[RIGHT]:>8}{counts[WRONG]:>8}{counts[UNCHECKED]:>11}"


def passed(found: Sequence[Result]) -> bool:
    """At least 97 % of the checked keys right, no count or memory wrong, under 3 % unchecked."""
    counts = Counter(result.outcome for result in found)
    checked = counts[RIGHT] + counts[WRONG]
    return (
        counts[RIGHT] >= _LEAST_RIGHT * checked > 0
        and not any(result.vital for result in found)
        and counts[UNCHECKED] < _MOST_UNCHECKED * len(found)
    )


def main(arguments: Sequence[str]) -> int:
    """Print the report; 0 if the bounds hold, 1 if not, 2 if there is nothing to run."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m tests.acceptance.run_hardware DIR\n")
        return 2
    try:
        found = results(Path(arguments[0]))
    except (OSError, ValueError, KeyError) as error:
        sys.stderr.write(f"{arguments[0]}: no index of recordings can be read ({error})\n")
        return 2
    for line in report(found):
        sys.stdout.write(f"{line}\n")
    sys.stdout.write("passed\n" if passed(found) else "failed\n")
    return 0 if passed(found) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
