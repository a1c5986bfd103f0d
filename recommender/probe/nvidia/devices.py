"""NVIDIA's devices as facts, whichever way they were read."""

import re
from collections.abc import Mapping
from dataclasses import field, replace

from recommender.facts.machine import Accelerator, Memory, Problem
from recommender.facts.noun import noun
from recommender.probe.context import PciDevice
from recommender.probe.files import clean
from recommender.probe.nvidia.problems import memory_unknown

# Devices that share the main memory and whose memory call says NOT_SUPPORTED: GB10 (DGX Spark
# known issues), Thor and Orin; NVIDIA's Tegra driver appends "(nvgpu)" to the name.
_UNIFIED = re.compile(r"\bGB10\b|\bThor\b|\bOrin\b|\(nvgpu\)", re.IGNORECASE)
_BUS = re.compile(r"([0-9a-f]+):([0-9a-f]{2}):([0-9a-f]{2})\.([0-7])", re.IGNORECASE)
_MIB_PER_GIB = 1024


@noun
class Host:
    """What is known of the computer before its NVIDIA devices are read."""

    memory: Memory = field(default_factory=Memory)
    pci: Mapping[str, PciDevice] = field(default_factory=dict)


@noun
class Device:
    """One GPU as a driver tells of it; sizes in MiB, ``reserved`` is kept by the driver."""

    label: str
    name: str | None = None
    bus_id: str | None = None
    compute_capability: str | None = None
    total_mib: float | None = None
    reserved_mib: float = 0


def accelerator(device: Device, host: Host) -> tuple[Accelerator, list[Problem]]:
    """The device with its memory, which is the main memory where it has none of its own."""
    plain = _plain(device, host)
    if device.total_mib:
        usable = device.total_mib - device.reserved_mib
        sizes = {"memory_gib": mib(device.total_mib), "usable_gib": mib(usable)}
        return _sized(plain, sizes, unified=shares_memory(device.name)), []
    if shares_memory(device.name):
        return _sized(plain, shared(host.memory), unified=True), []
    return plain, [memory_unknown(device.label)]


def shares_memory(name: str | None) -> bool:
    """Whether a device of this name has no memory of its own."""
    return bool(name and _UNIFIED.search(name))


def shared(memory: Memory) -> dict[str, float | None]:
    """Sizes of a device that shares the main memory; a control group's limit holds for it too."""
    known = [size for size in (memory.total_gib, memory.limit_gib) if size is not None]
    return {"memory_gib": memory.total_gib, "usable_gib": min(known, default=None)}


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


def _plain(device: Device, host: Host) -> Accelerator:
    seen = host.pci.get(device.bus_id or "")
    return Accelerator(
        vendor="nvidia",
        name=clean(device.name or "") or None,
        compute_capability=device.compute_capability,
        driver_bound=True,
        driver=seen.driver if seen else None,
        pci_id=seen.pci_id if seen else None,
        bus_id=device.bus_id,
        numa_node=seen.numa_node if seen else None,
    )


def _sized(plain: Accelerator, sizes: Mapping[str, float | None], *, unified: bool) -> Accelerator:
    integrated = None if unified else False
    return replace(
        plain,
        memory_gib=sizes["memory_gib"],
        usable_gib=sizes["usable_gib"],
        unified=unified,
        integrated=integrated,
    )
