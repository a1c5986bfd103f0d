"""What the kernel drivers i915 and xe tell of their GPUs in sysfs, without any tool."""

from collections.abc import Iterator
from typing import Any

from recommender.probe.context import Context, PciDevice, Read
from recommender.probe.files import Files
from recommender.probe.intel.fields import shared
from recommender.probe.parts import Part

_BUS = "sys/bus/pci/devices"
# Where drivers write the size of a tile's memory, by release (kernel source: xe_tile_sysfs.c).
_TILE_SIZES = ("physical_vram_size_bytes", "memory/physical_vram_size_bytes", "vram0/total_bytes")
# The same for a whole card: Intel's own build of i915 has the first one.
_CARD_SIZES = ("lmem_total_bytes", "mem_info_vram_total")
_LIBRARIES = ("usr/lib/x86_64-linux-gnu", "usr/lib64", "usr/lib", "usr/local/lib")
_VERSIONED = {
    "level_zero": "libze_loader.so.1",
    "versions.compute-runtime": "libze_intel_gpu.so.1",
}
_GIB = 1 << 30


def place(seen: PciDevice, memory: Part) -> Part:
    """Where the GPU sits; one with memory of its own is on a card wherever its address says."""
    inside = bool(seen.integrated) and "memory_gib" not in memory.facts
    facts = {"vendor": "intel", "bus_id": seen.bus_id, **shared(integrated=inside)}
    return Part(source=f"/{_BUS}/{seen.bus_id}", facts=facts)


def memory(context: Context, seen: PciDevice) -> Part:
    """The GPU's own memory, as far as the driver tells it.

    The size of its window on the bus (BAR 2) is not used: it is a power of two that is larger than
    the memory, or smaller where the firmware gives it less room.
    """
    total, used, source = _told(context.files, f"{_BUS}/{seen.bus_id}")
    if not total and context.live and seen.driver == "i915" and not seen.integrated:
        total, source = _asked(context, seen), "DRM_IOCTL_I915_QUERY"
    sizes = {"memory_gib": total, "used_gib": used if total else None}
    known = {name: round(size / _GIB, 3) for name, size in sizes.items() if size}
    return Part(source=source, facts=known)


def state(files: Files, seen: PciDevice) -> Part:
    """Tiles, whether it is a virtual function, and whether its firmware failed."""
    folder = f"{_BUS}/{seen.bus_id}"
    failed = files.exists(f"{folder}/survivability_mode")
    details: dict[str, Any] = {
        "tiles": len(_tiles(files, folder)) or None,
        "virtual_function": True if files.exists(f"{folder}/physfn") else None,
        "state": "survivability mode" if failed else None,
    }
    facts = {"usable_gib": 0.0 if failed else None, "details": details}
    return Part(source=f"/{folder}", facts=facts)


def nodes(files: Files, seen: PciDevice) -> tuple[str, ...]:
    """Absolute names of the nodes that programs open to compute on the GPU."""
    names = files.names(f"{_BUS}/{seen.bus_id}/drm")
    return tuple(f"/dev/dri/{name}" for name in names if name.startswith("renderD"))


def withheld(context: Context, seen: PciDevice) -> bool:
    """Whether this is a container that was not given any of the GPU's nodes."""
    found = nodes(context.files, seen)
    return context.live and context.confined and not any(map(context.files.exists, found))


def denied(context: Context, seen: PciDevice) -> tuple[str, ...]:
    """Nodes of the GPU that are there, but not for this user."""
    if not context.live:
        return ()
    there = (node for node in nodes(context.files, seen) if context.files.exists(node))
    return tuple(n for n in there if not context.files.openable(n))


def software(files: Files) -> dict[str, Read]:
    """Versions of the drivers and of the libraries, by the names of the library files."""
    return dict([*_drivers(files), *_libraries(files)])


def _drivers(files: Files) -> Iterator[tuple[str, Read]]:
    for driver in ("i915", "xe"):
        name = f"sys/module/{driver}/version"
        version = files.line(name)
        if version:
            yield f"versions.{driver}", (version, f"/{name}")


def _libraries(files: Files) -> Iterator[tuple[str, Read]]:
    for fact, library in _VERSIONED.items():
        for folder in _LIBRARIES:
            name = f"{folder}/{library}"
            version = (files.link(name) or "").removeprefix(library.removesuffix("1"))
            if version.count(".") > 0 and version[0].isdecimal():
                yield fact, (version, f"/{name}")
                break


def _told(files: Files, folder: str) -> tuple[int | None, int | None, str]:
    """Bytes in all, bytes taken, and where they stand."""
    tiles = _tiles(files, folder)
    for name in _TILE_SIZES:
        sizes = [files.integer(f"{folder}/{tile}/{name}") or 0 for tile in tiles]
        if any(sizes):
            return sum(sizes), None, f"/{folder}/tile*/{name}"
    for place_ in (folder, *(f"{folder}/drm/{card}" for card in _cards(files, folder))):
        for name in _CARD_SIZES:
            total = files.integer(f"{place_}/{name}")
            if total:
                return total, _taken(files, place_, total), f"/{place_}/{name}"
    return None, None, ""


def _taken(files: Files, folder: str, total: int) -> int | None:
    left = files.integer(f"{folder}/lmem_avail_bytes")
    if left is not None:
        return total - left if 0 <= left <= total else None
    return files.integer(f"{folder}/mem_info_vram_used")


def _asked(context: Context, seen: PciDevice) -> int | None:
    from recommender.probe.intel.query import local_memory

    found = nodes(context.files, seen)
    return local_memory(context.files.path(found[0])) if found else None


def _tiles(files: Files, folder: str) -> list[str]:
    return [name for name in files.names(folder) if name.startswith("tile")]


def _cards(files: Files, folder: str) -> list[str]:
    return [name for name in files.names(f"{folder}/drm") if name.startswith("card")]
