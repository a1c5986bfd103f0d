"""The operating system of a Linux computer, its architecture, disk and shared memory."""
# pathlib is not used: importing it takes longer than the whole probe.
# ruff: noqa: PTH100, PTH111, PTH112, PTH118, PTH120

import os
from collections.abc import Mapping

from recommender.facts.machine import Os
from recommender.probe import normal, vm
from recommender.probe.context import Context
from recommender.probe.files import Files, clean
from recommender.probe.normal import BYTES_PER_GIB

# Marks of a container: path in the root, then what it says.
_CONTAINER_FILES = ((".dockerenv", "docker"), ("run/.containerenv", "podman"))
_CONTAINER_ENV = (
    ("KUBERNETES_SERVICE_HOST", "kubernetes"),
    ("APPTAINER_CONTAINER", "apptainer"),
    ("SINGULARITY_CONTAINER", "apptainer"),
)
_CGROUP_WORDS = (("kubepods", "kubernetes"), ("docker", "docker"), ("lxc", "lxc"))


def read(context: Context) -> Os:
    """Facts about the operating system."""
    files = context.files
    release = os_release(files.text("etc/os-release") or files.text("usr/lib/os-release") or "")
    kernel = files.line("proc/sys/kernel/osrelease")
    wsl = None if kernel is None else _wsl(files, kernel)
    libc, libc_version = _libc(files, live=context.live)
    return Os(
        family="linux",
        distro=release.get("ID"),
        version=release.get("VERSION_ID"),
        kernel=kernel or (os.uname().release if context.live else None),
        libc=libc,
        libc_version=libc_version,
        wsl=wsl,
        vm=vm.kind(files, wsl=wsl),
        l4t=_l4t(files),
    )


def os_release(text: str) -> dict[str, str]:
    """Variables of os-release(5): shell assignments, quoted or not; empty values are left out."""
    values = {}
    for line in text.splitlines():
        name, sign, value = line.strip().partition("=")
        value = value.strip()
        if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1]
        if sign and clean(value) and not name.startswith("#"):
            values[name] = clean(value.replace("\\", ""))
    return values


def arch(context: Context, cpuinfo_arch: str | None) -> str | None:
    """The kernel's machine name; of a root that is not this host, what /proc says."""
    if context.live:
        return normal.arch(os.uname().machine)
    told = context.files.line("proc/sys/kernel/arch")
    if told is None and cpuinfo_arch == "ppc64le":
        big = context.files.line("sys/kernel/cpu_byteorder") == "big"
        return "ppc64" if big else cpuinfo_arch
    return normal.arch(told) if told else cpuinfo_arch


def container(files: Files, env: Mapping[str, str]) -> str:
    """The kind of container around this process, or ``none``."""
    named = [kind for name, kind in _CONTAINER_ENV if env.get(name)]
    marked = [kind for name, kind in _CONTAINER_FILES if files.exists(name)]
    systemd = files.line("run/systemd/container") or env.get("container")
    groups = files.text("proc/1/cgroup") or ""
    told = [kind for word, kind in _CGROUP_WORDS if f"/{word}" in groups]
    return next(iter((*named, *marked, *([clean(systemd)] if systemd else []), *told)), "none")


def disk_free_gib(context: Context) -> float | None:
    """Free space, in GiB, where the Hugging Face libraries would put a model."""
    env = context.env
    home = env.get("HOME") or os.path.expanduser("~")
    cache = env.get("XDG_CACHE_HOME") or os.path.join(home, ".cache")
    hub = env.get("HF_HUB_CACHE") or env.get("HF_HOME") or os.path.join(cache, "huggingface")
    return _space(_existing(context.files.path(os.path.abspath(hub))), free=True)


def shm_gib(context: Context) -> float | None:
    """Size of /dev/shm in GiB: too small a one breaks collective communication."""
    return _space(context.files.path("dev/shm"), free=False)


def _libc(files: Files, *, live: bool) -> tuple[str | None, str | None]:
    if any(name.startswith("ld-musl-") for name in files.names("lib")):
        return "musl", _musl_version(files)
    if not live:
        return None, None
    try:
        name, _, version = (os.confstr("CS_GNU_LIBC_VERSION") or "").partition(" ")
    except (AttributeError, OSError, ValueError):
        return None, None
    return name or None, version or None


def _musl_version(files: Files) -> str | None:
    """From Alpine's package database: the library itself tells it only when it is run."""
    _, found, rest = (files.text("lib/apk/db/installed") or "").partition("\nP:musl\nV:")
    return clean(rest.partition("\n")[0]).partition("-")[0] or None if found else None


def _l4t(files: Files) -> str | None:
    """Of ``# R36 (release), REVISION: 4.3, GCID: ...`` it is 36.4.3."""
    line = files.line("etc/nv_tegra_release") or ""
    major, told, rest = line.removeprefix("# R").partition(" (release), REVISION: ")
    return f"{major}.{rest.partition(',')[0]}" if told and major.isdecimal() else None


def _wsl(files: Files, kernel: str) -> bool:
    kernel = kernel.lower()
    marked = files.exists("proc/sys/fs/binfmt_misc/WSLInterop")
    return marked or "microsoft" in kernel or "wsl" in kernel


def _existing(path: str) -> str:
    while not os.path.isdir(path) and os.path.dirname(path) != path:
        path = os.path.dirname(path)
    return path


def _space(path: str, *, free: bool) -> float | None:
    try:
        stat = os.statvfs(path)
    except (AttributeError, OSError, ValueError):
        return None
    return round((stat.f_bavail if free else stat.f_blocks) * stat.f_frsize / BYTES_PER_GIB, 3)
