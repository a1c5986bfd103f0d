"""An integer program, solved by HiGHS (https://highs.dev) for one aim after another."""

from collections.abc import Mapping
from time import monotonic
from typing import Any

from recommender.errors import InputError

# A hundredth of a server is none, while sums of floats differ in the last digits.
_SLACK = 1e-6
# Seconds in which a first choice is found.
_SHORTEST = 0.5

Terms = Mapping[int, float]
"""Coefficients by the numbers of their variables."""


class Program:
    """Whole numbers within rows of limits."""

    def __init__(self, seconds: float) -> None:
        """An empty program that is given so much time for all aims.

        Raises:
            InputError: the solver is not installed.
        """
        try:
            import highspy
        except ImportError as error:
            message = (
                "a plan for several models needs the solver highspy, which is not installed; "
                "run pip install 'llmpick[fleet]'"
            )
            raise InputError(message) from error
        self._highs = highspy
        self._solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]
        for name, value in (("output_flag", False), ("threads", 1)):
            self._solver.setOptionValue(name, value)
        self._end = monotonic() + seconds
        self._solver.setOptionValue("mip_rel_gap", 0.0)
        self._count = 0
        self._last: Terms = {}
        self._values: list[int] = []
        self.proven = True

    def variable(self, most: float) -> int:
        """A new whole number from 0 to ``most``."""
        self._solver.addVar(0, most)
        self._solver.changeColIntegrality(self._count, self._highs.HighsVarType.kInteger)
        self._count += 1
        return self._count - 1

    def at_most(self, terms: Terms, limit: float) -> None:
        """Keep a sum at or below a limit."""
        self._row(terms, -self._highs.kHighsInf, limit)

    def at_least(self, terms: Terms, limit: float) -> None:
        """Keep a sum at or above a limit."""
        self._row(terms, limit, self._highs.kHighsInf)

    def _row(self, terms: Terms, low: float, high: float) -> None:
        self._solver.addRow(low, high, len(terms), list(terms), list(terms.values()))

    def least(self, terms: Terms) -> float:
        """The smallest that a sum can be, which it then stays for what is asked afterwards."""
        found = self._solved(terms)
        self.at_most(terms, found + _SLACK * max(1.0, abs(found)))
        return found

    def _solved(self, terms: Terms) -> float:
        for number in terms.keys() | self._last.keys():
            self._solver.changeColCost(number, terms.get(number, 0.0))
        self._last = terms
        left = max(self._end - monotonic(), _SHORTEST)
        # An aim has as much again as is left for those after it.
        seconds = self._solver.getRunTime() + max(left / 2, _SHORTEST)  # counted over all runs
        self._solver.setOptionValue("time_limit", seconds)
        self._solver.run()
        status, info = self._solver.getModelStatus(), self._solver.getInfo()
        self.proven = self.proven and status == self._highs.HighsModelStatus.kOptimal
        if info.primal_solution_status == self._highs.SolutionStatus.kSolutionStatusFeasible:
            self._values = [round(value) for value in self._solver.getSolution().col_value]
        # Where the time was too short for an aim, what served the aims before it stays.
        return sum(factor * self.values()[number] for number, factor in terms.items())

    def values(self) -> list[int]:
        """The variables as they were last chosen."""
        return self._values or [0] * self._count
