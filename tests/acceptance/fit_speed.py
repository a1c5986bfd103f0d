"""Fits the rows of knowledge/speed.yaml: ``python -m tests.acceptance.fit_speed FILE [--check]``.

``--check`` fits on half of the model families and reports the score of the other half, which
nothing was fitted to; without it the rows fitted on all families are printed. Few parameters: a
share of the bandwidth and a time a layer for a class of devices, a share of the operations and a
time a request for an engine.
"""

import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import exp, log
from pathlib import Path
from typing import Any

from recommender.knowledge import document
from recommender.rules.rates import EVERY_CLASS, Rates
from recommender.rules.roofline import Rated
from tests.acceptance.rows import Row, rows, table
from tests.acceptance.run_speed import scores
from tests.acceptance.speed_cases import ALONE, Case, cases, family, predict

# Families that are fitted to with --check; all others are held apart.
CALIBRATION = frozenset(
    ("llama", "qwen3", "gemma", "falcon", "lfm", "minimax", "glm", "other", "mistral", "gpt-oss")
)
# One wild run may not turn a fit.
_MOST_ERROR = 0.7
_LEAST_RUNS = 2
# A run that differs by more than this measured something else: a busy machine, weights in main
# memory.
_ELSEWHERE = log(3)
_MOSTLY, _NO_RANGE = 0.7, 9.0
_USUAL, _USUAL_US, _PULL = 0.8, 60, 0.01
# A wider range than this helps nobody, a little more where many runs say that it is so.
_WIDE, _WIDEST, _MANY = 3.0, 3.6, 6
# Finer classes of weights are told apart where so many runs support it.
_BAND_RUNS = 5
_BANDS = ((0.0, 3.2), (3.2, 7.0), (7.0, 12.0), (12.0, 99.0))
_EFFICIENCIES = [step / 100 for step in range(8, 101, 2)]
_LAYER_US = [0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 120, 140, 170, 200, 250, 300, 400, 500]
_COMPUTES = [
    0.02,
    0.03,
    0.05,
    0.07,
    0.1,
    0.13,
    0.16,
    0.2,
    0.25,
    0.3,
    0.35,
    0.4,
    0.5,
    0.6,
    0.7,
    0.8,
    1.0,
    1.25,
    1.5,
    2.0,
    2.5,
    3,
    4,
    5,
]
_REQUEST_US = [
    0,
    5,
    10,
    20,
    30,
    40,
    60,
    80,
    100,
    130,
    160,
    200,
    300,
    500,
    1000,
    2000,
    4000,
    8000,
    16000,
]
Fitted = dict[str, Any]


@dataclass(frozen=True)
class Group:
    """Runs that share a row."""

    quantity: str
    engine: str
    device: str
    moe: bool | None = None
    bits: tuple[float, float] = (0.0, 99.0)


def fitted(every: Sequence[Case], base: Mapping[str, Any]) -> list[Fitted]:
    """The rows of knowledge/speed.yaml that these cases support."""
    rates = Rates({**base, "rates": []})
    found: list[Fitted] = []
    for kind in ("decode", "prefill", "batch"):
        groups: dict[Group, list[Case]] = defaultdict(list)
        for case in every:
            device = case.run and rates.device_class(case.run.device)
            if case.run and device and _kind(case) == kind:
                groups[Group(kind, case.run.engine, device, case.run.moe)].append(case)
        # Runs that time nothing but the answer say more than those that time a whole request.
        pure = {g: [c for c in m if c.quantity != ALONE] for g, m in groups.items()}
        groups |= {g: m for g, m in pure.items() if len(m) >= _BAND_RUNS}
        for group, members in list(groups.items()):
            if group.moe and kind != "batch":
                groups[replace(group, device=EVERY_CLASS)] += members
        for group, members in sorted(groups.items(), key=lambda item: str(item[0])):
            found += _rows(group, members, base, found)
    return [row for row in found if row["spread"] < (_WIDEST if row["runs"] >= _MANY else _WIDE)]


def _kind(case: Case) -> str:
    return case.kind if case.kind in {"decode", "prefill"} else "batch"


def _rows(
    group: Group, members: Sequence[Case], base: Mapping[str, Any], before: Sequence[Fitted]
) -> Iterator[Fitted]:
    bands = {band: [c for c in members if _in(c, band)] for band in _BANDS}
    full = {band: found for band, found in bands.items() if len(found) >= _BAND_RUNS}
    if group.quantity == "decode" and len(full) > 1 and group.device != EVERY_CLASS:
        for band, found in full.items():
            yield _best(group, found, base, before, band)
    if len(members) >= _LEAST_RUNS:
        yield _best(group, members, base, before, (0.0, 99.0))


def _in(case: Case, band: tuple[float, float]) -> bool:
    return case.run is not None and band[0] <= case.run.bits < band[1]


def _best(
    group: Group,
    members: Sequence[Case],
    base: Mapping[str, Any],
    before: Sequence[Fitted],
    band: tuple[float, float],
) -> Fitted:
    row: Fitted = {
        "quantity": group.quantity,
        "engine": group.engine,
        "device": group.device,
        "moe": group.moe,
        "bits": list(band),
        "spread": 1.0,
        "runs": len(members),
        "source": "measured-speeds",
    }
    options = [row | values for values in _values(group, members, before)]
    ranked = min(options, key=lambda option: _loss(option, members, base))
    return ranked | {"spread": _spread(ranked, members, base)}


def _values(
    group: Group, members: Sequence[Case], before: Sequence[Fitted]
) -> Iterator[dict[str, float]]:
    if group.quantity == "decode":
        for efficiency, layer in product(_EFFICIENCIES, _LAYER_US):
            if len(members) > 3 or layer in {0, 50}:  # few runs, one parameter
                yield {"efficiency": efficiency, "layer_us": layer}
        return
    same = [r for r in before if r["quantity"] == "decode" and r["engine"] == group.engine]
    own = [r for r in same if r["device"] == group.device]
    alike = [r for r in own if r["moe"] == group.moe]
    start = (alike or own or same or [{"efficiency": 0.7, "layer_us": 50}])[-1]
    kept = {"efficiency": start["efficiency"], "layer_us": start["layer_us"]}
    times = _REQUEST_US if group.quantity == "batch" and len(members) > 3 else [0]
    for compute, request in product(_COMPUTES, times):
        yield kept | {"compute": compute, "request_us": request}


def _errors(row: Fitted, members: Sequence[Case], base: Mapping[str, Any]) -> list[float]:
    tried = row
    if row["device"] == EVERY_CLASS:
        tried = row | {"device": "tried"}
        base = {**base, "devices": [{"id": "tried", "vendor": v} for v in _vendors(members)]}
    rates = Rates({**base, "rates": [tried]})
    rated = (predict(case, rates) for case in members)
    return [_error(one, case) for one, case in zip(rated, members, strict=True)]


def _vendors(members: Sequence[Case]) -> set[str]:
    return {case.run.device.vendor for case in members if case.run}


def _error(rated: Rated | None, case: Case) -> float:
    return abs(log(rated.value / case.observed)) if rated else _MOST_ERROR


def _loss(row: Fitted, members: Sequence[Case], base: Mapping[str, Any]) -> float:
    mean = sum(min(error, _MOST_ERROR) for error in _errors(row, members, base)) / len(members)
    # Where the runs leave it open, the share and the time that most devices have.
    unusual = abs(log(row["efficiency"] / _USUAL)) + abs(row["layer_us"] - _USUAL_US) / 100
    return float(mean + _PULL * unusual)


def _spread(row: Fitted, members: Sequence[Case], base: Mapping[str, Any]) -> float:
    """The factor that four of five errors stay within; few runs get a wider one."""
    errors = sorted(error for error in _errors(row, members, base) if error < _ELSEWHERE)
    if len(errors) < _MOSTLY * len(members):
        return _NO_RANGE
    share = errors[min(round(0.8 * len(errors)), len(errors) - 1)]
    least = log(1.12) if len(members) > 5 else log(1.3)  # few runs prove little
    return round(exp(min(max(share, least), log(4))), 2)


def main(arguments: Sequence[str]) -> int:
    """Print the rows, or with ``--check`` the score of the families held apart."""
    files = [argument for argument in arguments if not argument.startswith("--")]
    if len(files) != 1:
        sys.stderr.write("usage: python -m tests.acceptance.fit_speed FILE [--check]\n")
        return 2
    read = rows(Path(files[0]))
    lines = checked(read) if "--check" in arguments else _printed(read)
    for line in lines:
        sys.stdout.write(f"{line}\n")
    return 0


def checked(read: Sequence[Row]) -> Iterator[str]:
    """The score of each half of the families after a fit on the other half."""
    base = document("speed")
    halves = [[row for row in read if _calibrates(row) == side] for side in (True, False)]
    for fitted_on, held in (halves, halves[::-1]):
        names = sorted({family(str(row.get("model"))) for row in held})
        found = fitted(_cases(fitted_on, base), base)
        yield f"held apart: {', '.join(names)}"
        yield table(scores(held, Rates({**base, "rates": found})).together())


def _calibrates(row: Row) -> bool:
    return family(str(row.get("model"))) in CALIBRATION


def _cases(read: Sequence[Row], base: Mapping[str, Any]) -> list[Case]:
    return [case for row in read for case in cases(row, Rates(base)) if case.run]


def _printed(read: Sequence[Row]) -> Iterator[str]:
    base = document("speed")
    for row in fitted(_cases(read, base), base):
        kept = {key: value for key, value in row.items() if value is not None}
        yield "- {" + ", ".join(f"{key}: {_text(value)}" for key, value in kept.items()) + "}"


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
