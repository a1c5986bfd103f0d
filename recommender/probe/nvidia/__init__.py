"""NVIDIA: NVML first, then nvidia-smi, then what /proc and the bus tell."""

import re
import time
from dataclasses import replace

from recommender.probe import parts
from recommender.probe.context import Context, Findings, PciDevice, Read
from recommender.probe.files import Files, clean
from recommender.probe.jobs import Job
from recommender.probe.nvidia import devices, fabric, jetson, nvml, problems
from recommender.probe.nvidia.told import Reading
from recommender.probe.parts import Device, Part
from recommender.probe.tables import bus_id

__all__ = ["probe", "understood"]

# Without persistence mode the driver wakes every GPU first, which takes seconds.
_NVML_SECONDS = 3.0
_TOTAL_SECONDS = 4.2
_KERNEL = re.compile(r"Kernel Module\s+(?:for \S+\s+)?(\d+(?:\.\d+)+)")
_MODEL = re.compile(r"^Model:\s*(.+)$", re.MULTILINE)
_PROC = "proc/driver/nvidia"
# Batch systems hide the devices of other jobs from the driver's library.
_BATCH_JOB = ("SLURM_JOB_ID", "PBS_JOBID", "LSB_JOBID")
_FINAL = {problems.DRIVER_NOT_LOADED, problems.MISMATCH, problems.NO_PERMISSION}


def probe(context: Context) -> Findings:
    """All NVIDIA devices that have NVIDIA's driver, with what is wrong with it."""
    kernel_driver = _kernel_driver(context.files)
    told = _by_driver(context) if context.live else 0
    if isinstance(told, int):
        found = _without_driver(context, told, kernel_driver)
    else:
        found = _completed(context, devices.findings(told, context.memory, context.env))
    return replace(
        found,
        devices=tuple(jetson.completed(device, context.files) for device in found.devices),
        software={**_software(context, kernel_driver), **found.software},
    )


def understood(text: str) -> Findings:
    """Devices, versions, links and problems in what any of NVIDIA's tools printed."""
    from recommender.probe.nvidia import texts

    return texts.understood(text)


def _by_driver(context: Context) -> list[Reading] | int:
    """What NVML or else nvidia-smi says; the error number where neither is of use."""
    start = time.monotonic()
    try:
        reading = Job(lambda: nvml.read(context.files)).result(_NVML_SECONDS)
    except nvml.NvmlError as error:
        code = error.code
    except TimeoutError:
        code = problems.TIMEOUT
    else:
        return [reading, fabric.read(context.files, reading)]
    if code in _FINAL:
        return code
    from recommender.probe.nvidia import smi

    answer = smi.read(context, _TOTAL_SECONDS - (time.monotonic() - start))
    if isinstance(answer, list):
        return answer if any(one.gpus or one.problems for one in answer) else code
    if answer is None:
        return code
    # Without the binding or the library only the tool can say what is wrong.
    better = answer in _FINAL or code in {problems.NO_BINDING, problems.LIBRARY_NOT_FOUND}
    return answer if better else code


def _completed(context: Context, found: Findings) -> Findings:
    """The findings, and what is true of devices on the bus that the driver did not tell of."""
    named = tuple(_named(context.files, device) for device in found.devices)
    lent = context.contained or any(context.env.get(name) for name in _BATCH_JOB)
    lost, others = found.left(_own(context), lent=lent)
    explained = any(problem.rule in problems.UNREADABLE for problem in found.problems)
    more = () if explained else tuple(problems.not_offered(seen.bus_id) for seen in lost)
    barred = (_from_bus(context.files, seen.bus_id, usable_gib=0.0) for seen in lost)
    return replace(
        found,
        devices=(*named, *barred),
        problems=(*found.problems, *more),
        not_ours=tuple(seen.bus_id for seen in others),
    )


def _without_driver(context: Context, code: int, kernel_driver: str | None) -> Findings:
    """Devices whose driver told nothing: as the bus or the driver's folder names them."""
    from recommender.probe.nvidia import advice

    said = advice.explained(context, code, kernel_driver)
    own = [seen.bus_id for seen in _own(context)]
    if advice.given_none(context):
        return Findings(problems=said, not_ours=tuple(own))
    places = own or [place for place in context.files.names(f"{_PROC}/gpus") if bus_id(place)]
    found = tuple(_from_bus(context.files, place, usable_gib=None) for place in places)
    return Findings(
        devices=found or tuple(jetson.devices(context.files, context.memory)),
        problems=said,
    )


def _named(files: Files, device: Device) -> Device:
    """A device that the driver does not name, with the name that it had at the start."""
    place = device.accelerator.bus_id
    if device.accelerator.name or not place:
        return device
    return parts.completed(device, _information(files, place))


def _from_bus(files: Files, place: str, *, usable_gib: float | None) -> Device:
    facts = {"vendor": "nvidia", "usable_gib": usable_gib, "driver_bound": True, "bus_id": place}
    return parts.device(
        _information(files, place), Part(source=f"/sys/bus/pci/devices/{place}", facts=facts)
    )


def _information(files: Files, place: str) -> Part:
    name = f"{_PROC}/gpus/{place}/information"
    model = _MODEL.search(files.text(name) or "")
    # A GPU that the driver could not start is called "Unknown" there.
    known = clean(model[1]) if model else ""
    return Part(source=f"/{name}", facts={"name": None if known in {"", "Unknown"} else known})


def _software(context: Context, kernel_driver: str | None) -> dict[str, Read]:
    """What is known without the driver's answer."""
    known = {
        "nvidia_driver": (kernel_driver, f"/{_PROC}/version"),
        "jetpack": (jetson.jetpack(context.os.l4t), "/etc/nv_tegra_release"),
    }
    return {name: (version, source) for name, (version, source) in known.items() if version}


def _own(context: Context) -> tuple[PciDevice, ...]:
    return tuple(d for d in context.pci if d.vendor == "nvidia" and d.driver_bound)


def _kernel_driver(files: Files) -> str | None:
    match = _KERNEL.search(files.line(f"{_PROC}/version") or "")
    return match[1] if match else None
