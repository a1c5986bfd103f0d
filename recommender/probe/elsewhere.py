"""The plain facts on systems that no other module reads better, such as FreeBSD."""
# pathlib is not used: importing it takes longer than the whole probe.
# ruff: noqa: PTH100, PTH111, PTH112, PTH118, PTH120

import os
from collections.abc import Mapping
from dataclasses import replace

from recommender.facts.machine import Cpu, Memory, Os
from recommender.probe import normal
from recommender.probe.files import clean
from recommender.probe.normal import BYTES_PER_GIB, gib

_VENDORS = {"GenuineIntel": "intel", "AuthenticAMD": "amd", "HygonGenuine": "hygon"}


def read_os(name: str) -> Os:
    """Name and version of the operating system; it is neither a container nor WSL."""
    import platform

    mac = platform.mac_ver()[0]
    return Os(
        family=name.lower(),
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


def described(cpu: Cpu) -> Cpu:
    """``cpu`` with its name and features by py-cpuinfo, which takes more than a second."""
    import cpuinfo

    try:
        told = cpuinfo.get_cpu_info()
    except Exception:  # noqa: BLE001  # starts a process and parses what it prints
        return cpu
    flags = (clean(flag, 40) for flag in told.get("flags") or ())
    return replace(
        cpu,
        vendor=cpu_vendor(told.get("vendor_id_raw", "")),
        model=clean(told.get("brand_raw", "")) or cpu.model,
        flags=tuple(flags),
    )


def cpu_vendor(identifier: str) -> str | None:
    """Our word for the vendor string of CPUID."""
    return _VENDORS.get(identifier.strip())


def read_memory() -> Memory:
    """Total and available main memory by psutil."""
    import psutil

    memory = psutil.virtual_memory()
    return Memory(
        total_gib=gib(memory.total, BYTES_PER_GIB),
        available_gib=gib(memory.available, BYTES_PER_GIB),
    )


def disk_free_gib(env: Mapping[str, str] | None = None) -> float:
    """Free space in GiB where the Hugging Face libraries would put a model."""
    import shutil

    known = os.environ if env is None else env
    home = known.get("HOME") or known.get("USERPROFILE") or os.path.expanduser("~")
    cache = known.get("HF_HUB_CACHE") or known.get("HF_HOME") or os.path.join(home, ".cache")
    path = os.path.abspath(cache)
    while not os.path.isdir(path) and os.path.dirname(path) != path:
        path = os.path.dirname(path)
    return round(shutil.disk_usage(path).free / BYTES_PER_GIB, 3)
