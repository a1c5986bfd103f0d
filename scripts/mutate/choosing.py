"""Which tests a mutant is tried with: those that ran its lines, or made use of what it changes."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from coverage import CoverageData

from scripts.mutate.forking import Trial
from scripts.mutate.mutant import ROOT, Mutant
from scripts.mutate.watching import CONTEXTS, WATCHED

# What reads the files whose rows are no rules and no platforms.
_READERS = {"speed": "rates", "quantizations": "weights", "remedies": "remedies"}

# Tests that ask the rules themselves, without an answer.
_OF_RULES = "_rules.py::"
# What pytest takes of itself for a test.
_OVERHEAD_S = 0.01


class Chooser:
    """The tests that were watched; ``seconds`` is what those of one mutant may take together."""

    def __init__(self, seconds: float) -> None:
        """Read what ``python -m scripts.mutate watch`` kept."""
        self._seconds = seconds
        self._seen: dict[str, dict[str, Any]] = json.loads(WATCHED.read_text(encoding="utf-8"))
        self._data = CoverageData(str(CONTEXTS))
        self._data.read()
        self._lines: dict[Path, dict[int, list[str]]] = {}

    @property
    def files(self) -> list[str]:
        """The files of all tests that were watched."""
        return sorted({name.partition("::")[0] for name in self._seen})

    def trial(self, mutant: Mutant) -> Trial:
        """A mutant with its tests, those first that are most likely to notice it."""
        code = mutant.path.suffix == ".py"
        names = self._of_code(mutant) if code else self._of_data(mutant)
        chosen, spent = [], 0.0
        for name in names:
            spent += self._seen[name]["seconds"] + _OVERHEAD_S
            if spent > self._seconds:
                break
            chosen.append(name)
        return Trial(mutant, tuple(chosen), spent)

    def _of_code(self, mutant: Mutant) -> Sequence[str]:
        lines = self._ran(mutant.path)
        first, last = mutant.lines
        names = {name for line in range(first, last + 1) for name in lines.get(line, ())}
        if not names:  # a constant: whoever ran something of the module
            names = {name for there in lines.values() for name in there}
        own = f"test_{mutant.path.stem}"
        return self._quickest(names, own)

    def _of_data(self, mutant: Mutant) -> list[str]:
        stem = mutant.path.stem
        if stem in _READERS:
            read = self._ran(ROOT / "recommender" / "rules" / f"{_READERS[stem]}.py")
            return self._quickest({name for there in read.values() for name in there}, stem)
        framework = mutant.path.parent.name == "frameworks"
        near = self._with("rules", mutant.place) or self._with("platforms", mutant.place)
        named = {name for name in self._seen if mutant.place in name}
        of_rules = set() if framework else {name for name in self._seen if _OF_RULES in name}
        far = self._any_of(stem) if framework else self._with_any
        ordered = (self._quickest(names, stem) for names in (named, of_rules, near, far))
        return list(dict.fromkeys(name for names in ordered for name in names))

    def _with(self, kind: str, name: str) -> set[str]:
        return {test for test, seen in self._seen.items() if name in seen.get(kind, ())}

    def _any_of(self, framework: str) -> set[str]:
        beginning = f"{framework.replace('llama-cpp', 'llama.cpp')}/"
        return {
            test
            for test, seen in self._seen.items()
            if any(name.startswith(beginning) for name in seen.get("platforms", ()))
        }

    @cached_property
    def _with_any(self) -> set[str]:
        return {test for test, seen in self._seen.items() if seen.get("platforms")}

    def _ran(self, path: Path) -> dict[int, list[str]]:
        if path not in self._lines:
            found = self._data.contexts_by_lineno(str(path))
            self._lines[path] = {line: [*filter(None, names)] for line, names in found.items()}
        return self._lines[path]

    def _quickest(self, names: Iterable[str], own: str) -> list[str]:
        """The tests of the module itself, then the quickest of every file, the next of each, ..."""
        known = [name for name in names if self._seen.get(name, {}).get("passed")]
        known.sort(key=lambda name: (self._seen[name]["seconds"], name))
        turn: Counter[str] = Counter()
        keys: dict[str, tuple[bool, int]] = {}
        for name in known:
            file = name.partition("::")[0]
            turn[file] += 1
            keys[name] = own not in name, turn[file]
        return sorted(known, key=keys.__getitem__)
