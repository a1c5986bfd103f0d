"""Writes knowledge/options/*.json from the sources of released programs.

    python -m scripts.harvest_options vllm 0.32.0 0.33.0
    python -m scripts.harvest_options tgi 3.3.7 --source CHECKOUT --day 2025-12-18
    python -m scripts.harvest_options --check

Nothing is installed or imported: Python is read as syntax trees, Rust, Go and C++ by patterns.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from recommender.errors import InputError
from recommender.lint.option_lists import OptionList, load
from scripts.harvest.packages import PACKAGES, Found, download, newest, unpack
from scripts.harvest.store import changes, merged, write

_OPTIONS = Path(__file__).parents[1] / "knowledge" / "options"


def main(words: list[str] | None = None) -> int:
    """Run the program; the exit code is 1 where a check found news, 2 on an error."""
    asked = _parser().parse_args(words)
    if not asked.check and not asked.versions:
        print("error: name a framework and its versions, or --check", file=sys.stderr)
        return 2
    try:
        if asked.check:
            return _check(asked.folder)
        for version in asked.versions:
            _add(asked.framework, version, asked)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)  # this is the program's output
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m scripts.harvest_options", description=__doc__)
    parser.add_argument("framework", nargs="?", choices=sorted(PACKAGES))
    parser.add_argument("versions", nargs="*", help="versions of the package")
    parser.add_argument("--check", action="store_true", help="ask for news and tell, write nothing")
    parser.add_argument("--source", type=Path, help="a folder of sources instead of the package")
    parser.add_argument("--day", help="the day of the sources in --source (ISO 8601)")
    parser.add_argument("--folder", type=Path, help="where archives are kept, else a temporary one")
    return parser


def _add(framework: str, version: str, asked: argparse.Namespace) -> None:
    package = PACKAGES[framework]
    day, found = asked.day or "unknown", package.read(asked.source) if asked.source else {}
    if not asked.source:
        day, found = _harvest(framework, version, asked.folder)
    known = merged(framework, _stored(framework), package.spelt(version), day, found)
    write(_OPTIONS / f"{framework}.json", known)
    counts = ", ".join(f"{name} {len(options)}" for name, options in found.items())
    print(f"{framework} {package.spelt(version)} ({day}): {counts}")


def _harvest(framework: str, version: str, folder: Path | None) -> tuple[str, Found]:
    package = PACKAGES[framework]
    with tempfile.TemporaryDirectory() as temporary:
        kept = folder or Path(temporary)
        kept.mkdir(parents=True, exist_ok=True)
        sources = Path(temporary) / "sources"
        day = unpack(download(package, version, kept), sources)
        return day, package.read(sources)


def _stored(framework: str) -> OptionList | None:
    path = _OPTIONS / f"{framework}.json"
    return load(path) if path.is_file() else None


def _check(folder: Path | None) -> int:
    """What the newest releases changed; 1 where one of them is not in the lists."""
    news = False
    for framework, package in PACKAGES.items():
        known = _stored(framework)
        if package.name is None or known is None:
            continue
        version = newest(package.name)
        here, last = package.spelt(version), known.order[-1]
        if here in known.versions:
            print(f"{framework} {here}: nothing new")
            continue
        news = True
        day, found = _harvest(framework, version, folder)
        print(f"{framework} {here} ({day}), {last} is in the list:")
        for line in changes(merged(framework, known, here, day, found), last, here):
            print(f"  {line}")
    return int(news)


if __name__ == "__main__":
    sys.exit(main())
