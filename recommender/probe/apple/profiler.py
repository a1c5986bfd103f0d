"""What system_profiler and ioreg print, in each of their forms.

Keys are those of ``system_profiler -json``, which do not depend on the language of the system; the
words of the plain text are translated to them. Figures of the hardware overview get the names that
sysctl has for them.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from typing import Any

from recommender.facts.noun import noun
from recommender.probe.files import clean
from recommender.probe.sysctl import BRAND
from recommender.probe.tables import json_in

Pairs = dict[str, str]

_DISPLAYS = "SPDisplaysDataType"
_PLAIN_GPU = {
    "Chipset Model": "sppci_model",
    "Bus": "sppci_bus",
    "Vendor": "spdisplays_vendor",
    "Total Number of Cores": "sppci_cores",
    "Metal Support": "spdisplays_mtlgpufamilysupport",
    "Metal": "spdisplays_metal",
    "VRAM (Total)": "spdisplays_vram",
    "VRAM (Dynamic, Max)": "spdisplays_vram_shared",
    "Device ID": "spdisplays_device-id",
}
# Keys of the hardware and software overviews, of JSON and plain text -> sysctl's names.
_FIGURES = {
    "chip_type": BRAND,
    "cpu_type": BRAND,
    "machine_model": "hw.model",
    "physical_memory": "hw.memsize",
    "number_processors": "hw.physicalcpu",
    "packages": "hw.packages",
    "os_version": "kern.osproductversion",
    "kernel_version": "kern.osrelease",
    "Chip": BRAND,
    "Processor Name": BRAND,
    "Model Identifier": "hw.model",
    "Memory": "hw.memsize",
    "Total Number of Cores": "hw.physicalcpu",
    "Number of Processors": "hw.packages",
    "System Version": "kern.osproductversion",
    "Kernel Version": "kern.osrelease",
    # Of sw_vers.
    "ProductVersion": "kern.osproductversion",
    "BuildVersion": "kern.osversion",
}
_PAIR = re.compile(r"\s*(\w[\w ]*\w(?: \([\w ,]+\))?)\s*:\s+(.*\S)")
_DISPLAYS_OF_GPU = re.compile(r"\s*Displays:\s*")
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT])i?B", re.IGNORECASE)
_VERSION = re.compile(r"\d+(?:\.\d+)+")
# "10 (8 performance and 2 efficiency)", "proc 10:8:2".
_CORES = re.compile(r"(\d+)(?: ([A-Za-z]+))?")
_POWERS = {"K": 1, "M": 2, "G": 3, "T": 4}
_REGISTRY = re.compile(r'"(model|gpu-core-count|VRAM,totalMB)"\s*=\s*<?"?([^">\n]+)')


@noun
class Report:
    """Figures of the computer by the names of sysctl, and its GPUs by the keys of the JSON."""

    values: Pairs = field(default_factory=dict)
    gpus: tuple[Pairs, ...] = ()


def read(text: str) -> Report:
    """The report in the text; an empty one where it has none of the known forms."""
    if '"gpu-core-count"' in text or "<class " in text:
        return Report(gpus=tuple(_registry(text)))
    sections = _property_list(text) or (json_in(text) if "{" in text else None)
    if isinstance(sections, dict):
        return _sections(sections)
    return _plain(text)


def size_bytes(text: str | None) -> int | None:
    """``8 GB`` or ``1536 MB`` in bytes: units of 1024, as the program counts."""
    match = _SIZE.search(text or "")
    return round(float(match[1]) * 1024 ** _POWERS[match[2].upper()]) if match else None


def _sections(sections: Mapping[str, Any]) -> Report:
    items = {
        name: [_texts(item) for item in part if isinstance(item, dict)]
        for name, part in sections.items()
        if isinstance(part, list)
    }
    gpus = tuple(items.pop(_DISPLAYS, ()))
    facts = (pair for part in items.values() for item in part for pair in item.items())
    return Report(values=_figures(facts), gpus=gpus)


def _texts(item: Mapping[str, Any]) -> Pairs:
    return {
        key: clean(str(value))
        for key, value in item.items()
        if isinstance(value, (str, int)) and not isinstance(value, bool)
    }


def _property_list(text: str) -> dict[str, Any] | None:
    """The XML form as the JSON one: sections by their type."""
    if not text.lstrip().startswith("<?xml"):
        return None
    import plistlib
    from xml.parsers.expat import ExpatError

    try:
        parts = plistlib.loads(text.lstrip().encode())
    except (ExpatError, ValueError, TypeError, KeyError, IndexError, AttributeError):
        return None
    known = [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []
    return {str(part.get("_dataType")): part.get("_items") for part in known}


def _plain(text: str) -> Report:
    """Lines of ``key: value``; a GPU begins with its chipset and ends with its displays."""
    facts: list[tuple[str, str]] = []
    gpus: list[Pairs] = []
    gpu: Pairs | None = None
    for line in text.splitlines():
        pair = _PAIR.fullmatch(line)
        if pair and pair[1] == "Chipset Model":
            gpu = {}
            gpus.append(gpu)
        elif not line[:1].isspace() and line.strip():
            # A heading such as "Hardware:" begins another report.
            gpu = gpu if pair else None
        elif _DISPLAYS_OF_GPU.fullmatch(line) and gpu is not None:
            gpu = {}
        if pair and gpu is None:
            facts.append((pair[1], clean(pair[2])))
        elif pair and gpu is not None and pair[1] in _PLAIN_GPU:
            gpu.setdefault(_PLAIN_GPU[pair[1]], clean(pair[2]))
    return Report(values=_figures(facts), gpus=tuple(gpus))


def _figures(facts: Iterable[tuple[str, str]]) -> Pairs:
    known: Pairs = {}
    for key, text in facts:
        name = _FIGURES.get(key)
        if name == "hw.memsize":
            _keep(known, name, str(size_bytes(text) or ""))
        elif name == "hw.physicalcpu":
            for told, count in _cores(text):
                _keep(known, told, count)
        elif name in {"kern.osproductversion", "kern.osrelease"}:
            version = _VERSION.search(text)
            _keep(known, name, version[0] if version else "")
        elif name:
            _keep(known, name, text)
    return known


def _keep(known: Pairs, name: str, value: str) -> None:
    if value:
        known.setdefault(name, value)


def _cores(text: str) -> Iterator[tuple[str, str]]:
    """All cores, then those of each level, the fastest first."""
    total, *levels = [(count, word) for count, word in _CORES.findall(text) if int(count)] or [
        ("", "")
    ]
    yield "hw.physicalcpu", total[0]
    for place, (count, word) in enumerate(levels):
        yield f"hw.perflevel{place}.physicalcpu", count
        yield f"hw.perflevel{place}.name", word.capitalize()


def _registry(text: str) -> Iterator[Pairs]:
    """Accelerators of ``ioreg``: each entry begins with ``+-o``, its name and its class."""
    for entry in text.split("+-o "):
        found = {key: clean(value) for key, value in reversed(_REGISTRY.findall(entry))}
        # Disks and the computer itself have a model too.
        if "model" not in found or not (len(found) > 1 or "Accelerator" in entry[:200]):
            continue
        memory = found.get("VRAM,totalMB")
        yield {
            "sppci_model": found["model"],
            "sppci_cores": found.get("gpu-core-count", ""),
            "spdisplays_vram": f"{memory} MB" if memory else "",
        }
