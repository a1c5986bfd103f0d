"""For which NVIDIA devices a library holds code: the headers of the fat binaries inside of it.

A fat binary begins with 0xBA55ED50, version 1 and the length of its header (16), and has entries of
machine code (kind 2) and PTX (kind 1), each with its own header that names the compute capability;
they are found in libraries of Linux and of Windows alike. Sources: the headers as documented in
n-eiling/cuda-fatbin-decompression; the marks of what runs on one capability alone (``9.0a``) and on
its family (``10.0f``) were found by comparing entries with the targets for which vllm 0.33.0,
lmdeploy 0.18.0 and sglang-kernel 0.4.10 are known to be built.
"""

import mmap
import struct
from collections.abc import Iterator
from pathlib import Path

from recommender.facts.noun import noun

_BEGIN = struct.pack("<IHH", 0xBA55ED50, 1, 16)
_HEAD = struct.Struct("<8xQ")
# kind, length of the header, length of what follows, compute capability, marks.
_ENTRY = struct.Struct("<HxxIQ12xIxxxxxxxxQ")
_PTX, _MACHINE = 1, 2
_EXACTLY, _FAMILY = 0x100000, 0x200000
_OLDEST, _NEWEST = 20, 999


@noun
class DeviceCode:
    """Compute capabilities with machine code and with PTX, as ``facts.platform.Package`` has them.

    ``cuda`` is the major version of the CUDA runtime that is asked for; None where none is named.
    """

    capabilities: tuple[str, ...] = ()
    ptx: tuple[str, ...] = ()
    cuda: str | None = None


def joined(found: list[DeviceCode]) -> DeviceCode:
    """What several libraries hold together."""
    return DeviceCode(
        capabilities=_ordered({name for one in found for name in one.capabilities}),
        ptx=_ordered({name for one in found for name in one.ptx}),
        cuda=next((one.cuda for one in found if one.cuda), None),
    )


def read(path: Path) -> DeviceCode:
    """The code for devices in a library."""
    if not path.stat().st_size:
        return DeviceCode()
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        entries = set(_entries(data))
        runtime = _runtime(data)
    return DeviceCode(
        capabilities=_ordered({name for kind, name in entries if kind == _MACHINE}),
        ptx=_ordered({name for kind, name in entries if kind == _PTX}),
        cuda=runtime if entries else None,
    )


def _entries(data: mmap.mmap) -> Iterator[tuple[int, str]]:
    at = data.find(_BEGIN)
    while at >= 0:
        begin = at + _HEAD.size
        if begin > len(data):
            return
        (size,) = _HEAD.unpack_from(data, at)
        end = min(begin + size, len(data))
        yield from _inside(data, begin, end)
        at = data.find(_BEGIN, begin)


def _inside(data: mmap.mmap, at: int, end: int) -> Iterator[tuple[int, str]]:
    while at + _ENTRY.size <= end:
        kind, head, size, capability, marks = _ENTRY.unpack_from(data, at)
        if kind not in {_PTX, _MACHINE} or not _OLDEST <= capability <= _NEWEST or not head:
            return
        yield kind, f"{capability // 10}.{capability % 10}{_mark(marks)}"
        at += head + size


def _mark(marks: int) -> str:
    if marks & _FAMILY:
        return "f"
    return "a" if marks & _EXACTLY else ""


def _runtime(data: mmap.mmap) -> str | None:
    """``13`` of libcudart.so.13 or cudart64_13.dll, among the libraries that are asked for."""
    for name in (b"libcudart.so.", b"cudart64_"):
        at = data.find(name)
        digits = data[at + len(name) : at + len(name) + 3] if at >= 0 else b""
        found = digits[:2].decode("ascii", "replace")
        if found.isdecimal():
            return found
    return None


def _ordered(names: set[str]) -> tuple[str, ...]:
    def key(name: str) -> tuple[int, int, str]:
        major, _, minor = name.partition(".")
        return int(major), int(minor.rstrip("af")), minor

    return tuple(sorted(names, key=key))
