"""NVIDIA: NVML first, then nvidia-smi, then what /proc and the bus tell."""

import re
import time
from collections.abc import Iterable
from dataclasses import replace

from recommender.facts.machine import Accelerator, Problem
from recommender.probe.context import Context, Findings, PciDevice
from recommender.probe.files import Files, clean
from recommender.probe.jobs import Job
from recommender.probe.nvidia import nvml, problems, smi
from recommender.probe.nvidia.devices import Host, shared

__all__ = ["probe", "seen"]

# Without persistence mode the driver wakes every GPU first, which takes seconds.
_NVML_SECONDS = 3.0
_TOTAL_SECONDS = 4.2
_KERNEL = re.compile(r"Kernel Module\s+(?:for \S+\s+)?(\d+(?:\.\d+)+)")
_FINAL = {problems.DRIVER_NOT_LOADED, problems.MISMATCH, problems.NO_PERMISSION}
_JETSON = ("etc/nv_tegra_release", "sys/class/tegra-firmware")


def seen(context: Context) -> bool:
    """Whether there is any sign of an NVIDIA device that its driver could tell of."""
    return _certain(context) or _perhaps(context)


def probe(context: Context) -> Findings:
    """All NVIDIA devices that have NVIDIA's driver, with what is wrong with it."""
    host = Host(memory=context.memory, pci={device.bus_id: device for device in _own(context)})
    kernel_driver = _kernel_driver(context.files)
    found, code = _by_driver(context, host) if context.live else (None, 0)
    told = () if not code or found else _told(context, code, kernel_driver)
    found = found or Findings(problems=told)
    software = {"nvidia_driver": kernel_driver} if kernel_driver else {}
    return replace(
        found,
        accelerators=_completed(context, found),
        software={**software, **found.software},
        problems=(*found.problems, *_hidden(context, found)),
    )


def _by_driver(context: Context, host: Host) -> tuple[Findings | None, int]:
    """What NVML or else nvidia-smi says, and the error number of the one that failed."""
    start = time.monotonic()
    try:
        return Job(lambda: nvml.read(host, context.files)).result(_NVML_SECONDS), 0
    except nvml.NvmlError as error:
        code = error.code
    except TimeoutError:
        code = problems.TIMEOUT
    if code in _FINAL:
        return None, code
    answer = smi.read(context, host, _TOTAL_SECONDS - (time.monotonic() - start))
    if isinstance(answer, Findings) and (answer.accelerators or answer.problems):
        return answer, 0
    return None, answer if isinstance(answer, int) and answer in _FINAL else code


def _told(context: Context, code: int, kernel_driver: str | None) -> tuple[Problem, ...]:
    if code == problems.LIBRARY_NOT_FOUND and not _certain(context):
        # WSL has /dev/dxg for any vendor's GPU, and a Jetson of old has no NVML.
        return ()
    inside = context.container not in {None, "none"}
    return (problems.failure(code, kernel_driver=kernel_driver, in_container=inside),)


def _completed(context: Context, found: Findings) -> tuple[Accelerator, ...]:
    """The found devices, and in the order of the bus those that their driver did not tell of."""
    told = {device.bus_id for device in found.accelerators}
    missing = [device for device in _own(context) if device.bus_id not in told]
    rest = [_from_bus(context.files, device, lost=bool(found.accelerators)) for device in missing]
    if not found.accelerators and not rest:
        return _jetson(context)
    if not rest:
        return found.accelerators
    return (*found.accelerators, *rest)


def _from_bus(files: Files, device: PciDevice, *, lost: bool) -> Accelerator:
    """A device that the driver holds but did not tell of: unusable if others were told of."""
    text = files.text(f"proc/driver/nvidia/gpus/{device.bus_id}/information") or ""
    model = next((v for k, _, v in _pairs(text) if k.strip() == "Model"), "")
    return Accelerator(
        vendor="nvidia",
        name=clean(model) or None,
        usable_gib=0.0 if lost else None,
        driver_bound=True,
        driver=device.driver,
        pci_id=device.pci_id,
        bus_id=device.bus_id,
        numa_node=device.numa_node,
    )


def _jetson(context: Context) -> tuple[Accelerator, ...]:
    """The GPU of a Jetson whose driver has no NVML: it shares the main memory."""
    if not _tegra(context.files):
        return ()
    model = context.files.text("proc/device-tree/model", 4096) or ""
    return (
        Accelerator(
            vendor="nvidia",
            name=clean(model) or None,
            unified=True,
            driver_bound=True,
            **shared(context.memory),
        ),
    )


def _hidden(context: Context, found: Findings) -> tuple[Problem, ...]:
    value = context.env.get("CUDA_VISIBLE_DEVICES")
    if value is None or not (found.accelerators or _own(context)):
        return ()
    # CUDA stops at the first number that is no device, so a leading -1 hides all.
    return (problems.hidden(clean(value)),) if value.split(",")[0].strip() in {"", "-1"} else ()


def _own(context: Context) -> tuple[PciDevice, ...]:
    return tuple(d for d in context.pci if d.vendor == "nvidia" and d.driver_bound)


def _certain(context: Context) -> bool:
    nodes = (name for name in context.files.names("dev") if name.startswith("nvidia"))
    known = context.files.exists("proc/driver/nvidia/version") or any(nodes)
    return known or bool(_own(context))


def _perhaps(context: Context) -> bool:
    if context.family == "windows":
        return smi.find(context) is not None
    return context.files.exists("dev/dxg") or _tegra(context.files)


def _tegra(files: Files) -> bool:
    return any(files.exists(name) for name in _JETSON)


def _kernel_driver(files: Files) -> str | None:
    match = _KERNEL.search(files.line("proc/driver/nvidia/version") or "")
    return match[1] if match else None


def _pairs(text: str) -> Iterable[tuple[str, str, str]]:
    return (line.partition(":") for line in text.splitlines())
