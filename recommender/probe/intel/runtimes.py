"""What programs on top of Intel's runtime print of GPUs: ``sycl-ls`` and ``clinfo``."""

import re
from collections.abc import Iterator, Mapping

from recommender.probe.context import Read
from recommender.probe.files import clean, integer
from recommender.probe.intel.fields import shared
from recommender.probe.parts import Part
from recommender.probe.tables import bus_id

_SYCL = re.compile(
    r"^\[(?:ext_oneapi_)?(level_zero|opencl):gpu[^\]]*\](?:\[\S*\])?(.*)$", re.MULTILINE
)
# Version of the interface behind the name: "1.6", "12.70.4", "OpenCL 3.0 NEO".
_INTERFACE = re.compile(r"(?: OpenCL)? \d+\.\d[\d.]*(?: NEO)?\s*$")
_PLATFORM = re.compile(r"^[ \t]*Platform #\d+: *(.*)$", re.MULTILINE)
_LISTED = re.compile(r"^.{0,4}-- Device #\d+: *(.*)$", re.MULTILINE)
# The platform of Intel's GPUs; "Intel(R) OpenCL" alone is that of its processors.
_GRAPHICS = re.compile(r"Intel\(R\) OpenCL.* Graphics")
# Label of ``clinfo`` and of ``clinfo --raw`` -> what it is here.
_LABELS = {
    **dict.fromkeys(("Device Name", "CL_DEVICE_NAME"), "name"),
    **dict.fromkeys(("Device Vendor ID", "CL_DEVICE_VENDOR_ID"), "vendor"),
    **dict.fromkeys(("Device Type", "CL_DEVICE_TYPE"), "type"),
    **dict.fromkeys(("Device PCI bus info (KHR)", "CL_DEVICE_PCI_BUS_INFO_KHR"), "address"),
    **dict.fromkeys(("Max compute units", "CL_DEVICE_MAX_COMPUTE_UNITS"), "units"),
    **dict.fromkeys(("Global memory size", "CL_DEVICE_GLOBAL_MEM_SIZE"), "memory"),
    **dict.fromkeys(("Driver Version", "CL_DRIVER_VERSION"), "driver"),
    "Unified memory for Host and Device": "unified",
    "CL_DEVICE_HOST_UNIFIED_MEMORY": "unified",
}
_PROPERTY = re.compile(r"^(?:\[\S+\])? *(\S.*?) {2,}(\S.*)$", re.MULTILINE)
_INTEL = 0x8086
_VERSION = "versions.compute-runtime"
_GIB = 1 << 30


def sycl(text: str) -> tuple[Part, ...]:
    """GPUs of ``sycl-ls``: through Level Zero, or through OpenCL where it has no Level Zero."""
    found = _sycl_lines(text)
    best = "level_zero" if any(kind == "level_zero" for kind, _, _ in found) else "opencl"
    names = [_INTERFACE.sub("", name) for kind, name, _ in found if kind == best]
    return tuple(_named(name, "sycl-ls") for name in names)


def opencl(text: str) -> tuple[Part, ...]:
    """GPUs of ``clinfo``, in full, raw or as its list (``-l``)."""
    full = tuple(_part(block) for block in _blocks(text) if _ours(block))
    return full or tuple(_tree(text))


def version(text: str) -> dict[str, Read]:
    """The release of Intel's compute runtime; OpenCL's number says more than Level Zero's."""
    drivers = sorted((kind, driver) for kind, _, driver in _sycl_lines(text) if driver)
    drivers += [("clinfo", block["driver"]) for block in _blocks(text) if _ours(block, "driver")]
    source = "clinfo" if drivers and drivers[-1][0] == "clinfo" else "sycl-ls"
    return {_VERSION: (clean(drivers[-1][1]), source)} if drivers else {}


def _sycl_lines(text: str) -> list[tuple[str, str, str]]:
    """Interface, name and driver of each Intel GPU; Mesa's drivers show the same ones again."""
    lines = [(kind, *_split(rest)) for kind, rest in _SYCL.findall(text)]
    return [
        (kind, name, driver)
        for kind, platform, name, driver in lines
        if name.startswith("Intel") and (kind == "level_zero" or _GRAPHICS.match(platform))
    ]


def _split(rest: str) -> tuple[str, str, str]:
    """Platform, name and driver of ``PLATFORM, NAME [DRIVER]``; the platform may be missing."""
    name, bracket, driver = rest.strip().removesuffix("]").rpartition(" [")
    platform, comma, own = (name if bracket else driver).partition(", ")
    return platform, (own if comma else platform).strip(), driver if bracket else ""


def _tree(text: str) -> Iterator[Part]:
    pieces = _PLATFORM.split(text)
    for platform, devices in zip(pieces[1::2], pieces[2::2], strict=True):
        if _GRAPHICS.match(platform):
            yield from (_named(name, "clinfo -l") for name in _LISTED.findall(devices))


def _blocks(text: str) -> list[dict[str, str]]:
    """Properties of each device; its name is the first of them."""
    blocks: list[dict[str, str]] = []
    for label, value in _PROPERTY.findall(text):
        name = _LABELS.get(label)
        if name == "name":
            blocks.append({})
        if name and blocks:
            blocks[-1].setdefault(name, value.strip())
    return blocks


def _ours(block: Mapping[str, str], *needed: str) -> bool:
    gpu = "GPU" in block.get("type", "") and integer(block.get("vendor")) == _INTEL
    return gpu and all(name in block for name in needed)


def _part(block: Mapping[str, str]) -> Part:
    """A GPU. OpenCL offers less than there is, so its size is what a server may take."""
    size = integer(block.get("memory", "").partition(" ")[0])
    units = integer(block.get("units"))
    unified = block.get("unified")
    facts = {
        "vendor": "intel",
        "name": clean(block["name"]) or None,
        "usable_gib": round(size / _GIB, 3) if size else None,
        "compute_units": units,
        "bus_id": bus_id(block.get("address")),
        "details": {"eus": units},
        **shared(integrated=None if unified is None else unified in {"Yes", "CL_TRUE"}),
    }
    return Part(source="clinfo", facts=facts)


def _named(name: str, source: str) -> Part:
    return Part(source=source, facts={"vendor": "intel", "name": clean(name) or None})
