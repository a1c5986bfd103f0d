"""NVIDIA: NVML first, then nvidia-smi, then what /proc and the bus tell."""

import re
import time
from dataclasses import replace

from recommender.facts.machine import Problem
from recommender.probe.context import Context, Findings, PciDevice, Read
from recommender.probe.files import Files, clean
from recommender.probe.jobs import Job
from recommender.probe.nvidia import nvml, problems, smi
from recommender.probe.nvidia.devices import shared
from recommender.probe.parts import Device, Part, device

__all__ = ["probe"]

# Without persistence mode the driver wakes every GPU first, which takes seconds.
_NVML_SECONDS = 3.0
_TOTAL_SECONDS = 4.2
_KERNEL = re.compile(r"Kernel Module\s+(?:for \S+\s+)?(\d+(?:\.\d+)+)")
_MODEL = re.compile(r"^Model:\s*(.+)$", re.MULTILINE)
# Batch systems hide the devices of other jobs from the driver's library.
_BATCH_JOB = ("SLURM_JOB_ID", "PBS_JOBID", "LSB_JOBID")
_FINAL = {problems.DRIVER_NOT_LOADED, problems.MISMATCH, problems.NO_PERMISSION}
# Release series of Jetson Linux -> of JetPack; source: NVIDIA's JetPack archive.
_JETPACK = {"32": "4", "35": "5", "36": "6", "38": "7"}
_JETSON = ("etc/nv_tegra_release", "sys/class/tegra-firmware")


def probe(context: Context) -> Findings:
    """All NVIDIA devices that have NVIDIA's driver, with what is wrong with it."""
    kernel_driver = _kernel_driver(context.files)
    told = _by_driver(context) if context.live else 0
    if isinstance(told, Findings):
        found = _completed(context, told)
    else:
        found = Findings(
            devices=_without_driver(context),
            problems=_failure(context, told, kernel_driver),
        )
    return replace(
        found,
        software={**_software(context, kernel_driver), **found.software},
        problems=(*found.problems, *_hidden(context, found)),
    )


def _by_driver(context: Context) -> Findings | int:
    """What NVML or else nvidia-smi says; the error number where neither is of use."""
    start = time.monotonic()
    try:
        return Job(lambda: nvml.read(context.memory, context.files)).result(_NVML_SECONDS)
    except nvml.NvmlError as error:
        code = error.code
    except TimeoutError:
        code = problems.TIMEOUT
    if code in _FINAL:
        return code
    answer = smi.read(context, _TOTAL_SECONDS - (time.monotonic() - start))
    if isinstance(answer, Findings):
        return answer if answer.devices or answer.problems else code
    return answer if answer in _FINAL else code


def _completed(context: Context, found: Findings) -> Findings:
    """The findings, and what is true of devices on the bus that the driver did not tell of."""
    told = {accelerator.bus_id for accelerator in found.accelerators}
    rest = [seen for seen in _own(context) if seen.bus_id not in told]
    if not rest:
        return found
    if context.contained or any(context.env.get(name) for name in _BATCH_JOB):
        # The bus shows all devices of the host, also those that others were given.
        return replace(found, not_ours=tuple(seen.bus_id for seen in rest))
    named = any(problem.rule in problems.UNREADABLE for problem in found.problems)
    lost = [_from_bus(context.files, seen, usable_gib=0.0) for seen in rest]
    more = () if named else tuple(problems.not_offered(seen.bus_id) for seen in rest)
    return replace(
        found,
        devices=(*found.devices, *lost),
        problems=(*found.problems, *more),
    )


def _without_driver(context: Context) -> tuple[Device, ...]:
    """Devices whose driver told nothing: from the bus, or the one of a Jetson without NVML."""
    own = _own(context)
    if own or not any(map(context.files.exists, _JETSON)):
        return tuple(_from_bus(context.files, seen, usable_gib=None) for seen in own)
    model = context.files.text("proc/device-tree/model", 4096) or ""
    named = {"vendor": "nvidia", "name": clean(model) or None, "driver_bound": True}
    return (device(Part(source="/proc/device-tree/model", facts=named), shared(context.memory)),)


def _from_bus(files: Files, seen: PciDevice, *, usable_gib: float | None) -> Device:
    name = f"proc/driver/nvidia/gpus/{seen.bus_id}/information"
    model = _MODEL.search(files.text(name) or "")
    facts = {
        "vendor": "nvidia",
        "name": clean(model[1]) or None if model else None,
        "usable_gib": usable_gib,
        "driver_bound": True,
        "bus_id": seen.bus_id,
    }
    return device(Part(source=f"/{name}", facts=facts))


def _failure(context: Context, code: int, kernel_driver: str | None) -> tuple[Problem, ...]:
    if not code or (code == problems.LIBRARY_NOT_FOUND and not _certain(context)):
        # WSL has /dev/dxg for any vendor's GPU, and a Jetson of old has no NVML.
        return ()
    return (problems.failure(code, kernel_driver=kernel_driver, in_container=context.contained),)


def _hidden(context: Context, found: Findings) -> tuple[Problem, ...]:
    value = context.env.get("CUDA_VISIBLE_DEVICES")
    if value is None or not found.devices:
        return ()
    # CUDA stops at the first number that is no device, so a leading -1 hides all.
    return (problems.hidden(clean(value)),) if value.split(",")[0].strip() in {"", "-1"} else ()


def _software(context: Context, kernel_driver: str | None) -> dict[str, Read]:
    """What is known without the driver's answer."""
    jetpack = _JETPACK.get((context.os.l4t or "").partition(".")[0])
    known = {
        "nvidia_driver": (kernel_driver, "/proc/driver/nvidia/version"),
        "jetpack": (jetpack, "/etc/nv_tegra_release"),
    }
    return {name: (version, source) for name, (version, source) in known.items() if version}


def _own(context: Context) -> tuple[PciDevice, ...]:
    return tuple(d for d in context.pci if d.vendor == "nvidia" and d.driver_bound)


def _certain(context: Context) -> bool:
    nodes = any(name.startswith("nvidia") for name in context.files.names("dev"))
    return nodes or bool(_own(context)) or context.files.exists("proc/driver/nvidia/version")


def _contained(context: Context) -> bool:
    return context.os.container not in {None, "none"}


def _kernel_driver(files: Files) -> str | None:
    match = _KERNEL.search(files.line("proc/driver/nvidia/version") or "")
    return match[1] if match else None
