"""What a model needs of a device's memory, and what a server may take of it; sizes in GiB."""

from collections.abc import Collection

from recommender.facts import Accelerator, Machine
from recommender.rules.situation import Group, ram_gib

# A box says 80, 40 or 141 GB, the driver 79.2, 39.5 and 140.4 GiB (source: fit-and-speed, section
# 3); what ECC takes of some devices is in their usable size.
_VISIBLE = 0.985
# A DGX Spark of 128 GB shows 121.7 GiB, of which the system leaves some 102 at boot (source:
# hardware-probing).
_NVIDIA_UNIFIED = 0.8
# Metal's working set: measured 74 % on 16 and 24 GiB, 84 % on 128 (source: hardware-probing).
_METAL_SMALL, _METAL_LARGE, _METAL_LARGE_FROM_GIB = 0.74, 0.80, 96
# Left to the operating system where a server computes on the processor.
_HOST_SHARE = 0.8


def usable_gib(group: Group, machine: Machine, traits: Collection[str] = ()) -> float | None:
    """Memory of one device (or of the host, for the processor) that a server can use.

    A platform with the trait ``maps-gtt`` (Vulkan) reaches the main memory that the graphics of an
    AMD processor may map beside its own; ROCm's figure is ``usable_gib`` (source:
    hardware-probing).
    """
    ram = ram_gib(machine)
    if not group.members:
        return None if ram is None else ram * _HOST_SHARE
    first = group.first
    if "maps-gtt" in traits and first.integrated and first.gtt_gib and first.memory_gib is not None:
        return (first.memory_gib + first.gtt_gib) * _VISIBLE
    return device_gib(first, machine)


def device_gib(device: Accelerator, machine: Machine) -> float | None:
    """Memory of one accelerator that a server can use, None if nobody knows it."""
    if device.usable_gib is not None:
        return device.usable_gib
    memory = device.memory_gib
    if memory is None and device.unified:
        memory = ram_gib(machine)
    if memory is None:
        return None
    if device.vendor == "apple":
        return memory * (_METAL_LARGE if memory >= _METAL_LARGE_FROM_GIB else _METAL_SMALL)
    if device.vendor == "nvidia" and device.unified:
        return memory * _NVIDIA_UNIFIED
    return memory * _VISIBLE


def spare_ram_gib(group: Group, machine: Machine) -> float:
    """Main memory that can take what a device cannot hold; none where they are the same memory."""
    ram = ram_gib(machine)
    if ram is None or not group.members or group.first.unified:
        return 0.0
    return ram * _HOST_SHARE
