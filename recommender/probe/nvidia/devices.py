"""NVIDIA's devices as facts, whichever way they were read."""

import re
from collections.abc import Mapping
from dataclasses import field
from typing import Any

from recommender.facts.machine import Memory, Problem
from recommender.facts.noun import noun
from recommender.probe import parts
from recommender.probe.files import clean
from recommender.probe.nvidia.problems import memory_unknown
from recommender.probe.parts import Device, Part

# Devices that share the main memory and whose memory call says NOT_SUPPORTED: GB10 (DGX Spark
# known issues), Thor and Orin; NVIDIA's Tegra driver appends "(nvgpu)" to the name.
_UNIFIED = re.compile(r"\bGB10\b|\bThor\b|\bOrin\b|\(nvgpu\)", re.IGNORECASE)
_BUS = re.compile(r"([0-9a-f]+):([0-9a-f]{2}):([0-9a-f]{2})\.([0-7])", re.IGNORECASE)
_MIB_PER_GIB = 1024


@noun
class Told:
    """One GPU as a driver tells of it; sizes in MiB, ``reserved`` is kept by the driver."""

    label: str
    source: str
    name: str | None = None
    bus_id: str | None = None
    compute_capability: str | None = None
    total_mib: float | None = None
    used_mib: float | None = None
    reserved_mib: float = 0
    details: Mapping[str, Any] = field(default_factory=dict)


def device(told: Told, memory: Memory) -> tuple[Device, list[Problem]]:
    """The device with its memory, which is the main memory where it has none of its own."""
    if told.total_mib:
        usable = told.total_mib - told.reserved_mib
        sizes = {"memory_gib": mib(told.total_mib), "usable_gib": mib(usable)}
        own = {**sizes, "used_gib": mib(told.used_mib), "unified": False, "integrated": False}
        return parts.device(_plain(told), Part(source=told.source, facts=own)), []
    if shares_memory(told.name):
        return parts.device(_plain(told), shared(memory)), []
    return parts.device(_plain(told)), [memory_unknown(told.label)]


def shares_memory(name: str | None) -> bool:
    """Whether a device of this name has no memory of its own."""
    return bool(name and _UNIFIED.search(name))


def shared(memory: Memory) -> Part:
    """Sizes of a device that shares the main memory; a control group's limit holds for it too."""
    known = [size for size in (memory.total_gib, memory.limit_gib) if size is not None]
    sizes = {"memory_gib": memory.total_gib, "usable_gib": min(known, default=None)}
    return Part(source="/proc/meminfo", facts={**sizes, "unified": True})


def bus(text: str | None) -> str | None:
    """A bus id as sysfs writes it: NVML has eight digits of domain and capital letters."""
    match = _BUS.fullmatch((text or "").strip())
    if not match:
        return None
    domain, number, device, function = match.groups()
    return f"{int(domain, 16):04x}:{number}:{device}.{function}".lower()


def bus_of(pci: object) -> str | None:
    """Bus id in NVML's structure about a place on the bus."""
    text = getattr(pci, "busId", None)
    return bus(text.decode("ascii", "replace") if isinstance(text, bytes) else text)


def mib(amount: float | None) -> float | None:
    """MiB as GiB with three decimals."""
    return None if amount is None else round(amount / _MIB_PER_GIB, 3)


def _plain(told: Told) -> Part:
    facts = {
        "vendor": "nvidia",
        "name": clean(told.name or "") or None,
        "compute_capability": told.compute_capability,
        "driver_bound": True,
        "bus_id": told.bus_id,
        "details": told.details,
    }
    return Part(source=told.source, facts=facts)
