"""One release of a package: its sources, its metadata, its builds and their code for devices."""

import datetime as dt
import re
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from email.parser import HeaderParser
from pathlib import Path
from typing import IO

from recommender.errors import InputError, choices, printable
from recommender.facts.noun import noun
from recommender.facts.refresh import Wheel
from recommender.harvest import device_code
from recommender.harvest.device_code import DeviceCode
from recommender.harvest.packages import Found, Package
from recommender.harvest.remote import fetched, opened
from recommender.releases.index import File
from recommender.versions import rank

Tell = Callable[[str], None]
_SOURCES = re.compile(r"\.(py|cpp|h)$")
_LIBRARIES = re.compile(r"\.(so|pyd|dll)(\.[\d.]+)?$")
_TAG = re.compile(r"(?:manylinux|musllinux)_(\d+)_(\d+)_(\w+)|manylinux(1|2010|2014)_(\w+)")
_MACOS, _WINDOWS = re.compile(r"macosx_\d+_\d+_(\w+)"), re.compile(r"win_?(\w+)")
# Source: PEP 513, 571 and 599.
_OLD_GLIBC = {"1": "2.5", "2010": "2.12", "2014": "2.17"}
_ARCHES = {"amd64": "x86_64", "arm64": "aarch64", "universal2": "aarch64"}
_PACKAGE = "packaging"
_INSTALL = "pip install 'llmpick[refresh]'"


@noun
class Metadata:
    """What a package says of itself: Pythons, and what it asks for in one version."""

    requires_python: str | None = None
    pythons: tuple[str, ...] = ()
    pins: Mapping[str, str]

    def serves(self, python: str) -> bool:
        """Whether it accepts a Python version (3.12)."""
        from packaging.specifiers import SpecifierSet

        return SpecifierSet(self.requires_python or "").contains(f"{python}.0")


def check_installed() -> None:
    """Say what is missing before anything is downloaded.

    Raises:
        InputError: the package that reads requirements is not installed.
    """
    try:
        import packaging.requirements  # noqa: F401
    except ImportError as error:
        message = f"refreshing needs the package {_PACKAGE}; install it with {_INSTALL}"
        raise InputError(message) from error


def of_version(files: Iterable[File], name: str, version: str | None) -> tuple[File, ...]:
    """The files of one release: the one that is named, else the newest that is not yanked.

    Raises:
        InputError: there is none.
    """
    by_version: dict[str, list[File]] = {}
    for file in files:
        if file.version and (version is not None or not file.yanked):
            by_version.setdefault(file.version, []).append(file)
    if version is None:
        final = [one for one in by_version if rank(one)]
        version = max(final, key=lambda one: rank(one) or ((), 0), default="")
    if version not in by_version:
        hint = choices(version, list(by_version)[-1:]) if by_version else ""
        message = f"{name} has no release '{printable(version)}'{hint}"
        raise InputError(message)
    return tuple(by_version[version])


def options(package: Package, files: Iterable[File]) -> tuple[Found, str]:
    """The options in the sources of a release, and the day on which it came out.

    Raises:
        InputError: the release has no file with sources, or they cannot be had.
    """
    file = _with_sources(package, files)
    with tempfile.TemporaryDirectory() as folder:
        day = unpacked(file, Path(folder))
        return package.read(Path(folder)), file.day or day


def _with_sources(package: Package, files: Iterable[File]) -> File:
    fitting = [file for file in files if file.is_wheel != package.is_sdist]
    if not fitting:
        kind = "source distribution" if package.is_sdist else "wheel"
        message = f"this release of {package.name} has no {kind}; name another --version"
        raise InputError(message)
    return min(fitting, key=lambda file: (not file.name.endswith("x86_64.whl"), file.size or 0))


def unpacked(file: File, folder: Path) -> str:
    """The sources in an archive into ``folder``; the day on which it was made.

    Raises:
        InputError: it cannot be had, or is no archive.
    """
    try:
        if file.is_wheel:
            with opened(file.address) as stream:
                return _from_wheel(stream, folder)
        with fetched(file.address) as stream:
            return _from_sdist(stream, folder)
    except (zipfile.BadZipFile, tarfile.TarError, EOFError) as error:
        message = f"{printable(file.name)} is no archive that can be read; try again"
        raise InputError(message) from error


def _from_wheel(stream: IO[bytes], folder: Path) -> str:
    with zipfile.ZipFile(stream) as wheel:
        members = wheel.infolist()
        for member in members:
            if _SOURCES.search(member.filename):
                wheel.extract(member, folder)
    year, month, day = max(member.date_time for member in members)[:3]
    return dt.date(year, month, day).isoformat()


def _from_sdist(stream: IO[bytes], folder: Path) -> str:
    with tarfile.open(fileobj=stream) as sdist:
        files = [item for item in sdist.getmembers() if _SOURCES.search(item.name)]
        sdist.extractall(folder, members=files, filter="data")
        newest = max(item.mtime for item in files)
    return dt.datetime.fromtimestamp(newest, dt.UTC).date().isoformat()


def metadata(files: Iterable[File]) -> Metadata | None:
    """What the wheels of a release say of themselves; None where it has no wheel.

    Raises:
        InputError: they cannot be had.
    """
    file = next((one for one in files if one.is_wheel), None)
    if file is None:
        return None
    try:
        with opened(file.address) as stream, zipfile.ZipFile(stream) as wheel:
            name = next(n for n in wheel.namelist() if n.endswith(".dist-info/METADATA"))
            text = wheel.read(name).decode("utf-8", "replace")
    except (zipfile.BadZipFile, StopIteration) as error:
        message = f"{printable(file.name)} is no wheel that can be read; try again"
        raise InputError(message) from error
    return told(text)


def told(text: str) -> Metadata:
    """The metadata in a file METADATA (source: the core metadata specifications of PyPA)."""
    head = HeaderParser().parsestr(text)
    kinds = head.get_all("Classifier", [])
    found = (re.fullmatch(r"Programming Language :: Python :: (3\.\d+)", kind) for kind in kinds)
    return Metadata(
        requires_python=head.get("Requires-Python"),
        pythons=tuple(match[1] for match in found if match),
        pins=dict(_pins(head.get_all("Requires-Dist", []))),
    )


def _pins(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The packages that a server on Linux gets in exactly one version."""
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name

    machine = {"platform_system": "Linux", "sys_platform": "linux", "platform_machine": "x86_64"}
    for line in lines:
        try:
            asked = Requirement(line)
        except InvalidRequirement:
            continue
        if asked.marker and not asked.marker.evaluate({**machine, "extra": ""}):
            continue
        exact = [s.version for s in asked.specifier if s.operator == "==" and "*" not in s.version]
        if exact:
            yield canonicalize_name(asked.name), exact[0]


def wheels(files: Iterable[File]) -> tuple[tuple[Wheel, File], ...]:
    """What each wheel's name says, one for each system, processor and glibc, with one of its files.

    Source: the binary distribution format of PyPA, PEP 600 (manylinux).
    """
    found: dict[tuple[str, str | None, str | None], list[File]] = {}
    for file in files:
        if file.is_wheel:
            found.setdefault(_built(file.name), []).append(file)
    return tuple((_wheel(kind, group), group[0]) for kind, group in found.items())


def _wheel(kind: tuple[str, str | None, str | None], group: list[File]) -> Wheel:
    tags = {match[1] for file in group if (match := re.search(r"-cp3(\d+)-cp3\d+-", file.name))}
    pythons = tuple(f"3.{minor}" for minor in sorted(tags, key=int))
    os, arch, glibc = kind
    return Wheel(name=group[0].name, os=os, arch=arch, glibc=glibc, pythons=pythons)


def _built(name: str) -> tuple[str, str | None, str | None]:
    """System, processor and glibc in the name of a wheel."""
    tag = name.removesuffix(".whl").rpartition("-")[2]
    if found := _MACOS.search(tag):
        return "macos", _ARCHES.get(found[1], found[1]), None
    if found := _WINDOWS.fullmatch(tag):
        return "windows", _ARCHES.get(found[1], "x86_64" if found[1] == "32" else found[1]), None
    many = [(m[3] or m[5], _glibc(m)) for m in _TAG.finditer(tag)]
    if many:
        return "linux", many[0][0], min((g for _, g in many), key=lambda g: rank(g) or ((), 0))
    return ("any", None, None) if tag == "any" else ("linux", tag.removeprefix("linux_"), None)


def _glibc(found: "re.Match[str]") -> str:
    return f"{found[1]}.{found[2]}" if found[1] else _OLD_GLIBC[found[4]]


def code_of(file: File, libraries: str, tell: Tell) -> DeviceCode:
    """The code for devices in the libraries of a wheel whose paths ``libraries`` matches.

    Raises:
        InputError: the wheel cannot be had or read.
    """
    found = []
    try:
        with opened(file.address) as stream, zipfile.ZipFile(stream) as wheel:
            for member in wheel.infolist():
                path = f"/{member.filename}"
                if _LIBRARIES.search(path) and re.search(libraries, path):
                    tell(f"{file.name}: {member.filename} ({member.file_size >> 20} MiB)")
                    with tempfile.TemporaryDirectory() as folder:
                        found.append(device_code.read(Path(wheel.extract(member, folder))))
    except (zipfile.BadZipFile, EOFError) as error:
        message = f"{printable(file.name)} is no wheel that can be read; try again"
        raise InputError(message) from error
    return device_code.joined(found)
