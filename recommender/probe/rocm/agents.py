"""What ``rocminfo`` prints: the agents of the HSA runtime, one of which is each GPU."""

import re
from collections.abc import Iterator, Mapping, Sequence

from recommender.probe import parts
from recommender.probe.context import Findings
from recommender.probe.files import clean, integer
from recommender.probe.normal import KIB_PER_GIB, gib
from recommender.probe.parts import Device, Part
from recommender.probe.rocm import gfx
from recommender.probe.rocm.maker import Maker

_SOURCE = "rocminfo"
_LINE = re.compile(r"\s*([A-Za-z][\w .]*?):\s*(.*?)\s*")
# Instruction sets are listed inside of an agent, by names of their own.
_ISA = "amdgcn-"
_NUMBER = re.compile(r"(\d+)")
_HEX = re.compile(r"\((0x[0-9a-fA-F]{1,8})\)")
_MODULE = re.compile(r"ROCk module version (\S+) is loaded")
# A text without any of these is not rocminfo's.
_SIGN = re.compile(r"^[ \t]*(?:Marketing Name:|Name:[ \t]+gfx\d)", re.MULTILINE)
_WSL = "WSL environment detected"


def read(text: str, maker: Maker) -> Findings:
    """GPUs; processors and neural units are agents too, also some that have a GPU in their name.

    Args:
        text: the whole output or what ``grep`` left of it.
        maker: whose GPUs they are.

    """
    if not _SIGN.search(text):
        return Findings()
    agents = list(_agents(text))
    of_gpus = [agent for agent in agents if _type(agent) == "GPU"]
    processors = [agent.get("Name") for agent in agents if _type(agent) == "CPU"]
    once = [agent.get("BDFID") for agent in of_gpus]
    devices = [
        _device(_renamed(agent, processors), maker, sole=once.count(agent.get("BDFID")) == 1)
        for agent in of_gpus
    ]
    if devices:
        counted = Part(source=_SOURCE, facts={"details": {"cpu_agents": len(processors)}})
        devices[0] = parts.completed(devices[0], counted)
    if _WSL in text:
        windows = Part(source=_SOURCE, facts={"details": {"wsl": True}})
        devices = [parts.completed(device, windows) for device in devices]
    module = _MODULE.search(text)
    return Findings(
        devices=tuple(devices),
        software={f"versions.{maker.driver}": (module[1], _SOURCE)} if module else {},
    )


def _agents(text: str) -> Iterator[Mapping[str, str]]:
    """Facts of each agent; of several with one name (pools of memory) the first."""
    agent: dict[str, str] = {}
    for match in filter(None, map(_LINE.fullmatch, text.splitlines())):
        name, value = match[1], clean(match[2])
        if name == "Name" and not value.startswith(_ISA):
            yield agent
            agent = {}
        agent.setdefault(name, value)
    yield agent


def _type(agent: Mapping[str, str]) -> str | None:
    """``GPU`` or ``CPU``; where ``grep`` left that line out, what the names and the id say.

    A GPU is named by its instruction set, a processor has one name twice.
    """
    name = agent.get("Name", "")
    if "Device Type" in agent:
        return agent["Device Type"]
    if name.startswith("gfx"):
        return "GPU"
    if "Uuid" in agent:
        return agent["Uuid"].partition("-")[0]
    return "CPU" if name and name == agent.get("Marketing Name") else None


def _renamed(agent: Mapping[str, str], processors: Sequence[str | None]) -> Mapping[str, str]:
    """Without the name that ROCm takes from the processor where it does not know the GPU in it."""
    named = agent.get("Marketing Name") in processors
    return {**agent, "Marketing Name": ""} if named else agent


def _device(agent: Mapping[str, str], maker: Maker, *, sole: bool) -> Device:
    target, name = gfx.in_text(agent.get("Name")), agent.get("Marketing Name") or None
    chip = _HEX.search(agent.get("Chip ID", ""))
    pci_id = f"{maker.pci_vendor}:{int(chip[1], 16):04x}" if chip else None
    inside = "APU" in agent.get("Memory Properties", "")
    integrated = inside or gfx.in_processor(target, pci_id, name)
    memory = gib(_first(agent.get("Size")), KIB_PER_GIB) or None
    facts = {
        "vendor": maker.word,
        "name": name,
        "gfx": target,
        "memory_gib": memory,
        "usable_gib": memory,
        "compute_units": _first(agent.get("Compute Unit")),
        "integrated": integrated,
        "unified": integrated,
        "pci_id": pci_id,
        "bus_id": _bus(integer(agent.get("BDFID"))) if sole else None,
        "details": {"node": integer(agent.get("Node"))},
    }
    return parts.device(Part(source=_SOURCE, facts=facts))


def _bus(place: int | None) -> str | None:
    """The address in BDFID: bus, device and function. The domain is not told, mostly it is 0."""
    return f"0000:{place >> 8 & 0xFF:02x}:{place >> 3 & 0x1F:02x}.{place & 7}" if place else None


def _first(text: str | None) -> int | None:
    match = _NUMBER.match(text or "")
    return int(match[1][:15]) if match else None
