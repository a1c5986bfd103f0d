"""The packages that hold the parsers: pip asks for them and fetches them, nothing is installed."""

import datetime as dt
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from recommender.errors import InputError
from recommender.lint.option_lists import Option
from scripts.harvest import natives, others, sglang, vllm

Found = dict[str, list[Option]]
Reader = Callable[[Path], Found]
_KEPT = re.compile(r"\.(py|cpp|h)$")


@dataclass(frozen=True)
class Package:
    """Where a framework's options are read: a package of the registry, or a checkout alone.

    ``is_sdist`` is for packages whose wheels hold no sources. ``spelt`` turns the package's
    version into the framework's own.
    """

    read: Reader
    name: str | None = None
    is_sdist: bool = False
    spelt: Callable[[str], str] = str


def _build(version: str) -> str:
    """Release 2026.10.11549 of xllamacpp holds build b11549 of llama.cpp."""
    return f"b{version.split('.')[2]}"


PACKAGES = {
    "vllm": Package(vllm.harvest, "vllm"),
    "sglang": Package(sglang.harvest, "sglang"),
    "lmdeploy": Package(others.lmdeploy, "lmdeploy"),
    "xinference": Package(others.xinference, "xinference"),
    "mlx-lm": Package(others.mlx_lm, "mlx-lm"),
    # Its releases name the build of llama.cpp inside; those of llama-cpp-python do not.
    "llama.cpp": Package(natives.llama_cpp, "xllamacpp", is_sdist=True, spelt=_build),
    "tgi": Package(natives.tgi),
    "ollama": Package(natives.ollama),
    "tensorrt-llm": Package(others.trtllm),
}


def newest(package: str) -> str:
    """The newest release of a package.

    Raises:
        InputError: pip does not tell.
    """
    said = _pip("index", "versions", package)
    found = re.search(r"\(([^)]+)\)", said)
    if found is None:
        message = f"pip index versions {package} names no version"
        raise InputError(message)
    return found[1]


def download(package: Package, version: str, folder: Path) -> Path:
    """The archive of one release, fetched into ``folder`` where it is not there yet.

    Raises:
        InputError: pip cannot fetch it.
    """
    if package.name is None:
        message = "this framework is in no package: give the folder of a checkout with --source"
        raise InputError(message)
    place = folder / f"{package.name}-{version}"
    if not place.is_dir():
        form = ("--no-binary", package.name) if package.is_sdist else ("--only-binary", ":all:")
        wanted = f"{package.name}=={version}"
        with tempfile.TemporaryDirectory(dir=folder) as fresh:
            _pip("download", "--no-deps", *form, "--dest", fresh, wanted)
            Path(fresh).rename(place)
            Path(fresh).mkdir()
    return next(iter(place.iterdir()))


def unpack(archive: Path, folder: Path) -> str:
    """The sources of an archive into ``folder``; the day on which it was made."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            members = wheel.infolist()
            for member in members:
                if _KEPT.search(member.filename):
                    wheel.extract(member, folder)
            year, month, day = max(member.date_time for member in members)[:3]
            return dt.date(year, month, day).isoformat()
    with tarfile.open(archive) as sdist:
        files = [item for item in sdist.getmembers() if _KEPT.search(item.name)]
        sdist.extractall(folder, members=files, filter="data")
        newest_file = max(item.mtime for item in files)
    return dt.datetime.fromtimestamp(newest_file, dt.UTC).date().isoformat()


def _pip(*arguments: str) -> str:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False
    )  # pip with names from the table above
    if done.returncode:
        last = (done.stderr.strip() or "no reason given").splitlines()[-1]
        message = f"pip {arguments[0]} failed: {last}"
        raise InputError(message)
    return done.stdout
