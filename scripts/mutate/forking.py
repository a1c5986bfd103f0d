"""Runs tests against mutants: each in a copy of this process, until one of its tests fails."""

import gc
import os
import select
import signal
import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import pytest

from scripts.mutate.mutant import Mutant

# A mutant may take so many times as long as its tests did, and some seconds, before it hangs.
_SLOWER, _STARTING_S = 8, 20
NOT_INSTALLED, HUNG, CRASHED = "<cannot be loaded>", "<time limit>", "<crash>"
_ALL_PASSED = "-"


class Trial(NamedTuple):
    """A mutant with the ids of the tests that shall notice it, and what they take in seconds."""

    mutant: Mutant
    tests: tuple[str, ...]
    seconds: float


class Outcome(NamedTuple):
    """What a mutant came to; ``killer`` is the test that noticed it, None if none did."""

    trial: Trial
    killer: str | None
    seconds: float


class Forker:
    """A plugin of pytest that tries mutants in place of running the tests once."""

    def __init__(
        self, trials: Sequence[Trial], prepare: Collection[Callable[[], None]] = ()
    ) -> None:
        """Nothing was tried yet; ``prepare`` is called once, when all tests are loaded."""
        self._prepare = prepare
        self.outcomes: list[Outcome] = []
        self.broken: frozenset[str] = frozenset()
        self._trials = trials
        self._killers: dict[str, Counter[str]] = {}
        self._pipe = -1
        self._ends = False

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Every mutant, after a run without any that shows which tests do not work in a copy."""
        items = {item.nodeid: item for item in session.items}
        for prepare in self._prepare:
            prepare()
        gc.collect()
        gc.freeze()
        every = dict.fromkeys(name for trial in self._trials for name in trial.tests)
        found = self._forked(None, [items[name] for name in every if name in items], 3600)
        self.broken = frozenset((found or "").split("\n"))
        self._ends = True
        for trial in self._trials:
            self.outcomes.append(self._tried(trial, items))
            if self.outcomes[-1].killer is None:
                print(f"survived: {trial.mutant}", flush=True)
        return True

    def _tried(self, trial: Trial, items: dict[str, pytest.Item]) -> Outcome:
        place = f"{trial.mutant.path}:{trial.mutant.place}"
        known = self._killers.setdefault(place, Counter())
        first = [name for name, _ in known.most_common(5) if name in trial.tests]
        names = dict.fromkeys((*first, *trial.tests))
        chosen = [items[name] for name in names if name in items and name not in self.broken]
        started = time.monotonic()
        killer = self._forked(trial.mutant, chosen, trial.seconds * _SLOWER + _STARTING_S)
        if killer:
            known[killer] += 1
        return Outcome(trial, killer, time.monotonic() - started)

    def _forked(
        self, mutant: Mutant | None, items: list[pytest.Item], limit_s: float
    ) -> str | None:
        """The first test that fails in a copy of this process, None where all pass."""
        reading, self._pipe = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            self._child(mutant, items)  # ends itself
        os.close(self._pipe)
        ready, _, _ = select.select([reading], [], [], limit_s)
        with os.fdopen(reading, encoding="utf-8") as pipe:
            said = pipe.read() if ready else HUNG
        _end(child)
        return None if said == _ALL_PASSED else said.removesuffix(_ALL_PASSED) or CRASHED

    def _child(self, mutant: Mutant | None, items: list[pytest.Item]) -> None:
        os.setsid()
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(null, descriptor)
        reporter: Any = (
            items[0].config.pluginmanager.get_plugin("terminalreporter") if items else None
        )
        if reporter:
            reporter._tw._file = open(os.devnull, "w")  # noqa: SLF001, PTH123, SIM115  # it kept its own
        try:
            if mutant:
                mutant.install()
        except Exception:  # noqa: BLE001  # whatever it is, nothing starts with it
            self._tell(NOT_INSTALLED)
        try:
            for number, item in enumerate(items, start=1):
                following = items[number] if number < len(items) else None
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            self._tell(_ALL_PASSED)
        finally:
            os._exit(1)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A failure ends the copy."""
        if report.failed and self._ends:
            self._tell(report.nodeid)
        elif report.failed:
            os.write(self._pipe, f"{report.nodeid}\n".encode())

    def _tell(self, name: str) -> None:
        os.write(self._pipe, name.encode())
        os._exit(0)


def _end(child: int) -> None:
    """End the copy and what it started."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
