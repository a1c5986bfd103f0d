"""The score of every file."""

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from scripts.mutate.forking import HUNG, Outcome
from scripts.mutate.mutant import ROOT


def report(outcomes: list[Outcome], counts: Mapping[Path, int]) -> str:
    """A row a file (killed, of how many tried, of how many there are), then that of all."""
    by_file: dict[Path, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        by_file[outcome.trial.mutant.path].append(outcome)
    rows = [_row(path, by_file[path], number) for path, number in counts.items() if by_file[path]]
    return "\n".join((*rows, _row(None, outcomes, sum(counts.values()))))


def _row(path: Path | None, outcomes: list[Outcome], number: int) -> str:
    killed = [item for item in outcomes if item.killer]
    hung = sum(1 for item in killed if item.killer == HUNG)
    name = path.relative_to(ROOT) if path else "in all"
    share = f"{100 * len(killed) / len(outcomes):.0f} %"
    late = f", {hung} by the time limit" if hung else ""
    return f"{name}: {share}, {len(killed)} of {len(outcomes)} tried of {number}{late}"
