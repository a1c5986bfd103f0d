"""Builds a release and holds it against everything that must be true of one.

python -m scripts.check_release [--out dist] [--commit HEAD] [--quick] [--licences]

The archives are built three times over and compared; their contents are compared with the commit;
the wheel is installed without a network and run on every Python from 3.11 to 3.14 that is here,
with the lowest and the highest dependencies; a typed program is checked against it; tests run from
the source distribution; licences are held against a list; an SBOM is written beside the archives,
and known vulnerabilities are asked for. ``--quick`` leaves out the lowest dependencies and
everything after the installations: it is what a change needs, the rest is for a release.
"""

import argparse
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path

from scripts.release import archives, installing, inventory, licences

_ROOT = Path(__file__).parents[1]
# Of every part of the program something; the rest was run in the checkout.
_TESTS = (
    "tests/cli/test_api.py",
    "tests/test_knowledge.py",
    "tests/test_article.py",
    "tests/facts",
)
# What is shown of a run that failed.
_LINES = 40


def main() -> None:
    """Check a release; the first thing that does not hold ends with its message."""
    asked = _asked()
    if asked.licences:
        licences.PAGE.write_text(licences.page(), encoding="utf-8", newline="\n")
        return
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        try:
            wheel, source = archives.built(asked.commit, work, asked.out.resolve())
            archives.check_contents(wheel, source, asked.commit)
            print(f"three builds are equal: {wheel.name}, {source.name}", flush=True)
            _install(wheel, work, quick=asked.quick)
            if not asked.quick:
                _further(wheel, source, work)
        except archives.ReleaseError as error:
            sys.exit(f"check_release: {error}")


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scripts.check_release")
    parser.add_argument("--out", type=Path, default=_ROOT / "dist")
    parser.add_argument("--commit", default="HEAD")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--licences", action="store_true", help="write docs/licences.md and end")
    return parser.parse_args()


def _install(wheel: Path, work: Path, *, quick: bool) -> None:
    """On every Python, without extras but the hub's, then with what agents need."""
    for python in installing.interpreters():
        for bounds in ("highest",) if quick else ("highest", "lowest"):
            for mcp in (False, True):
                if quick and mcp != (python == sys.executable):
                    continue
                house = work / "wheels"
                installing.download(python, wheel, house, bounds, mcp=mcp)
                said = installing.install(python, wheel, house, bounds, mcp=mcp)
                print(f"{bounds}: {said}", flush=True)


def _further(wheel: Path, source: Path, work: Path) -> None:
    refused = {name: licences.licence(name) for name in licences.dependencies()}
    refused = {name: told for name, told in refused.items() if not licences.allowed(told)}
    if refused:
        message = f"licences that are not on the list: {refused}"
        raise archives.ReleaseError(message)
    python = inventory.environment(wheel, work / "venv")
    _check_types(python, work)
    _test_from(source, work)
    print(f"SBOM: {inventory.write_bom(python, wheel, _ROOT / 'pyproject.toml').name}", flush=True)
    print(f"audit: {inventory.audit(python)}", flush=True)


def _check_types(python: str, work: Path) -> None:
    """The programs of docs/python-api.md pass mypy --strict with the wheel; a wrong one fails."""
    page = (_ROOT / "docs" / "python-api.md").read_text(encoding="utf-8")
    program = work / "program.py"
    program.write_text("\n".join(re.findall(r"```python\n(.*?)```", page, re.DOTALL)), "utf-8")
    wrong = work / "wrong.py"
    wrong.write_text("import recommender\nrecommender.recommend(1).ranking[0].best\n", "utf-8")
    checks = (sys.executable, "-m", "mypy", "--strict", "--config-file=", "--python-executable")
    said = [_output([*checks, python, str(file)], work) for file in (program, wrong)]
    found = re.findall(r"\[([a-z-]+)\]", said[1])
    if not said[0].startswith("Success") or sorted(found) != ["arg-type", "attr-defined"]:
        raise archives.ReleaseError("".join(said))
    print("a typed program passes mypy --strict", flush=True)


def _test_from(source: Path, work: Path) -> None:
    """Tests that the source distribution holds run in it, and leave the checkout alone."""
    with tarfile.open(source) as archive:
        archive.extractall(work / "source", filter="data")
    (folder,) = (work / "source").iterdir()
    quietly = ("-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-o", "addopts=")
    command = [sys.executable, "-m", "pytest", *quietly, *_TESTS]
    said = _output(command, folder).strip().splitlines()
    if not re.fullmatch(r"\d+ passed in .*", said[-1]):
        raise archives.ReleaseError("\n".join(said[-_LINES:]))
    print(f"from the source distribution: {said[-1]}", flush=True)


def _output(command: Sequence[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout


if __name__ == "__main__":
    main()
