"""The operating system and the processors of a Windows computer."""

import os
import re
from collections.abc import Iterator
from typing import Any

from recommender.facts.machine import Cpu, Os, Problem
from recommender.probe import elsewhere, normal
from recommender.probe.cpu import x86_level
from recommender.probe.files import clean, integer
from recommender.probe.windows import registry
from recommender.probe.windows.texts import Record

_VERSION = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion"
_BIOS = r"HARDWARE\DESCRIPTION\System\BIOS"
_PROCESSOR = r"HARDWARE\DESCRIPTION\System\CentralProcessor\0"
# The registry of Windows 11 still says "Windows 10"; the build tells them apart.
_WINDOWS_11_BUILD = 22000
# Machine types of winnt.h.
_MACHINES = {0x8664: "x86_64", 0xAA64: "aarch64", 0x014C: "i686"}
# Features that IsProcessorFeaturePresent knows, by their numbers in winnt.h, as Linux spells them.
_X86_FLAGS = {
    3: "mmx",
    6: "sse",
    10: "sse2",
    13: "pni",
    14: "cx16",
    17: "xsave",
    36: "ssse3",
    37: "sse4_1",
    38: "sse4_2",
    39: "avx",
    40: "avx2",
    41: "avx512f",
    60: "bmi2",
}
_ARM_FLAGS = {
    19: "asimd",
    31: "crc32",
    34: "atomics",
    43: "asimddp",
    46: "sve",
    47: "sve2",
    66: "i8mm",
    67: "asimdhp",
    68: "bf16",
    70: "sme",
    71: "sme2",
}
# Makers and products that firmware names in virtual machines -> the hypervisor.
_GUESTS = (
    ("vmware", "vmware"),
    ("virtualbox", "oracle"),
    ("innotek", "oracle"),
    ("qemu", "qemu"),
    ("kvm", "kvm"),
    ("parallels", "parallels"),
    ("xen", "xen"),
    ("amazon ec2", "kvm"),
    ("google compute", "kvm"),
    ("microsoft corporation virtual machine", "microsoft"),
)


def read_os() -> Os:
    """Windows with its build; what the registry does not tell is asked of Python."""
    told = registry.read(_VERSION, "ProductName", "CurrentBuild", "UBR")
    if "currentbuild" not in told:
        return elsewhere.read_os("windows")
    build = integer(told["currentbuild"]) or 0
    number = ".".join(part for part in (told["currentbuild"], told.get("ubr")) if part)
    product = told.get("productname", "")
    if build >= _WINDOWS_11_BUILD:
        product = product.replace("Windows 10", "Windows 11")
    version = re.search(r"\d{4}|\d+(?:\.\d+)?", product)
    return Os(
        family="windows",
        distro=product or None,
        version=version[0] if version else None,
        kernel=f"10.0.{number}",
        wsl=False,
        container="none",
        vm=_vm(),
    )


def arch() -> str | None:
    """Architecture of the computer, also for a process that is emulated."""
    return _native() or elsewhere.arch()


def read_cpu() -> Cpu:
    """Name by the registry, features by the system, counts by psutil."""
    import psutil

    told = registry.read(_PROCESSOR, "ProcessorNameString", "VendorIdentifier")
    flags = tuple(_flags(arch()))
    return Cpu(
        vendor=_vendor(told),
        model=clean(" ".join(told.get("processornamestring", "").split())) or None,
        physical_cores=psutil.cpu_count(logical=False),
        logical_cores=psutil.cpu_count(),
        flags=flags,
        x86_level=_level(flags),
    )


def emulated() -> Iterator[Problem]:
    """A Python for another processor than the computer's."""
    own, native = normal.arch(os.environ.get("PROCESSOR_ARCHITECTURE", "")), _native()
    if native == "aarch64" and own and own != native:
        yield Problem(
            what=f"This Python is built for {own} and is emulated on a computer for Arm.",
            fix="Install the Arm64 release of Python, and llmpick with it.",
            rule="probe.windows.emulated",
        )


def _kernel() -> Any:
    """Windows' kernel32; None elsewhere."""
    import ctypes

    platform: Any = ctypes
    try:
        return platform.WinDLL("kernel32")
    except (OSError, AttributeError):
        return None


def _native() -> str | None:
    import ctypes

    process, native = ctypes.c_ushort(), ctypes.c_ushort()
    try:
        kernel = _kernel()
        kernel.GetCurrentProcess.restype = ctypes.c_void_p
        here = ctypes.c_void_p(kernel.GetCurrentProcess())
        known = kernel.IsWow64Process2(here, ctypes.byref(process), ctypes.byref(native))
    except (AttributeError, OSError, ctypes.ArgumentError):
        return None
    return _MACHINES.get(native.value) if known else None


def _flags(machine: str | None) -> Iterator[str]:
    kernel = _kernel()
    if kernel is None:
        return
    # The numbers of one architecture say nothing on another.
    known = _ARM_FLAGS if machine == "aarch64" else _X86_FLAGS
    yield from (flag for number, flag in known.items() if kernel.IsProcessorFeaturePresent(number))


def _level(flags: tuple[str, ...]) -> int | None:
    """The psABI level, of which Windows tells a part only.

    Every processor of Intel and AMD with AVX2 has the rest of level 3, every one with SSE4.2 the
    rest of level 2. AVX512F does not imply level 4: the Xeon Phi has no AVX512BW.
    """
    if "avx2" in flags:
        return 3
    if "sse4_2" in flags:
        return 2
    return 1 if "sse2" in flags else x86_level(flags)


def _vendor(told: Record) -> str | None:
    identifier = told.get("vendoridentifier", "")
    return elsewhere.cpu_vendor(identifier) or ("qualcomm" if "Qualcomm" in identifier else None)


def _vm() -> str | None:
    told = registry.read(_BIOS, "SystemManufacturer", "SystemProductName")
    if not told:
        return None
    text = " ".join(told.values()).casefold()
    return next((kind for words, kind in _GUESTS if words in text), "none")
