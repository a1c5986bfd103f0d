"""Versions of AMD's driver and of ROCm, without running anything."""

import re
from collections.abc import Iterator

from recommender.probe.context import Context, Read
from recommender.probe.files import Files

# "7.1.1-38": the build number is no part of the version.
_VERSION = re.compile(r"\d+(?:\.\d+)+")
_VERSION_FILES = (".info/version", ".info/version-dev", ".info/version-rocm")
_DEFINED = re.compile(r"#define\s+ROCM_VERSION_(MAJOR|MINOR|PATCH)\s+(\d{1,4})")
# Distributions' own packages have no version file but the header.
_HEADERS = ("usr/include/rocm-core/rocm_version.h", "opt/rocm/include/rocm-core/rocm_version.h")
_MODULE = "sys/module/amdgpu"


def versions(context: Context) -> dict[str, Read]:
    """What is known, by the keys of findings."""
    found = {"rocm": _rocm(context), "versions.amdgpu": _driver(context)}
    return {name: read for name, read in found.items() if read}


def _driver(context: Context) -> Read | None:
    """The driver's version; the one that comes with the kernel has the kernel's."""
    own = context.files.line(f"{_MODULE}/version")
    if own:
        return own, f"/{_MODULE}/version"
    loaded = context.files.exists(_MODULE) or context.bound("1002")
    kernel = context.os.kernel
    return (kernel, "/proc/sys/kernel/osrelease") if loaded and kernel else None


def _rocm(context: Context) -> Read | None:
    files = context.files
    for folder in _folders(context):
        for name in _VERSION_FILES:
            match = _VERSION.match(files.line(f"{folder}/{name}") or "")
            if match:
                return match[0], f"/{folder}/{name}"
    for name in _HEADERS:
        numbers = dict(_DEFINED.findall(files.text(name) or ""))
        if len(numbers) == 3:  # noqa: PLR2004
            return f"{numbers['MAJOR']}.{numbers['MINOR']}.{numbers['PATCH']}", f"/{name}"
    return None


def _folders(context: Context) -> Iterator[str]:
    """Where ROCm may be: as the environment says, then the usual place, then any release's."""
    yield from (
        value.strip("/")
        for variable in ("ROCM_PATH", "ROCM_HOME")
        if (value := context.env.get(variable, "")).startswith("/")
    )
    yield "opt/rocm"
    yield from _releases(context.files, "opt", "rocm-")
    yield from _releases(context.files, "opt/rocm", "core-")


def _releases(files: Files, folder: str, prefix: str) -> Iterator[str]:
    """Folders named for a release, the newest first."""
    names = [name for name in files.names(folder) if name.startswith(prefix)]
    newest_first = sorted(names, key=_numbers, reverse=True)
    yield from (f"{folder}/{name}" for name in newest_first)


def _numbers(name: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d{1,6}", name)]
