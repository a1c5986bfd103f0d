"""The operating system, the processors and the memory of a Mac, by the figures of sysctl.

Names and meanings: sysctl(3) and "Determining system capabilities" of Apple's documentation.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from recommender.facts.machine import CoreKind, Cpu, Machine, Memory, Os
from recommender.probe import elsewhere, sysctl
from recommender.probe.context import Context
from recommender.probe.cpu import x86_level
from recommender.probe.normal import BYTES_PER_GIB, gib
from recommender.probe.sysctl import is_apple_silicon, number

Values = Mapping[str, str]

# Of one processor; Macs with several are of old, and tell the sum as well.
_CORES, _THREADS = "machdep.cpu.core_count", "machdep.cpu.thread_count"
_MOST_LEVELS = 4
# Arm features by Apple's names (the older ones last) and as Linux spells them.
_ARM_FLAGS = {
    "hw.optional.AdvSIMD": "asimd",
    "hw.optional.arm.AdvSIMD": "asimd",
    "hw.optional.arm.FEAT_FP16": "asimdhp",
    "hw.optional.arm.FEAT_DotProd": "asimddp",
    "hw.optional.arm.FEAT_FHM": "asimdfhm",
    "hw.optional.arm.FEAT_BF16": "bf16",
    "hw.optional.arm.FEAT_EBF16": "ebf16",
    "hw.optional.arm.FEAT_I8MM": "i8mm",
    "hw.optional.arm.FEAT_LSE": "atomics",
    "hw.optional.arm.FEAT_SME": "sme",
    "hw.optional.arm.FEAT_SME2": "sme2",
    "hw.optional.neon": "asimd",
    "hw.optional.neon_fp16": "asimdhp",
    "hw.optional.armv8_2_fhm": "asimdfhm",
    "hw.optional.armv8_1_atomics": "atomics",
}
_X86_FLAGS = {
    "hw.optional.sse4_1": "sse4_1",
    "hw.optional.sse4_2": "sse4_2",
    "hw.optional.avx1_0": "avx",
    "hw.optional.avx2_0": "avx2",
    "hw.optional.avx512f": "avx512f",
}
_FEATURES = ("features", "leaf7_features", "extfeatures")
# Features of Intel's processors where Linux has another word than the small letters of Apple's.
_LINUX_WORDS = {
    "sse3": "pni",
    "sse4.1": "sse4_1",
    "sse4.2": "sse4_2",
    "avx1.0": "avx",
    "avx2.0": "avx2",
    "avx512vnni": "avx512_vnni",
    "avx512bitalg": "avx512_bitalg",
    "avx512vpopcntdq": "avx512_vpopcntdq",
    "lahf": "lahf_lm",
    "lzcnt": "abm",
    "em64t": "lm",
    "1gbpage": "pdpe1gb",
    "rdwrfsgs": "fsgsbase",
}
_OS = (
    *("kern.osproductversion", "kern.osversion", "kern.osrelease", "kern.hv_vmm_present"),
    *("hw.model", "machdep.cpu.features"),
)
_CPU = (
    *(sysctl.BRAND, "machdep.cpu.vendor", "hw.cputype", "hw.optional.arm64", "hw.packages"),
    *("hw.physicalcpu", "hw.logicalcpu", "hw.ncpu", "hw.nperflevels"),
    *(
        f"hw.perflevel{level}.{fact}"
        for level in range(_MOST_LEVELS)
        for fact in ("physicalcpu", "logicalcpu", "name")
    ),
    *(f"machdep.cpu.{name}" for name in _FEATURES),
    *_ARM_FLAGS,
    *_X86_FLAGS,
)
_MEMORY = ("hw.memsize",)
# What programs built for macOS 10.15 and before are told since.
_NOT_A_VERSION = "10.16"
_DARWIN_11, _DARWIN_26 = 20, 25
_GUESTS = (("VirtualMac", "apple"), ("VMware", "vmware"), ("Parallels", "parallels"))


def read_os(context: Context) -> Os:
    """The operating system of this Mac."""
    return system(sysctl.read(context, _OS))


def read_cpu(context: Context) -> tuple[Cpu, str | None]:
    """The processors and the architecture of this Mac."""
    known = sysctl.read(context, _CPU)
    return processor(known), arch(known)


def read_memory(context: Context) -> Memory:
    """The main memory of this Mac."""
    import psutil

    total = memory(sysctl.read(context, _MEMORY)).total_gib
    return Memory(
        total_gib=total,
        available_gib=gib(psutil.virtual_memory().available, BYTES_PER_GIB),
    )


def values(text: str) -> dict[str, str]:
    """Figures by the names of ``sysctl``, from its output or that of ``system_profiler``."""
    from recommender.probe.apple import profiler

    return {**profiler.read(text).values, **sysctl.values(text)}


def recorded(text: str) -> Machine:
    """The Mac that printed ``text``: the output of ``sysctl`` or of ``system_profiler``."""
    from recommender.probe import apple, merging

    known, found = values(text), apple.understood(text)
    if not known and not found.devices:
        return Machine()
    lent = any(device.details.get("virtual_function") for device in found.accelerators)
    here = system(known)
    machine = Machine(
        os=replace(here, vm=here.vm or "vm") if lent else here,
        arch=arch(known),
        cpu=processor(known),
        memory=memory(known),
    )
    return merging.machine(machine, merging.merged({"apple": found}, ()))


def system(known: Values) -> Os:
    """Version of macOS and of Darwin below it; macOS knows no containers."""
    return Os(
        family="macos",
        version=_version(known),
        kernel=known.get("kern.osrelease"),
        wsl=False,
        container="none",
        vm=_vm(known),
    )


def arch(known: Values) -> str | None:
    """Architecture of the Mac, whatever this process is translated from."""
    apple = is_apple_silicon(known)
    return None if apple is None else "aarch64" if apple else "x86_64"


def memory(known: Values) -> Memory:
    """Total main memory."""
    return Memory(total_gib=gib(number(known, "hw.memsize"), BYTES_PER_GIB))


def processor(known: Values) -> Cpu:
    """Counts, kinds of cores and features.

    Cores of the slowest of several levels count as efficiency cores, whatever Apple calls them: it
    has named the levels "Performance" and "Efficiency" first, and "Super" and "Performance" later.
    """
    kinds = tuple(_kinds(known))
    cores = [kind.count for kind in kinds]
    mixed = len(kinds) > 1
    flags = tuple(dict.fromkeys(_flags(known)))
    return Cpu(
        vendor=_vendor(known),
        model=known.get(sysctl.BRAND),
        sockets=number(known, "hw.packages"),
        physical_cores=number(known, "hw.physicalcpu") or sum(cores) or number(known, _CORES),
        logical_cores=number(known, "hw.logicalcpu")
        or number(known, "hw.ncpu")
        or _threads(known)
        or number(known, _THREADS),
        performance_cores=sum(cores[:-1]) if mixed else None,
        efficiency_cores=cores[-1] if mixed else None,
        core_kinds=kinds if mixed else (),
        flags=flags,
        x86_level=x86_level(flags),
    )


def _version(known: Values) -> str | None:
    told = known.get("kern.osproductversion")
    if told and told != _NOT_A_VERSION:
        return told
    darwin = re.match(r"\d+", known.get("kern.osrelease", ""))
    if darwin is None or int(darwin[0]) < _DARWIN_11:
        return told
    major = int(darwin[0])
    return str(major + 1 if major >= _DARWIN_26 else major - 9)


def _vm(known: Values) -> str | None:
    guests = (kind for start, kind in _GUESTS if known.get("hw.model", "").startswith(start))
    present = number(known, "kern.hv_vmm_present")
    if present or "VMM" in known.get("machdep.cpu.features", "").split():
        return next(guests, "vm")
    return next(guests, None if present is None else "none")


def _vendor(known: Values) -> str | None:
    apple, brand = is_apple_silicon(known), known.get(sysctl.BRAND, "")
    if apple is not False:
        return "apple" if apple else None
    named = "intel" if "Intel" in brand else "amd" if "AMD" in brand else None
    return elsewhere.cpu_vendor(known.get("machdep.cpu.vendor", "")) or named


def _kinds(known: Values) -> Iterator[CoreKind]:
    """Level 0 is the fastest; the order is kept even where a level has no name."""
    for level in range(_MOST_LEVELS):
        count = number(known, f"hw.perflevel{level}.physicalcpu")
        if count:
            yield CoreKind(name=known.get(f"hw.perflevel{level}.name"), count=count)


def _threads(known: Values) -> int | None:
    levels = range(_MOST_LEVELS)
    return sum(number(known, f"hw.perflevel{n}.logicalcpu") or 0 for n in levels) or None


def _flags(known: Values) -> Iterator[str]:
    for name in _FEATURES:
        words = known.get(f"machdep.cpu.{name}", "").lower().split()
        yield from (_LINUX_WORDS.get(word, word) for word in words)
    for name, flag in {**_ARM_FLAGS, **_X86_FLAGS}.items():
        if number(known, name):
            yield flag
