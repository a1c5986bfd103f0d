"""NVIDIA's devices through the vendor's binding (package nvidia-ml-py, module ``pynvml``)."""

import re
from contextlib import suppress
from dataclasses import replace
from types import ModuleType
from typing import Any

from recommender.facts.machine import Accelerator, Link, Problem
from recommender.facts.noun import noun
from recommender.probe.context import Findings
from recommender.probe.files import Files, clean
from recommender.probe.nvidia import links, problems
from recommender.probe.nvidia.devices import Device, Host, accelerator, bus_of, mib

WSL_LIBRARY = "usr/lib/wsl/lib/libnvidia-ml.so.1"
_MIB = 1 << 20
_PROFILE = re.compile(r"\s+MIG\s+(\S+)$")


class NvmlError(Exception):
    """NVML could not be used at all; ``code`` is its error number."""

    def __init__(self, code: int) -> None:
        """Keep the number."""
        super().__init__(code)
        self.code = code


@noun
class _Gpu:
    """One readable GPU: its handle, and its places among the accelerators (several with MIG)."""

    handle: object
    bus_id: str | None
    accelerators: tuple[Accelerator, ...]
    problems: tuple[Problem, ...] = ()
    mig: bool = False


def read(host: Host, files: Files) -> Findings:
    """All devices, their links, the driver's version and the CUDA version that it supports.

    Raises:
        NvmlError: the library is missing, does not match, is denied, ...

    """
    nvml = _load(files)
    try:
        return _read(nvml, host)
    finally:
        _ask(nvml, "nvmlShutdown")


def _load(files: Files) -> ModuleType:
    try:
        import pynvml
    except Exception as error:  # a broken or foreign module may raise anything
        raise NvmlError(problems.NO_BINDING) from error
    nvml: ModuleType = pynvml
    _, code = _ask(nvml, "nvmlInit")
    if code == problems.LIBRARY_NOT_FOUND and files.exists(WSL_LIBRARY):
        # WSL keeps the library where the loader does not look.
        import ctypes

        with suppress(OSError):
            pynvml.nvmlLib = ctypes.CDLL(files.path(WSL_LIBRARY))
        _, code = _ask(nvml, "nvmlInit")
    if code:
        raise NvmlError(code)
    return nvml


def _read(nvml: ModuleType, host: Host) -> Findings:
    count, code = _ask(nvml, "nvmlDeviceGetCount")
    if code:
        raise NvmlError(code)
    gpus, missing = [], []
    for index in range(count):
        handle, code = _ask(nvml, "nvmlDeviceGetHandleByIndex", index)
        gpu = None if code else _gpu(nvml, handle, index, host)
        if gpu is None:
            missing.append(problems.unreadable(str(index), code))
        else:
            gpus.append(gpu)
    return Findings(
        accelerators=tuple(device for gpu in gpus for device in gpu.accelerators),
        links=_links(nvml, gpus),
        software=_software(nvml),
        problems=(*missing, *(problem for gpu in gpus for problem in gpu.problems)),
    )


def _gpu(nvml: ModuleType, handle: object, index: int, host: Host) -> _Gpu | None:
    """One GPU; None where it is lost, so that the bus's own entry stands for it."""
    pci, _ = _ask(nvml, "nvmlDeviceGetPciInfo", handle)
    name, lost_by_name = _ask(nvml, "nvmlDeviceGetName", handle)
    total, reserved, code = _memory(nvml, handle)
    if problems.LOST in (lost_by_name, code):
        return None
    device = Device(
        label=str(index),
        name=clean(name or "") or None,
        bus_id=bus_of(pci),
        compute_capability=_capability(nvml, handle),
        total_mib=total,
        reserved_mib=reserved,
    )
    if _mig_enabled(nvml, handle):
        return _partitioned(nvml, handle, device, host)
    found, found_problems = accelerator(device, host)
    return _Gpu(
        handle=handle,
        bus_id=device.bus_id,
        accelerators=(found,),
        problems=tuple(found_problems),
    )


def _partitioned(nvml: ModuleType, handle: object, device: Device, host: Host) -> _Gpu:
    whole, _ = accelerator(device, host)
    count, _ = _ask(nvml, "nvmlDeviceGetMaxMigDeviceCount", handle)
    asked = (
        _ask(nvml, "nvmlDeviceGetMigDeviceHandleByIndex", handle, i) for i in range(count or 0)
    )
    found = [_instance(nvml, instance, whole) for instance, code in asked if not code]
    if found:
        return _Gpu(handle=handle, bus_id=device.bus_id, accelerators=tuple(found), mig=True)
    nothing = replace(whole, usable_gib=0.0)
    return _Gpu(
        handle=handle,
        bus_id=device.bus_id,
        accelerators=(nothing,),
        problems=(problems.mig_empty(device.label),),
        mig=True,
    )


def _instance(nvml: ModuleType, handle: object, whole: Accelerator) -> Accelerator:
    name, _ = _ask(nvml, "nvmlDeviceGetName", handle)
    total, reserved, _ = _memory(nvml, handle)
    profile = _PROFILE.search(clean(name or ""))
    return replace(
        whole,
        partition=profile[1] if profile else "mig",
        memory_gib=mib(total),
        usable_gib=None if total is None else mib(total - reserved),
    )


def _mig_enabled(nvml: ModuleType, handle: object) -> bool:
    mode, code = _ask(nvml, "nvmlDeviceGetMigMode", handle)
    return not code and bool(mode[0])


def _memory(nvml: ModuleType, handle: object) -> tuple[int | None, int, int]:
    """Total and reserved MiB, and the error number; drivers before 510 know only version 1."""
    version = getattr(nvml, "nvmlMemory_v2", None)
    info, code = _ask(nvml, "nvmlDeviceGetMemoryInfo", handle, version)
    if code:
        info, code = _ask(nvml, "nvmlDeviceGetMemoryInfo", handle)
    if code or not info.total:
        return None, 0, code
    return info.total // _MIB, getattr(info, "reserved", 0) // _MIB, 0


def _capability(nvml: ModuleType, handle: object) -> str | None:
    capability, code = _ask(nvml, "nvmlDeviceGetCudaComputeCapability", handle)
    return None if code else ".".join(map(str, capability))


def _links(nvml: ModuleType, gpus: list[_Gpu]) -> tuple[Link, ...]:
    """Links of whole GPUs: MIG instances reach each other by no link."""
    places = [index for index, gpu in enumerate(_each(gpus)) if not gpu.mig]
    whole = [gpu for gpu in gpus if not gpu.mig]
    numbers = {gpu.bus_id: place for gpu, place in zip(whole, places, strict=True) if gpu.bus_id}
    peers = {
        place: links.peers(lambda name, *args: _ask(nvml, name, *args), gpu.handle, numbers)
        for gpu, place in zip(whole, places, strict=True)
    }
    return links.grouped(peers)


def _each(gpus: list[_Gpu]) -> list[_Gpu]:
    return [gpu for gpu in gpus for _ in gpu.accelerators]


def _software(nvml: ModuleType) -> dict[str, str]:
    driver, no_driver = _ask(nvml, "nvmlSystemGetDriverVersion")
    cuda, no_cuda = _ask(nvml, "nvmlSystemGetCudaDriverVersion_v2")
    found = {}
    if not no_driver and clean(driver):
        found["nvidia_driver"] = clean(driver)
    if not no_cuda and cuda:
        found["cuda"] = f"{cuda // 1000}.{cuda % 1000 // 10}"
    return found


def _ask(nvml: ModuleType, name: str, *args: object) -> tuple[Any, int]:
    """The answer and 0, or None and the error number; a name that the binding lacks is 13."""
    try:
        return getattr(nvml, name)(*args), 0
    except AttributeError:
        return None, problems.FUNCTION_NOT_FOUND
    except Exception as error:  # noqa: BLE001  # NVMLError, or a name that is no text
        return None, int(getattr(error, "value", problems.UNKNOWN))
