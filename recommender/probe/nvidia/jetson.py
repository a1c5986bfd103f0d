"""Jetson: the GPU is a part of the processor, and the device tree names the computer."""

from collections.abc import Iterator

from recommender.facts.machine import Memory
from recommender.probe import parts
from recommender.probe.files import Files, clean
from recommender.probe.nvidia.devices import shared, shares_memory
from recommender.probe.parts import Device, Part

_MODEL = "proc/device-tree/model"
_COMPATIBLE = "proc/device-tree/compatible"
_MARKS = ("etc/nv_tegra_release", "sys/class/tegra-firmware")
# "nvidia,tegra234" among the names that the tree says the board is compatible with.
_CHIP = "nvidia,tegra"
# Release series of Jetson Linux -> of JetPack; source: NVIDIA's JetPack archive.
_JETPACK = {"32": "4", "35": "5", "36": "6", "38": "7"}


def devices(files: Files, memory: Memory) -> Iterator[Device]:
    """The GPU of a Jetson whose driver has no library that could tell of it."""
    if not any(map(files.exists, _MARKS)):
        return
    model = clean(files.text(_MODEL, 4096) or "")
    named = {"vendor": "nvidia", "name": model or None, "driver_bound": True}
    yield parts.device(Part(source=f"/{_MODEL}", facts=named), shared(memory))


def completed(device: Device, files: Files) -> Device:
    """The device with its chip (``tegra234``) where it is a part of the board's processor."""
    chip = _chip(files)
    own = device.accelerator.unified or shares_memory(device.accelerator.name)
    if chip is None or not own:
        return device
    facts = {"chip": chip, "details": {"jetson": True}}
    return parts.completed(device, Part(source=f"/{_COMPATIBLE}", facts=facts))


def jetpack(l4t: str | None) -> str | None:
    """The JetPack series of a Jetson Linux release (``36.4.3``)."""
    return _JETPACK.get((l4t or "").partition(".")[0])


def _chip(files: Files) -> str | None:
    names = (files.text(_COMPATIBLE, 4096) or "").split("\0")
    found = next((name for name in names if name.startswith(_CHIP)), "")
    return clean(found.removeprefix("nvidia,")) or None
