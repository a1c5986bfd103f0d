"""Rows of measurements, and how near predictions come to them: what the runners share.

A file is a JSON list of objects; ``suspect`` marks rows that nobody should be measured by. A row is
predicted or has a reason why not; none is left out.
"""

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean, median
from typing import Any, NamedTuple

from recommender.errors import InputError, printable

Row = Mapping[str, Any]
_NEAR, _NEARISH, _TWICE, _UNDER = 0.10, 0.20, 2.0, -0.10


class Rows(list[Row]):
    """The rows that count; ``suspects`` is how many were marked and left aside."""

    suspects: int = 0


def rows(path: Path) -> Rows:
    """The rows of a file without those marked ``suspect``, which are counted.

    Raises:
        InputError: the file cannot be read, or is no JSON list of objects.
    """
    every = _objects(path)
    found = Rows(row for row in every if not row.get("suspect"))
    found.suspects = len(every) - len(found)
    return found


def _objects(path: Path) -> list[dict[str, Any]]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        message = f"{printable(path)} cannot be read as JSON ({printable(error)})"
        raise InputError(message) from error
    if not isinstance(data, list) or not all(isinstance(row, dict) for row in data):
        message = f"{printable(path)} must hold a JSON list of objects, one a measurement"
        raise InputError(message)
    return data


class Pair(NamedTuple):
    """One measurement, what was predicted for it, and the range that was given, if any."""

    id: str
    predicted: float
    observed: float
    low: float | None = None
    high: float | None = None

    @property
    def error(self) -> float:
        """Predicted / observed - 1."""
        return self.predicted / self.observed - 1


@dataclass
class Score:
    """How one quantity of one framework came out."""

    quantity: str
    framework: str
    pairs: list[Pair] = field(default_factory=list)
    unpredicted: list[tuple[str, str]] = field(default_factory=list)

    def predict(
        self,
        row_id: str,
        predicted: float,
        observed: float,
        bounds: tuple[float, float] | None = None,
    ) -> None:
        """Add a prediction, with its range where it is one."""
        self.pairs.append(Pair(row_id, predicted, observed, *(bounds or (None, None))))

    def miss(self, row_id: str, reason: str) -> None:
        """Add a row that could not be predicted."""
        self.unpredicted.append((row_id, reason))

    def statistics(self) -> dict[str, Any]:
        """Counts, errors as fractions and shares; None where nothing was predicted.

        ``under`` is the share predicted more than 10 % too low, ``covered`` the share inside the
        range that was given.
        """
        errors = [pair.error for pair in self.pairs]
        absolute = [abs(error) for error in errors]
        ranged = [pair for pair in self.pairs if pair.low is not None and pair.high is not None]
        return {
            "quantity": self.quantity,
            "framework": self.framework,
            "rows": len(self.pairs) + len(self.unpredicted),
            "n": len(self.pairs),
            "median": median(errors) if errors else None,
            "mean_abs": fmean(absolute) if absolute else None,
            "within_10": _share(error <= _NEAR for error in absolute),
            "within_20": _share(error <= _NEARISH for error in absolute),
            "within_2x": _share(1 / _TWICE <= 1 + error <= _TWICE for error in errors),
            "under": _share(error < _UNDER for error in errors),
            "covered": _share((p.low or 0) <= p.observed <= (p.high or 0) for p in ranged),
            "unpredicted": dict(Counter(reason for _, reason in self.unpredicted).most_common()),
        }


def _share(holds: Iterable[bool]) -> float | None:
    found = list(holds)
    return sum(found) / len(found) if found else None


class Scores(dict[tuple[str, str], Score]):
    """Scores by quantity and framework, made as they are asked for."""

    def __missing__(self, key: tuple[str, str]) -> Score:
        """A new score of this quantity and framework."""
        self[key] = Score(*key)
        return self[key]

    def together(self) -> list[Score]:
        """For every quantity its frameworks, then all of them together, where they are several."""
        found = []
        for quantity in dict.fromkeys(name for name, _ in self):
            parts = [score for (name, _), score in self.items() if name == quantity]
            found += sorted(parts, key=lambda score: score.framework)
            if len(parts) > 1:
                whole = Score(quantity, "all")
                for part in parts:
                    whole.pairs += part.pairs
                    whole.unpredicted += part.unpredicted
                found.append(whole)
        return found


_COLUMNS = ("median", "mean_abs", "within_10", "within_20", "within_2x", "under", "covered")


def table(scores: Iterable[Score]) -> str:
    """The statistics as lines of text, with the reasons of what was not predicted below them."""
    found = [score.statistics() for score in scores]
    width = max((len(one["quantity"]) for one in found), default=8)
    head = f"{'quantity':<{width}}  {'framework':<13}{'rows':>5}{'n':>5}"
    lines = [head + "".join(f"{name.replace('_', ' '):>11}" for name in _COLUMNS)]
    lines += [
        f"{one['quantity']:<{width}}  {one['framework']:<13}{one['rows']:>5}{one['n']:>5}"
        + "".join(_percent(name, one[name]) for name in _COLUMNS)
        for one in found
    ]
    missed = [one for one in found if one["unpredicted"] and one["framework"] != "all"]
    for one in missed:
        for reason, count in one["unpredicted"].items():
            lines.append(
                f"not predicted: {one['quantity']}, {one['framework']}: {count} x {reason}"
            )
    return "\n".join(lines)


def _percent(name: str, value: float | None) -> str:
    if value is None:
        return f"{'-':>11}"
    return f"{value:>+11.1%}" if name == "median" else f"{value:>11.1%}"


def listing(scores: Iterable[Score]) -> str:
    """One line a row: what was predicted and observed, or why nothing was."""
    lines = []
    for score in scores:
        place = f"{score.quantity}, {score.framework}"
        for pair in sorted(score.pairs, key=lambda pair: pair.error):
            span = f" [{pair.low:.4g}, {pair.high:.4g}]" if pair.low and pair.high else ""
            lines.append(
                f"{pair.id}  {place}: {pair.predicted:.4g}{span} for {pair.observed:.4g} "
                f"({pair.error:+.0%})"
            )
        lines += [f"{row}  {place}: {printable(reason)}" for row, reason in score.unpredicted]
    return "\n".join(lines)


def main(name: str, arguments: Sequence[str], predict: Callable[[Sequence[Row]], Scores]) -> int:
    """Print the scores of a file: 0, or 2 with one sentence where the file is none.

    Args:
        name: the module, for the usage.
        arguments: FILE, and ``--rows`` for every row or ``--json`` for a document.
        predict: what turns the rows into scores.
    """
    options = {argument for argument in arguments if argument.startswith("--")}
    files = [argument for argument in arguments if argument not in options]
    if len(files) != 1 or options - {"--rows", "--json"}:
        sys.stderr.write(f"usage: python -m {name} FILE [--rows] [--json]\n")
        return 2
    try:
        found = rows(Path(files[0]))
        scores = predict(found)
    except InputError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        what = f"{type(error).__name__}: {printable(error)}"
        sys.stderr.write(f"{printable(files[0])} has a row that is no measurement ({what})\n")
        return 2
    _print(scores, found.suspects, options)
    return 0


def _print(scores: Scores, suspects: int, options: set[str]) -> None:
    every = scores.together()
    own = list(scores.values())
    if "--json" in options:
        document: dict[str, Any] = {
            "suspects": suspects,
            "scores": [score.statistics() for score in every],
        }
        if "--rows" in options:
            document["rows"] = [_row(score, pair) for score in own for pair in score.pairs]
            document["unpredicted"] = [
                {"id": row, "quantity": score.quantity, "reason": reason}
                for score in own
                for row, reason in score.unpredicted
            ]
        sys.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")
        return
    if "--rows" in options:
        sys.stdout.write(listing(own) + "\n\n")
    sys.stdout.write(f"{table(every)}\nsuspect rows left aside: {suspects}\n")


def _row(score: Score, pair: Pair) -> dict[str, Any]:
    return {"quantity": score.quantity, "framework": score.framework, **pair._asdict()}
