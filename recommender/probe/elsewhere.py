"""The plain facts on macOS and Windows, where there is no /proc."""

import os
import shutil

from recommender.facts.machine import Cpu, Memory, Os
from recommender.probe import normal
from recommender.probe.normal import BYTES_PER_GIB, gib


def read_os(name: str) -> Os:
    """Name and version of the operating system; neither is a container nor WSL."""
    import platform

    mac = platform.mac_ver()[0]
    return Os(
        family=name,
        version=mac or platform.release() or None,
        kernel=platform.release() if mac else platform.version() or None,
        wsl=False,
        container="none",
    )


def arch() -> str | None:
    """Architecture of the computer, not of an emulated interpreter."""
    if hasattr(os, "uname"):
        return normal.arch(os.uname().machine)
    env = os.environ
    return normal.arch(env.get("PROCESSOR_ARCHITEW6432") or env.get("PROCESSOR_ARCHITECTURE", ""))


def read_cpu() -> Cpu:
    """Counts by psutil; the name as far as the standard library knows it."""
    import platform

    import psutil

    return Cpu(
        model=platform.processor() or None,
        physical_cores=psutil.cpu_count(logical=False),
        logical_cores=psutil.cpu_count(),
    )


def read_memory() -> Memory:
    """Total and available main memory by psutil."""
    import psutil

    memory = psutil.virtual_memory()
    return Memory(
        total_gib=gib(memory.total, BYTES_PER_GIB),
        available_gib=gib(memory.available, BYTES_PER_GIB),
    )


def disk_free_gib() -> float:
    """Free space in GiB in the home folder."""
    return round(
        shutil.disk_usage(os.environ.get("HOME") or os.environ.get("USERPROFILE") or os.sep).free
        / BYTES_PER_GIB,
        3,
    )
