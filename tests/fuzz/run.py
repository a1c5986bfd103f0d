"""Fuzzes the targets for a time: ``python -m tests.fuzz.run --seconds 600 [--target NAME]``.

By coverage with atheris where it is installed, else with hypothesis. A finding is kept as a file,
told with its traceback, and makes the exit code 1; the run goes on with other inputs.
"""

import argparse
import json
import os
import re
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import redirect_stderr
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from pkgutil import walk_packages
from typing import Any

from tests.fuzz import target as targets
from tests.fuzz.target import Target

_MOST_MEMORY_MB = 2048
# A hang; honest slowness is told by properties.quickly before.
_HANG_SECONDS = 300
_SKIPPED = ("recommender.__main__",)


@dataclass
class Findings:
    """What was found of one target, each kind of failure once."""

    target: Target
    folder: Path
    runs: int = 0
    started: float = field(default_factory=time.monotonic)
    kinds: set[str] = field(default_factory=set)
    _told: float = 0.0

    def check(self, data: bytes) -> None:
        """Feed one input; a failure is kept and the run goes on."""
        self.runs += 1
        try:
            self.target.check(data)
        except Exception as error:  # noqa: BLE001  # whatever is raised is the finding
            self._keep(error, data)
        if time.monotonic() - self._told > 1:
            self.tell()

    def _keep(self, error: Exception, data: bytes) -> None:
        kind = f"{type(error).__name__} at {_place(error)}"
        if kind in self.kinds:
            return
        self.kinds.add(kind)
        name = f"{self.target.name}-{len(self.kinds)}"
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / f"{name}.input").write_bytes(data)
        text = "".join(traceback.format_exception(error))
        (self.folder / f"{name}.txt").write_text(text, encoding="utf-8", errors="backslashreplace")
        self.tell()

    def tell(self) -> None:
        """Write down how far the run is, for the process that waits for it."""
        self._told = time.monotonic()
        said = {
            "runs": self.runs,
            "seconds": round(self._told - self.started, 1),
            "kinds": sorted(self.kinds),
        }
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / f"{self.target.name}.json").write_text(json.dumps(said), encoding="utf-8")


def _place(error: Exception) -> str:
    """The last line of the program itself that the error went through."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if f"{os.sep}recommender{os.sep}" in frame.filename]
    frame = (own or frames)[-1]
    return f"{Path(frame.filename).name}:{frame.lineno}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; 1 where anything was found."""
    options = _options(arguments)
    atheris = _instrumented() if options.engine != "hypothesis" and find_spec("atheris") else None
    if atheris is None and options.engine == "atheris":
        sys.exit("atheris is not installed")
    known = targets.every()
    chosen = [known[name] for name in options.target or known]
    folder = Path(options.findings or tempfile.mkdtemp(prefix="llmpick-fuzz-"))
    with tempfile.TemporaryDirectory(prefix="llmpick-corpora-") as kept:
        corpora = Path(options.corpora or kept)
        share = options.seconds * options.jobs / len(chosen)
        print(f"{len(chosen)} targets, {share:.1f} s each, with {_engine(atheris)}", flush=True)
        running: dict[int, tuple[Target, Path]] = {}
        ends: list[tuple[Target, Path, int]] = []
        for item in chosen:
            while len(running) >= options.jobs:
                ends.append(_waited(running))
            place = folder / item.name
            running[_forked(item, share, place, corpora / item.name, atheris)] = (item, place)
        while running:
            ends.append(_waited(running))
    return _told(ends, folder)


def _options(arguments: Sequence[str] | None) -> Any:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.run", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="for all targets together")
    parser.add_argument("--target", action="append", help="one of them; several may be named")
    parser.add_argument("--jobs", type=int, default=1, help="targets at the same time")
    parser.add_argument("--engine", choices=("auto", "atheris", "hypothesis"), default="auto")
    parser.add_argument("--findings", help="the folder for what is found")
    parser.add_argument("--corpora", help="a folder that keeps what was learnt, for the next run")
    return parser.parse_args(arguments)


def _engine(atheris: Any) -> str:
    return "atheris" if atheris else "hypothesis"


def _instrumented() -> Any:
    """Atheris, with every module of the program counted."""
    import atheris

    # It names every module on standard error.
    with (
        Path(os.devnull).open("w", encoding="utf-8") as nowhere,
        redirect_stderr(nowhere),
        atheris.instrument_imports(include=["recommender"], enable_loader_override=False),
    ):
        recommender = import_module("recommender")
        for module in walk_packages(recommender.__path__, "recommender."):
            if module.name not in _SKIPPED:
                import_module(module.name)
    return atheris


def _forked(target: Target, seconds: float, folder: Path, corpus: Path, atheris: Any) -> int:
    """The process that fuzzes one target; what it says stands in a file."""
    folder.mkdir(parents=True, exist_ok=True)
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        # A run of its own group and files, whatever the inputs make the program do.
        log = os.open(folder / "log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(log, 1)
        os.dup2(log, 2)
        found = Findings(target, folder)
        if atheris:
            _by_coverage(atheris, found, seconds, corpus)
        else:
            _by_hypothesis(found, seconds)
        found.tell()
        code = 0
    except BaseException:  # noqa: BLE001  # told by the exit code and the log
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return child


def _by_coverage(atheris: Any, found: Findings, seconds: float, corpus: Path) -> None:
    target = found.target
    corpus.mkdir(parents=True, exist_ok=True)
    most = int(seconds) if target.costly else None
    for number, seed in enumerate(islice(targets.corpus(target), most)):
        (corpus / f"seed-{number}").write_bytes(seed)
    words = found.folder / "words"
    words.write_text("\n".join(_entries(target)), encoding="utf-8")
    found.started = time.monotonic()
    arguments = [
        "fuzz",
        str(corpus),
        f"-max_total_time={max(int(seconds), 1)}",
        f"-max_len={target.longest}",
        f"-rss_limit_mb={_MOST_MEMORY_MB}",
        f"-timeout={_HANG_SECONDS}",
        f"-artifact_prefix={found.folder}{os.sep}",
        f"-dict={words}",
        "-len_control=0",
        "-print_final_stats=1",
    ]
    atheris.Setup(arguments, found.check)
    atheris.Fuzz()


def _entries(target: Target) -> Iterator[str]:
    """The words as a dictionary of libFuzzer has them."""
    longest = 60
    for word in target.words:
        data = word.encode(errors="surrogatepass")
        if len(data) <= longest:
            yield '"' + "".join(f"\\x{byte:02x}" for byte in data) + '"'


def _by_hypothesis(found: Findings, seconds: float) -> None:
    from hypothesis import HealthCheck, Phase, given, seed, settings

    from tests.fuzz.inputs import inputs

    end = time.monotonic() + seconds
    number = 0
    while time.monotonic() < end:

        @seed(number)
        @settings(
            max_examples=100,
            database=None,
            deadline=None,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        )
        @given(inputs(found.target))
        def some(data: bytes) -> None:
            if time.monotonic() < end:
                found.check(data)

        some()
        number += 1


def _waited(running: dict[int, tuple[Target, Path]]) -> tuple[Target, Path, int]:
    child, status = os.wait()
    target, folder = running.pop(child)
    return target, folder, os.waitstatus_to_exitcode(status)


def _told(ends: Sequence[tuple[Target, Path, int]], folder: Path) -> int:
    total = {"runs": 0, "seconds": 0.0}
    failed = False
    for target, place, code in sorted(ends, key=lambda end: end[0].name):
        file = place / f"{target.name}.json"
        said: Mapping[str, Any] = json.loads(file.read_text()) if file.exists() else {}
        kinds, runs = said.get("kinds", []), _runs(place, said)
        bad = bool(kinds) or code != 0 or not runs
        failed |= bad
        total["runs"] += runs
        total["seconds"] += said.get("seconds", 0)
        print(
            f"{target.name:22} {runs:9} inputs {said.get('seconds', 0):7.1f} s  {_end(kinds, code)}"
        )
        if bad:
            _print_files(place)
    print(f"{total['runs']} inputs in {total['seconds']:.0f} s; {folder}")
    return int(failed)


def _runs(place: Path, said: Mapping[str, Any]) -> int:
    """How many inputs were tried; libFuzzer ends its process without asking."""
    log = (place / "log").read_text(encoding="utf-8", errors="replace")
    counted = re.search(r"number_of_executed_units: (\d+)", log)
    return int(counted[1]) if counted else said.get("runs", 0)


def _end(kinds: Sequence[str], code: int) -> str:
    return "; ".join(kinds) or (f"ended with {code}" if code else "nothing found")


def _print_files(place: Path) -> None:
    for file in (*sorted(place.glob("*.txt")), place / "log"):
        text = file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""
        print(f"--- {file}\n{text[-3000:]}")


if __name__ == "__main__":
    sys.exit(main())
