"""Where the facts about the computer itself were read; those of devices carry theirs along."""

import re
from collections.abc import Iterator
from typing import Any

from recommender.facts.codec import encode
from recommender.facts.machine import Machine
from recommender.probe.context import Context

# Fact (a beginning of its path) -> where it may come from, the likeliest first: a pattern of files,
# which counts where such a file was opened, or a function or variable in round brackets.
_SOURCES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("os.family", ("(sys.platform)",)),
    ("os.distro", ("etc/os-release", "usr/lib/os-release")),
    ("os.version", ("etc/os-release", "usr/lib/os-release", "(platform)")),
    ("os.kernel", ("proc/sys/kernel/osrelease", "(uname)")),
    ("os.libc", ("lib/apk/db/installed", "(confstr)")),
    ("os.wsl", ("proc/sys/fs/binfmt_misc/WSLInterop", "proc/sys/kernel/osrelease", "(platform)")),
    (
        "os.container",
        (
            r"\.dockerenv",
            "run/.containerenv",
            "run/systemd/container",
            "proc/1/cgroup",
            "(environ)",
        ),
    ),
    (
        "os.vm",
        (
            "sys/hypervisor/.*",
            "sys/class/dmi/id/.*",
            "proc/device-tree/hypervisor.*",
            "proc/cpuinfo",
        ),
    ),
    ("os.l4t", ("etc/nv_tegra_release",)),
    ("arch", ("(uname)",)),
    ("cpu.logical_cores", ("(sched_getaffinity)", "sys/devices/system/cpu/online", "proc/cpuinfo")),
    ("cpu.physical_cores", ("sys/devices/system/cpu/cpu0/topology/.*", "proc/cpuinfo")),
    ("cpu.sockets", ("sys/devices/system/cpu/cpu0/topology/.*", "proc/cpuinfo")),
    ("cpu.numa_node", ("sys/devices/system/node.*",)),
    ("cpu.quota_cores", (r"sys/fs/cgroup/.*cpu\.(max|cfs_quota_us)",)),
    ("cpu", ("proc/cpuinfo", "(psutil)")),
    ("memory.limit_gib", (r"sys/fs/cgroup/.*memory\.(max|high|limit_in_bytes)",)),
    ("memory.group_used_gib", (r"sys/fs/cgroup/.*memory\.(current|usage_in_bytes)",)),
    ("memory", ("proc/meminfo", "(psutil)")),
    ("disk_free_gib", ("(statvfs of the model cache)",)),
    ("shm_gib", ("(statvfs of /dev/shm)",)),
    ("software.python", ("(sys.version)",)),
    ("software.docker", ("(PATH and socket)",)),
    ("software.podman", ("(PATH)",)),
    ("software.installed", ("(dist-info folders and --version)",)),
    ("software.versions", ("(--version)",)),
)
_SYSTEMS = {"macos": "sysctlbyname", "windows": "registry, kernel32"}
_TOLD_BY_SYSTEM = ("os.", "arch", "cpu.", "memory.")
_TOLD_BY_PYTHON = ("os.family",)


def host(machine: Machine, context: Context) -> dict[str, str]:
    """Sources by the paths of the facts that are known."""
    opened = sorted(context.files.opened)
    told = (
        (path, _elsewhere(path, context.family) or _source(path, opened))
        for path, _ in _facts(encode(machine))
    )
    return {path: source for path, source in told if source}


def _elsewhere(path: str, family: str) -> str | None:
    """On systems without /proc one interface tells everything about the computer."""
    asked = path.startswith(_TOLD_BY_SYSTEM) and path not in _TOLD_BY_PYTHON
    return _SYSTEMS.get(family) if asked else None


def _facts(document: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Known facts with their paths, lists as wholes; devices and what is made of them left out."""
    for name, value in document.items():
        if isinstance(value, dict):
            yield from _facts(value, f"{prefix}{name}.")
        elif value not in (None, [], ()):
            yield f"{prefix}{name}", value


def _source(path: str, opened: list[str]) -> str | None:
    candidates = next((found for start, found in _SOURCES if path.startswith(start)), ())
    for candidate in candidates:
        if candidate.startswith("("):
            return candidate[1:-1]
        pattern = re.compile(candidate)
        if name := next((name for name in opened if pattern.fullmatch(name)), None):
            return f"/{name}"
    return None
