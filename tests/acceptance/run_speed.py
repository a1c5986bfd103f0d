"""Compares predicted with measured speeds: ``python -m tests.acceptance.run_speed FILE``.

FILE is a JSON list of rows; ``--rows`` lists every one, ``--json`` writes a document.
"""

import sys
from collections.abc import Sequence

from recommender.knowledge import document
from recommender.rules.rates import Rates
from tests.acceptance.rows import Row, Scores, main
from tests.acceptance.speed_cases import cases, predict


def scores(rows: Sequence[Row], rates: Rates | None = None) -> Scores:
    """Every measured quantity of the rows with what is predicted for it."""
    known = rates or Rates(document("speed"))
    found = Scores()
    for row in rows:
        for case in cases(row, known):
            score = found[case.quantity, case.framework]
            rated = predict(case, known)
            if rated is None:
                score.miss(case.id, case.why_not or "nobody measured this engine on such a device")
            else:
                low, high = rated.bounds
                score.predict(case.id, (low * high) ** 0.5, case.observed, (low, high))
    return found


if __name__ == "__main__":
    sys.exit(main("tests.acceptance.run_speed", sys.argv[1:], scores))
