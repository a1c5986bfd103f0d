"""GPUs that only Vulkan can compute on: those on no PCI bus, or of makers without a reader.

The last resort. Vulkan tells a name and whether a GPU is part of the processor, no memory.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from recommender.facts.machine import Problem
from recommender.probe.context import Context, Findings
from recommender.probe.drm import JOIN_GROUPS
from recommender.probe.parts import Device, Part, completed, device
from recommender.probe.vulkan.forms import understood

__all__ = ["probe", "understood"]

# Kernel drivers (DRM) with a Vulkan driver, of GPUs inside of processors -> the GPU's vendor.
_DRIVERS = {
    "asahi": "apple",
    "panfrost": "arm",
    "panthor": "arm",
    "v3d": "broadcom",
    "adreno": "qualcomm",
    "msm": "qualcomm",
    "msm_dpu": "qualcomm",
    "msm_mdp": "qualcomm",
    "powervr": "imagination",
    "pvrsrvkm": "imagination",
}
# What the makers' own drivers have in the place of DRM.
_NODES = {"dev/kgsl-3d0": "qualcomm", "dev/mali0": "arm"}
# The GPU of the Windows around this Linux.
_WINDOWS = "dev/dxg"
# Devices of the kernel for tests, without hardware.
_MADE_UP = {"vgem", "vkms"}
_RENDER = re.compile(r"renderD\d+")
_TOOLS = "Install vulkaninfo (sudo apt install vulkan-tools)."


def probe(context: Context) -> Findings:
    """GPUs that no bus shows with their vendor's driver; nothing where all GPUs are so."""
    nodes = tuple(_nodes(context))
    known = tuple(_known(context, nodes))
    if not known and not nodes and not context.files.exists(_WINDOWS):
        return Findings()
    told = _asked(context) if context.live else Findings()
    # Behind a node that says nothing of its GPU there may be none.
    problems = (*_denied(context, nodes), *told.problems)[:1] if known else ()
    return replace(told, devices=_paired(_others(context, told.devices), known), problems=problems)


def _nodes(context: Context) -> Iterator[tuple[str, str]]:
    """Render nodes of devices that are on no bus with their vendor's driver, with their names."""
    bound = {seen.bus_id for seen in context.pci if seen.driver_bound}
    for node in filter(_RENDER.fullmatch, context.files.names("dev/dri")):
        owner = context.files.link(f"sys/class/drm/{node}/device")
        if owner and owner not in bound | _MADE_UP:
            yield node, owner


def _known(context: Context, nodes: Sequence[tuple[str, str]]) -> Iterator[Part]:
    """GPUs whose driver or node says whose they are."""
    for node, _ in nodes:
        place = f"sys/class/drm/{node}/device/driver"
        driver = context.files.link(place)
        if driver in _DRIVERS:
            yield _inside(f"/{place}", _DRIVERS[driver], driver)
    yield from (
        _inside(f"/{node}", vendor, None)
        for node, vendor in _NODES.items()
        if context.files.exists(node)
    )


def _inside(source: str, vendor: str, driver: str | None) -> Part:
    facts = {
        "vendor": vendor,
        "driver": driver,
        "driver_bound": True,
        "integrated": True,
        "unified": True,
    }
    return Part(source=source, facts=facts)


def _asked(context: Context) -> Findings:
    from recommender.probe import tools

    program = tools.find(context, "vulkaninfo")
    if program is None:
        what = "vulkaninfo was not found, so the name of the GPU is unknown."
        return Findings(problems=(Problem(what=what, fix=_TOOLS, rule="probe.vulkan.tool"),))
    # Old releases know no summary, and all of the rest takes long.
    for question, seconds in ((("--summary",), 2.0), ((), 1.5)):
        (answer,) = tools.ask(context, program, question, seconds=seconds)
        found = understood(answer or "")
        if found.devices or found.problems:
            return found
    what = "vulkaninfo did not tell of a GPU, so its name is unknown."
    fix = "Run vulkaninfo --summary in a terminal and see what it says."
    return Findings(problems=(Problem(what=what, fix=fix, rule="probe.vulkan.silent"),))


def _others(context: Context, devices: Sequence[Device]) -> tuple[Device, ...]:
    """Without those that the bus shows with their driver; with the address of those without."""
    bound = {seen.pci_id for seen in context.pci if seen.driver_bound}
    spare = [seen for seen in context.pci if not seen.driver_bound]
    found = []
    for one in devices:
        number = one.accelerator.pci_id
        own = next((seen for seen in spare if seen.pci_id == number), None)
        if own is not None:
            spare.remove(own)
            source = f"/sys/bus/pci/devices/{own.bus_id}"
            found.append(completed(one, Part(source=source, facts={"bus_id": own.bus_id})))
        elif number not in bound:
            found.append(one)
    return tuple(found)


def _paired(devices: Sequence[Device], known: Sequence[Part]) -> tuple[Device, ...]:
    """Each GPU once: Vulkan's with what the kernel tells, then those Vulkan does not know."""
    rest = list(known)
    found = []
    for one in devices:
        own = next((p for p in rest if p.facts["vendor"] == one.accelerator.vendor), None)
        if own is not None:
            rest.remove(own)
        found.append(completed(one, *([own] if own is not None else [])))
    return (*found, *map(device, rest))


def _denied(context: Context, nodes: Sequence[tuple[str, str]]) -> Iterator[Problem]:
    for node, _ in nodes:
        place = f"dev/dri/{node}"
        if not context.files.openable(place):
            yield Problem(
                what=f"This user may not open the GPU (/{place}).",
                fix=f"Join the groups of GPUs ({JOIN_GROUPS}) and log in again.",
                rule="probe.vulkan.permission",
            )
