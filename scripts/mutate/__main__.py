"""Mutation testing of the rules and of the knowledge.

    python -m scripts.mutate watch
    python -m scripts.mutate run recommender/rules/kv_cache.py knowledge/corrections.yaml
    python -m scripts.mutate run --sample 40 --seed 1

`watch` runs the tests once and keeps which of them runs what; `run` tries mutants against those
that concern them, prints the score of every file and lists what survived. It needs `fork`.
"""

import argparse
import os
import random
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import pytest

from scripts.mutate.mutant import ROOT, Mutant

_TESTS = ("rules", "launch", "lint", "devices", "facts", "models", "render", "fleet")
_TOPS = ("article", "knowledge", "pipeline", "translations", "versions", "words")
_KNOWLEDGE = ("recommendations", "workload", "corrections", "situations", "common")
_DATA = (*_KNOWLEDGE, "speed", "quantizations", "frameworks")


def main(words: Sequence[str] | None = None) -> int:
    """Run the program; the exit code is that of the tests, or 0."""
    asked = _parser().parse_args(words)
    os.chdir(ROOT)
    return asked.does(asked)  # type: ignore[no-any-return]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m scripts.mutate", description=__doc__)
    commands = parser.add_subparsers(required=True)
    watch = commands.add_parser("watch")
    watch.add_argument("tests", nargs="*", help="to watch besides those that were; all that count")
    watch.set_defaults(does=_watch)
    run = commands.add_parser("run")
    run.add_argument("files", nargs="*", type=Path, help="Python and YAML files; all that count")
    run.add_argument("--sample", type=int, help="at most so many mutants of a file")
    run.add_argument("--seed", type=int, default=1)
    run.add_argument("--seconds", type=float, default=2, help="of tests for one mutant")
    run.set_defaults(does=_run)
    return parser


def _watch(asked: argparse.Namespace) -> int:
    from scripts.mutate.watching import Watcher

    tests = [*(f"tests/{name}" for name in _TESTS), *(f"tests/test_{name}.py" for name in _TOPS)]
    watcher = Watcher(anew=not asked.tests)
    return int(pytest.main(["-q", "-p", "no:cacheprovider", *(asked.tests or tests)], [watcher]))


def _run(asked: argparse.Namespace) -> int:
    from scripts.mutate.choosing import Chooser
    from scripts.mutate.forking import Forker
    from scripts.mutate.reporting import report

    chooser = Chooser(asked.seconds)
    everything = {path.resolve(): _mutants(path) for path in asked.files or _files()}
    drawn = {path: _sample(found, asked) for path, found in everything.items()}
    trials = [chooser.trial(mutant) for found in drawn.values() for mutant in found]
    forker = Forker(trials, _prepared(drawn))
    tests = {name.partition("::")[0] for trial in trials for name in trial.tests}
    options = ["-q", "-p", "no:cacheprovider", "-p", "no:randomly", f"--basetemp={_temporary()}"]
    code = pytest.main([*options, *sorted(tests)], plugins=[forker])
    print(report(forker.outcomes, {path: len(found) for path, found in everything.items()}))
    return int(code)


def _prepared(paths: Iterable[Path]) -> set[Callable[[], None]]:
    from scripts.mutate import code, data

    return {(code if path.suffix == ".py" else data).prepare for path in paths}


def _temporary() -> Path:
    from scripts.mutate.watching import CACHE

    return CACHE / "temporary"


def _files() -> Iterator[Path]:
    yield from sorted((ROOT / "recommender" / "rules").glob("*.py"))
    for name in _DATA:
        path = ROOT / "knowledge" / name
        yield from sorted(path.glob("*.yaml")) if path.is_dir() else [path.with_suffix(".yaml")]


def _mutants(path: Path) -> list[Mutant]:
    from scripts.mutate import code, data

    found: list[Mutant] = (code if path.suffix == ".py" else data).mutants(path.resolve())
    return found


def _sample(found: list[Mutant], asked: argparse.Namespace) -> list[Mutant]:
    if asked.sample is None or len(found) <= asked.sample:
        return found
    drawn = random.Random(asked.seed).sample(range(len(found)), asked.sample)  # noqa: S311  # no secret
    return [found[number] for number in sorted(drawn)]


if __name__ == "__main__":
    sys.exit(main())
