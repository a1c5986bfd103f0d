"""Recorded outputs of real machines, each given to the reader that would get it there."""

import re
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

from recommender.devices.catalogue import complete
from recommender.facts import Machine, Os
from recommender.probe import lscpu, lspci, macos, merging, probe
from recommender.probe.context import Findings
from recommender.probe.signs import READERS
from tests import bundles

# Folder of recordings -> reader, where they are not called the same.
_FOLDERS = {"mthreads": "moore_threads", "t-head": "t_head", "pci": "lspci", "huawei": "ascend"}
# Files that a tool does not print, and where they lie on a machine that has the device's node.
_PLACES = {
    "cpuinfo": ("proc/cpuinfo",),
    "meminfo": ("proc/meminfo",),
    "driver-version": ("usr/local/Ascend/driver/version.info", "dev/davinci_manager"),
    "cann-version": (
        "usr/local/Ascend/ascend-toolkit/latest/{arch}-linux/ascend_toolkit_install.info",
        "dev/davinci_manager",
    ),
}
_TABLE = re.compile(r"^[|+]", re.MULTILINE)
_ARCH = re.compile(r"^arch=(\w+)", re.MULTILINE)


@dataclass(frozen=True)
class Recording:
    """What one file says, as a machine, and the file's text for what a machine has no room for."""

    machine: Machine
    text: str


def replay(path: Path, folder: str) -> Recording:
    """Read a recording.

    Args:
        path: the file, whose name begins with the tool that wrote it.
        folder: the vendor's folder, which says whose tool it is where the name does not.

    Raises:
        LookupError: no reader is known for such a file.

    """
    text = path.read_text(encoding="utf-8", errors="replace")
    machine = _machine(path.name, folder, text)
    return Recording(machine=_named(machine) if _TABLE.search(text) else machine, text=text)


def _machine(name: str, folder: str, text: str) -> Machine:
    if bundles.is_bundle(text):
        return _rooted(lambda root: bundles.unpack(text, root))
    tool = re.split(r"[_.]", name)[0]
    if tool in _PLACES:
        return _rooted(lambda root: _placed(tool, text, root))
    program = tool.partition("-")[0]
    if program in _BY_TOOL:
        return _BY_TOOL[program](text)
    reader = _FOLDERS.get(folder, folder.replace("-", "_"))
    if reader not in (*READERS, "apple", "vulkan", "windows"):
        message = f"no reader is known for {folder}/{name}"
        raise LookupError(message)
    return macos.recorded(text) if reader == "apple" else _told(reader, text)


def _rooted(fill: Callable[[Path], Any]) -> Machine:
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder))
        return probe(folder, env={})


def _placed(tool: str, text: str, root: Path) -> None:
    content, *signs = _PLACES[tool]
    arch = _ARCH.search(text)
    for place, body in ((content, text), *((sign, "") for sign in signs)):
        path = root / place.format(arch=arch[1] if arch else "")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(body, encoding="utf-8")


def _told(reader: str, text: str) -> Machine:
    found: Findings = import_module(f"recommender.probe.{reader}").understood(text)
    return merging.machine(Machine(), merging.merged({reader: found}, ()))


def _lspci(text: str) -> Machine:
    return merging.machine(Machine(), merging.merged({}, lspci.understood(text)))


def _lscpu(text: str) -> Machine:
    cpu, arch = lscpu.understood(text)
    return Machine(os=Os(vm=lscpu.hypervisor(text)), cpu=cpu, arch=arch)


_BY_TOOL: Mapping[str, Callable[[str], Machine]] = {
    "lscpu": _lscpu,
    "lspci": _lspci,
    "sysctl": macos.recorded,
    "windows": lambda text: _told("windows", text),
    "vulkaninfo": lambda text: _told("vulkan", text),
}


def _named(machine: Machine) -> Machine:
    """With what names say beyond doubt, as the recommendation takes it.

    Boxed tables have no room for it; other forms have, and leave it out where it is unknown.
    """
    return replace(machine, accelerators=tuple(map(complete, machine.accelerators)))
