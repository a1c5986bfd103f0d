"""NVIDIA's devices through the vendor's binding (package nvidia-ml-py, module ``pynvml``)."""

import re
from contextlib import suppress
from dataclasses import replace
from types import ModuleType
from typing import Any

from recommender.facts.machine import Link, Memory, Problem
from recommender.facts.noun import noun
from recommender.probe.context import Findings, Read
from recommender.probe.files import Files, clean
from recommender.probe.nvidia import links, problems
from recommender.probe.nvidia.devices import Told, bus_of, device, mib
from recommender.probe.parts import Device

WSL_LIBRARY = "usr/lib/wsl/lib/libnvidia-ml.so.1"
_MIB = 1 << 20
_SOURCE = "NVML"
_PROFILE = re.compile(r"\s+MIG\s+(\S+)$")


class NvmlError(Exception):
    """NVML could not be used at all; ``code`` is its error number."""

    def __init__(self, code: int) -> None:
        """Keep the number."""
        super().__init__(code)
        self.code = code


@noun
class _Gpu:
    """One readable GPU: its handle, and what counts as devices of it (several with MIG)."""

    handle: object
    bus_id: str | None
    devices: tuple[Device, ...]
    problems: tuple[Problem, ...] = ()
    mig: bool = False


def read(memory: Memory, files: Files) -> Findings:
    """All devices, their links, the driver's version and the CUDA version that it supports.

    Raises:
        NvmlError: the library is missing, does not match, is denied, ...

    """
    nvml = _load(files)
    try:
        return _read(nvml, memory)
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


def _read(nvml: ModuleType, memory: Memory) -> Findings:
    count, code = _ask(nvml, "nvmlDeviceGetCount")
    if code:
        raise NvmlError(code)
    gpus, missing = [], []
    for index in range(count):
        handle, code = _ask(nvml, "nvmlDeviceGetHandleByIndex", index)
        gpu = None if code else _gpu(nvml, handle, index, memory)
        if gpu is None:
            missing.append(problems.unreadable(str(index), code))
        else:
            gpus.append(gpu)
    return Findings(
        devices=tuple(found for gpu in gpus for found in gpu.devices),
        links=_links(nvml, gpus),
        software=_software(nvml),
        problems=(*missing, *(problem for gpu in gpus for problem in gpu.problems)),
    )


def _gpu(nvml: ModuleType, handle: object, index: int, memory: Memory) -> _Gpu | None:
    """One GPU; None where it is lost, so that the bus's own entry stands for it."""
    pci, _ = _ask(nvml, "nvmlDeviceGetPciInfo", handle)
    name, lost_by_name = _ask(nvml, "nvmlDeviceGetName", handle)
    size = _memory(nvml, handle)
    if problems.LOST in (lost_by_name, size.code):
        return None
    told = Told(
        label=str(index),
        source=_SOURCE,
        name=clean(name or "") or None,
        bus_id=bus_of(pci),
        compute_capability=_capability(nvml, handle),
        total_mib=size.total,
        used_mib=size.used,
        reserved_mib=size.reserved,
    )
    if _mig_enabled(nvml, handle):
        return _partitioned(nvml, handle, told, memory)
    found, found_problems = device(told, memory)
    return _Gpu(handle=handle, bus_id=told.bus_id, devices=(found,), problems=tuple(found_problems))


def _partitioned(nvml: ModuleType, handle: object, told: Told, memory: Memory) -> _Gpu:
    whole, _ = device(told, memory)
    count, _ = _ask(nvml, "nvmlDeviceGetMaxMigDeviceCount", handle)
    asked = (
        _ask(nvml, "nvmlDeviceGetMigDeviceHandleByIndex", handle, i) for i in range(count or 0)
    )
    found = [_instance(nvml, instance, whole) for instance, code in asked if not code]
    if found:
        return _Gpu(handle=handle, bus_id=told.bus_id, devices=tuple(found), mig=True)
    nothing = replace(whole, accelerator=replace(whole.accelerator, usable_gib=0.0))
    return _Gpu(
        handle=handle,
        bus_id=told.bus_id,
        devices=(nothing,),
        problems=(problems.mig_empty(told.label),),
        mig=True,
    )


def _instance(nvml: ModuleType, handle: object, whole: Device) -> Device:
    name, _ = _ask(nvml, "nvmlDeviceGetName", handle)
    size = _memory(nvml, handle)
    profile = _PROFILE.search(clean(name or ""))
    usable = None if size.total is None else mib(size.total - size.reserved)
    instance = replace(
        whole.accelerator,
        partition=profile[1] if profile else "mig",
        memory_gib=mib(size.total),
        usable_gib=usable,
        used_gib=mib(size.used),
    )
    return Device(accelerator=instance, evidence={**whole.evidence, "partition": _SOURCE})


def _mig_enabled(nvml: ModuleType, handle: object) -> bool:
    mode, code = _ask(nvml, "nvmlDeviceGetMigMode", handle)
    return not code and bool(mode[0])


@noun
class _Size:
    """Memory in MiB, or the error number."""

    total: int | None = None
    used: int | None = None
    reserved: int = 0
    code: int = 0


def _memory(nvml: ModuleType, handle: object) -> _Size:
    """Sizes of a device; drivers before 510 know only version 1 of the call."""
    version = getattr(nvml, "nvmlMemory_v2", None)
    info, code = _ask(nvml, "nvmlDeviceGetMemoryInfo", handle, version)
    if code:
        info, code = _ask(nvml, "nvmlDeviceGetMemoryInfo", handle)
    if code or not info.total:
        return _Size(code=code)
    reserved = getattr(info, "reserved", 0) // _MIB
    return _Size(total=info.total // _MIB, used=info.used // _MIB, reserved=reserved)


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
    return [gpu for gpu in gpus for _ in gpu.devices]


def _software(nvml: ModuleType) -> dict[str, Read]:
    driver, no_driver = _ask(nvml, "nvmlSystemGetDriverVersion")
    cuda, no_cuda = _ask(nvml, "nvmlSystemGetCudaDriverVersion_v2")
    found: dict[str, Read] = {}
    if not no_driver and clean(driver):
        found["nvidia_driver"] = (clean(driver), _SOURCE)
    if not no_cuda and cuda:
        found["cuda"] = (f"{cuda // 1000}.{cuda % 1000 // 10}", _SOURCE)
    return found


def _ask(nvml: ModuleType, name: str, *args: object) -> tuple[Any, int]:
    """The answer and 0, or None and the error number; a name that the binding lacks is 13."""
    try:
        return getattr(nvml, name)(*args), 0
    except AttributeError:
        return None, problems.FUNCTION_NOT_FOUND
    except Exception as error:  # noqa: BLE001  # NVMLError, or a name that is no text
        return None, int(getattr(error, "value", problems.UNKNOWN))
