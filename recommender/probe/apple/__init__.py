"""The GPUs of a Mac: Apple's by sysctl, Metal and ioreg, those of Intel Macs by system_profiler."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from recommender.probe import sysctl
from recommender.probe.apple import problems, profiler
from recommender.probe.apple.budget import working_set_gib
from recommender.probe.context import Context, Findings
from recommender.probe.files import clean, integer
from recommender.probe.normal import BYTES_PER_GIB, gib
from recommender.probe.parts import Device, Part, device

__all__ = ["chip_parts", "probe", "understood"]

_NAMES = (
    *(sysctl.BRAND, "machdep.cpu.vendor", "hw.optional.arm64", "hw.cputype", "hw.memsize"),
    *("hw.model", "kern.osproductversion", "sysctl.proc_translated", "iogpu.wired_limit_mb"),
    "debug.iogpu.wired_limit",
)
_REGISTRY = ("-r", "-d", "1", "-w", "0", "-c", "IOAccelerator")
_DISPLAYS = ("-json", "SPDisplaysDataType")
_CHIP = re.compile(r"Apple ([A-Z]\d+\w*(?: (?:Pro|Max|Ultra))*)")
# "kHW_AppleM1Item" is the key of a name that was not translated.
_KEY = re.compile(r"kHW_(\w+?)Item")
_METAL = re.compile(r"metal[ _]?(\d)$", re.IGNORECASE)
# PCI vendor -> our word and what its products are called.
_MAKERS = {
    "106b": ("apple", ("apple",)),
    "1002": ("amd", ("amd", "ati ", "radeon")),
    "8086": ("intel", ("intel",)),
    "10de": ("nvidia", ("nvidia", "geforce", "quadro")),
}
_MIB_PER_GIB = 1024


def probe(context: Context) -> Findings:
    """The GPUs of this Mac, and what keeps a program from using them."""
    if not context.live:
        return Findings()
    values = sysctl.read(context, _NAMES)
    if sysctl.is_apple_silicon(values):
        return _own_chip(context, values)
    found = _displays(context)
    return found if values else replace(found, problems=(*found.problems, problems.NO_FIGURES))


def understood(text: str) -> Findings:
    """GPUs from a text of ``system_profiler`` (JSON, XML or plain), ``ioreg`` or ``sysctl``."""
    report = profiler.read(text)
    values = {**report.values, **sysctl.values(text)}
    found = tuple(_gpus(report, values, "system_profiler SPDisplaysDataType"))
    if not found and sysctl.is_apple_silicon(values):
        found = (device(*chip_parts(values)),)
    return Findings(devices=found, problems=tuple(problems.translated(values)))


def chip_parts(values: Mapping[str, str]) -> Iterator[Part]:
    """The GPU of an Apple chip, whose memory is that of the whole computer.

    Args:
        values: figures by the names of sysctl.

    """
    name, memory = values.get(sysctl.BRAND), _memory_gib(values)
    yield Part(source=f"sysctl {sysctl.BRAND}", facts=_named(name))
    yield Part(
        source="sysctl hw.memsize",
        facts={"memory_gib": memory, "details": {"model": values.get("hw.model")}},
    )
    yield from _limit(values, memory)
    if memory:
        estimate = round(working_set_gib(memory, values.get("kern.osproductversion")), 3)
        yield Part(
            source="estimate by hw.memsize and the version of macOS",
            facts={"usable_gib": estimate},
        )


def _own_chip(context: Context, values: Mapping[str, str]) -> Findings:
    from recommender.probe import tools

    program = tools.find(context, "ioreg", "usr/sbin/ioreg")
    # The program first: a process that loads frameworks in one thread should not fork in another.
    answer = tools.ask(context, program, _REGISTRY)[0] or ""
    parts = [*_told_by_metal(), *chip_parts(values)]
    for gpu in profiler.read(answer).gpus:
        cores = {"compute_units": integer(gpu.get("sppci_cores"))}
        parts.append(Part(source=f"ioreg {' '.join(_REGISTRY)}", facts=cores))
    found = device(*parts)
    wrong = (*problems.translated(values), *problems.without_metal(found.accelerator))
    return Findings(devices=(found,), problems=wrong)


def _told_by_metal() -> Iterator[Part]:
    from recommender.probe.apple import metal

    told = metal.read()
    if told is None:
        return
    usable = gib(told.working_set, BYTES_PER_GIB) if told.device else 0.0
    source = "MTLDevice.recommendedMaxWorkingSetSize"
    yield Part(source=source, facts={"usable_gib": usable})
    yield Part(source="MTLDevice.supportsFamily", facts={"details": {"metal": told.family}})


def _displays(context: Context) -> Findings:
    from recommender.probe import tools

    program = tools.find(context, "system_profiler", "usr/sbin/system_profiler")
    answer = tools.ask(context, program, _DISPLAYS)[0]
    return Findings(problems=(problems.SILENT,)) if answer is None else understood(answer)


def _gpus(report: profiler.Report, values: Mapping[str, str], source: str) -> Iterator[Device]:
    for gpu in report.gpus:
        name = _name(gpu)
        maker = _maker(f"{gpu.get('spdisplays_vendor', '')} {name or ''}".casefold())
        if maker is None or not (name or gpu.get("sppci_cores")):
            continue
        own = Part(source=source, facts=_facts(gpu, name, *maker))
        shared = chip_parts(values) if maker[0] == "apple" else ()
        yield device(own, *shared)


def _facts(gpu: Mapping[str, str], name: str | None, vendor: str, pci: str) -> dict[str, object]:
    details = {"metal": _metal_family(gpu)}
    if vendor == "apple":
        cores = integer(gpu.get("sppci_cores"))
        # What a macOS in a virtual machine has: it draws, but frameworks for Metal fail on it.
        lent = "paravirtual" in (name or "").casefold() or None
        return {
            **_named(name),
            "compute_units": cores,
            "usable_gib": 0.0 if lent else None,
            "details": {**details, "virtual_function": lent},
        }
    dynamic = gpu.get("spdisplays_vram_shared")
    # On a card of its own the "dynamic" memory is the card's.
    carded = "pcie" in gpu.get("sppci_bus", "").casefold()
    shared = None if carded else gib(profiler.size_bytes(dynamic), BYTES_PER_GIB)
    number = integer(gpu.get("spdisplays_device-id"))
    facts = {
        "vendor": vendor,
        "name": name,
        "pci_id": None if number is None else f"{pci}:{number:04x}",
        "details": {**details, "shared_gib": shared},
    }
    if shared is not None:
        return {**facts, "usable_gib": shared, "unified": True, "integrated": True}
    memory = gpu.get("spdisplays_vram") or gpu.get("_spdisplays_vram") or dynamic
    own = gib(profiler.size_bytes(memory), BYTES_PER_GIB)
    return {**facts, "memory_gib": own, "unified": False, "integrated": False}


def _named(name: str | None) -> dict[str, object]:
    chip = _CHIP.search(name or "")
    return {
        "vendor": "apple",
        "name": name if chip or (name or "").startswith("Apple") else None,
        "chip": chip[1] if chip else None,
        "unified": True,
        "integrated": True,
    }


def _name(gpu: Mapping[str, str]) -> str | None:
    name = gpu.get("sppci_model") or gpu.get("_name") or ""
    key = _KEY.fullmatch(name)
    return clean(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", key[1]) if key else name) or None


def _maker(text: str) -> tuple[str, str] | None:
    """Our word and the PCI vendor; None for the display of a virtual machine."""
    named = (
        (word, pci)
        for pci, (word, names) in _MAKERS.items()
        if any(name in text for name in (f"0x{pci}", *names))
    )
    return next(named, None)


def _metal_family(gpu: Mapping[str, str]) -> str | None:
    told = (gpu.get("spdisplays_mtlgpufamilysupport"), gpu.get("spdisplays_metal"))
    found = (_METAL.search(text) for text in told if text)
    return next((f"metal{match[1]}" for match in found if match), None)


def _memory_gib(values: Mapping[str, str]) -> float | None:
    return gib(sysctl.number(values, "hw.memsize"), BYTES_PER_GIB)


def _limit(values: Mapping[str, str], memory: float | None) -> Iterator[Part]:
    """The limit that somebody has set; 0 stands for the system's own, macOS 13 counts in bytes."""
    mib = sysctl.number(values, "iogpu.wired_limit_mb")
    if mib is None and (raw := sysctl.number(values, "debug.iogpu.wired_limit")) is not None:
        mib = raw >> 20
    usable = None
    if mib:
        usable = min(round(mib / _MIB_PER_GIB, 3), memory or float("inf"))
    facts = {"usable_gib": usable, "details": {"wired_limit_mb": mib}}
    yield Part(source="sysctl iogpu.wired_limit_mb", facts=facts)
