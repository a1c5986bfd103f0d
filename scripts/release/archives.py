"""The wheel and the source distribution: equal sources give equal bytes, and nothing else."""

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Made by the build itself.
_MADE = {"PKG-INFO", ".source-date"}
# Files that hatchling adds to what pyproject.toml names.
_ADDED = {"pyproject.toml", ".gitignore"}


class ReleaseError(Exception):
    """Something of the release is not as it must be; the message says what."""


def built(commit: str, work: Path, out: Path) -> tuple[Path, Path]:
    """The wheel and the source distribution of a commit, built three times over.

    The builds differ in folder, time, umask, hash seed and in whether SOURCE_DATE_EPOCH is set; the
    third is the wheel that the source distribution makes.

    Raises:
        ReleaseError: two builds differ.
    """
    first, second = work / "first", work / "the second"
    for folder in (first, second):
        _run("git", "clone", "--quiet", str(ROOT), str(folder))
        _run("git", "-C", str(folder), "checkout", "--quiet", commit)
    date = _run("git", "-C", str(first), "log", "-1", "--format=%ct").strip()
    one = _build(first, work / "one", 0o022, seed="1")
    two = _build(second, work / "two", 0o077, seed="2", SOURCE_DATE_EPOCH=date)
    unpacked = work / "unpacked"
    with tarfile.open(one["gz"]) as packed:
        packed.extractall(unpacked, filter="data")
    (inner,) = unpacked.iterdir()
    three = _build(inner, work / "three", 0o022, seed="3")
    for other in (two, three):
        for kind, archive in one.items():
            compare(archive, other[kind])
    out.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copy(one["whl"], out)), Path(shutil.copy(one["gz"], out))


def _build(folder: Path, out: Path, umask: int, seed: str, **env: str) -> dict[str, Path]:
    for path in (item for item in folder.rglob("*") if ".git" not in item.parts):
        path.chmod(path.stat().st_mode & ~umask)
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(out)]
    plain = {name: value for name, value in os.environ.items() if name != "SOURCE_DATE_EPOCH"}
    given = {**plain, "PYTHONHASHSEED": seed, "PYTHONDONTWRITEBYTECODE": "1", **env}
    subprocess.run(command, cwd=folder, env=given, umask=umask, check=True, capture_output=True)
    found = {path.suffix[1:]: path for path in out.iterdir()}
    if set(found) != {"whl", "gz"}:
        message = f"the build leaves {sorted(path.name for path in out.iterdir())}"
        raise ReleaseError(message)
    return found


def compare(one: Path, other: Path) -> None:
    """Hold two builds against each other.

    Raises:
        ReleaseError: they differ; the message names the files.
    """
    if one.name == other.name and one.read_bytes() == other.read_bytes():
        return
    left, right = dict(members(one)), dict(members(other))
    differ = sorted(name for name in {*left, *right} if left.get(name) != right.get(name))
    message = f"two builds of {one.name} differ in {differ or 'what is said of its files'}"
    raise ReleaseError(message)


def members(archive: Path) -> Iterator[tuple[str, bytes]]:
    """The files of an archive, by name."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            yield from ((name, wheel.read(name)) for name in wheel.namelist())
        return
    with tarfile.open(archive) as source:
        for item in source.getmembers():
            stream = source.extractfile(item)
            yield item.name.partition("/")[2], stream.read() if stream else b""


def check_contents(wheel: Path, source: Path, commit: str) -> None:
    """What is packed is what the commit has, the wheel is typed, and no machine shows in them.

    Raises:
        ReleaseError: a file is missing or too many, or names a folder of this machine.
    """
    tracked = set(_run("git", "-C", str(ROOT), "ls-tree", "-r", "--name-only", commit).split("\n"))
    packed = {name for name, _ in members(source)} - _MADE
    wrong = packed - tracked | {name for name in _ADDED if name not in packed}
    missing = {name for name in tracked if name.startswith("recommender/")} - packed
    inside = {name for name, _ in members(wheel)}
    if "recommender/py.typed" not in inside:
        missing.add("recommender/py.typed of the wheel")
    modules = {name for name in tracked if name.startswith("recommender/")}
    missing |= modules - inside
    for archive in (wheel, source):
        wrong |= {name for name, data in members(archive) if _tells(data)}
    if wrong or missing:
        message = f"wrongly packed: {sorted(wrong)}; missing: {sorted(missing)}"
        raise ReleaseError(message)


def _tells(data: bytes) -> bool:
    """Whether a file names the checkout or the Python that builds."""
    return any(str(place).encode() in data for place in (ROOT, sys.prefix, sys.base_prefix))


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout
