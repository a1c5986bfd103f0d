"""Asking the kernel driver i915 itself how much memory a GPU has: no file of sysfs tells it.

Structures and numbers are those of the kernel's interface, ``include/uapi/drm/i915_drm.h``:
DRM_IOCTL_I915_QUERY with the item DRM_I915_QUERY_MEMORY_REGIONS.
"""

import ctypes
import os
from contextlib import suppress

_QUERY = 0xC0106479  # DRM_IOWR(0x40 + 0x39, 16 bytes)
_MEMORY_REGIONS = 4
_DEVICE_LOCAL = 1
# More regions than a device has tiles and kinds of memory.
_MOST_BYTES = 1 << 14


class _Item(ctypes.Structure):
    _fields_ = (
        ("query_id", ctypes.c_uint64),
        ("length", ctypes.c_int32),
        ("flags", ctypes.c_uint32),
        ("data_ptr", ctypes.c_uint64),
    )


class _Query(ctypes.Structure):
    _fields_ = (
        ("num_items", ctypes.c_uint32),
        ("flags", ctypes.c_uint32),
        ("items_ptr", ctypes.c_uint64),
    )


class _Region(ctypes.Structure):
    _fields_ = (
        ("memory_class", ctypes.c_uint16),
        ("memory_instance", ctypes.c_uint16),
        ("rsvd0", ctypes.c_uint32),
        ("probed_size", ctypes.c_uint64),
        ("unallocated_size", ctypes.c_uint64),
        ("rsvd1", ctypes.c_uint64 * 8),
    )


class _Regions(ctypes.Structure):
    _fields_ = (("num_regions", ctypes.c_uint32), ("rsvd", ctypes.c_uint32 * 3))


def local_memory(node: str) -> int | None:
    """Bytes of the GPU's own memory; None where the driver does not tell or may not be asked.

    Args:
        node: absolute path of its render node, ``/dev/dri/renderD128``.

    """
    with suppress(ImportError, OSError, ValueError):
        descriptor = os.open(node, os.O_RDWR | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            return _sum(_answer(descriptor)) or None
        finally:
            os.close(descriptor)
    return None


def _answer(descriptor: int) -> bytes:
    """The regions as the driver writes them; the first question only gets their length."""
    import fcntl

    item = _Item(query_id=_MEMORY_REGIONS)
    query = _Query(num_items=1, items_ptr=ctypes.addressof(item))
    fcntl.ioctl(descriptor, _QUERY, query)
    if not ctypes.sizeof(_Regions) <= item.length <= _MOST_BYTES:
        return b""
    data = ctypes.create_string_buffer(item.length)
    item.data_ptr = ctypes.addressof(data)
    fcntl.ioctl(descriptor, _QUERY, query)
    return data.raw


def _sum(answer: bytes) -> int:
    start, size = ctypes.sizeof(_Regions), ctypes.sizeof(_Region)
    if len(answer) < start:
        return 0
    count = _Regions.from_buffer_copy(answer).num_regions
    places = range(start, min(start + count * size, len(answer) - size + 1), size)
    regions = (_Region.from_buffer_copy(answer, place) for place in places)
    return sum(one.probed_size for one in regions if one.memory_class == _DEVICE_LOCAL)
