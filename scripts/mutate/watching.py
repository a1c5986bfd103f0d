"""A plugin of pytest that keeps what each test takes, and what of the knowledge it made use of."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from coverage import Coverage

CACHE = Path(__file__).parents[2] / ".cache" / "mutation"
WATCHED = CACHE / "watched.json"
CONTEXTS = CACHE / "coverage"


class Watcher:
    """Seconds, platforms and rules of each test by its id; written when the session ends."""

    def __init__(self, *, anew: bool) -> None:
        """Begin ``anew``, or with what is kept already."""
        kept = not anew and WATCHED.is_file()
        self.seen: dict[str, dict[str, Any]] = json.loads(WATCHED.read_text()) if kept else {}
        self._rules: set[str] = set()
        self._platforms: set[str] = set()
        self._coverage = Coverage(data_file=str(CONTEXTS), source=["recommender"], branch=False)

    def pytest_sessionstart(self) -> None:
        """From here on lines, rules that gave a reason and platforms that were read are kept."""
        if self.seen:
            self._coverage.load()
        self._coverage.start()
        from recommender.facts import Reason
        from recommender.knowledge import Knowledge

        _before(Reason, "__init__", lambda values: self._rules.add(values.get("rule", "")))
        _before(Knowledge, "platform", lambda _, *names: self._platforms.add("/".join(names)))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """One test begins with nothing."""
        self._coverage.switch_context(item.nodeid)
        self._rules.clear()
        self._platforms.clear()
        self.seen[item.nodeid] = {"seconds": 0.0, "passed": True}
        result = yield
        kept = {"rules": sorted(self._rules), "platforms": sorted(self._platforms)}
        self.seen[item.nodeid] |= kept
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Its set-up, its call and what it tears down."""
        entry = self.seen[report.nodeid]
        entry["seconds"] = round(entry["seconds"] + report.duration, 4)
        entry["passed"] = entry["passed"] and report.outcome == "passed"

    def pytest_sessionfinish(self) -> None:
        """Keep it for the runs that follow."""
        self._coverage.stop()
        self._coverage.save()
        CACHE.mkdir(parents=True, exist_ok=True)
        WATCHED.write_text(json.dumps(self.seen), encoding="utf-8")


def _before(owner: type, name: str, told: Callable[..., object]) -> None:
    """Let ``told`` know with what a method is called."""
    original = getattr(owner, name)

    def watched(self: Any, *args: Any, **values: Any) -> Any:
        told(values, *args)
        return original(self, *args, **values)

    setattr(owner, name, watched)
