"""NVIDIA's devices through the vendor's binding (package nvidia-ml-py, module ``pynvml``)."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from types import ModuleType
from typing import Any

from recommender.facts.noun import noun
from recommender.probe.context import Read
from recommender.probe.files import Files, clean
from recommender.probe.nvidia import links, problems
from recommender.probe.nvidia.told import Gpu, Instance, Reading, Size

WSL_LIBRARY = "usr/lib/wsl/lib/libnvidia-ml.so.1"
_MIB = 1 << 20
_SOURCE = "NVML"
_PROFILE = re.compile(r"\sMIG\s+(\S+)$")
_UNCORRECTED, _VOLATILE = 1, 0
_GUEST = 2
# Where nvmlGpuFabricInfo_t has its state: after a UUID of 16 bytes and two numbers (nvml.h).
_FABRIC_STATE = 24
# States of the fabric as nvidia-smi words them; 0 is a GPU without one (nvml.h).
_FABRIC = {1: "Not Started", 2: "In Progress", 3: "Completed"}


class NvmlError(Exception):
    """NVML could not be used at all; ``code`` is its error number."""

    def __init__(self, code: int) -> None:
        """Keep the number."""
        super().__init__(code)
        self.code = code


@noun
class _Readable:
    """A GPU with its handle."""

    handle: object
    gpu: Gpu


def read(files: Files) -> Reading:
    """All devices, their links, the driver's version and the CUDA version that it supports.

    Raises:
        NvmlError: the library is missing, does not match, is denied, ...

    """
    nvml = _load(files)
    try:
        return _read(nvml)
    finally:
        _ask(nvml, "nvmlShutdown")


def _load(files: Files) -> ModuleType:
    try:
        import pynvml
    except Exception as error:  # a broken or foreign module may raise anything
        raise NvmlError(problems.NO_BINDING) from error
    nvml: ModuleType = pynvml
    if files.exists(WSL_LIBRARY):
        # WSL keeps the library where the loader may not look; any other one there is in the way.
        import ctypes

        with suppress(OSError):
            pynvml.nvmlLib = ctypes.CDLL(files.path(WSL_LIBRARY))
    _, code = _ask(nvml, "nvmlInit")
    if code:
        raise NvmlError(code)
    return nvml


def _read(nvml: ModuleType) -> Reading:
    count, code = _ask(nvml, "nvmlDeviceGetCount")
    if code:
        raise NvmlError(code)
    found, missing = [], []
    for number in range(count):
        handle, code = _ask(nvml, "nvmlDeviceGetHandleByIndex", number)
        gpu, code = (None, code) if code else _gpu(nvml, handle, number)
        if gpu is None:
            missing.append(problems.unreadable(str(number), code))
        else:
            found.append(_Readable(handle=handle, gpu=gpu))
    return Reading(
        gpus=tuple(one.gpu for one in found),
        joined=_joined(nvml, found),
        software=_software(nvml),
        problems=tuple(missing),
    )


def _gpu(nvml: ModuleType, handle: object, number: int) -> tuple[Gpu | None, int]:
    """One GPU; None and the error number where it is lost: the bus's own entry stands for it."""
    name, lost_by_name = _ask(nvml, "nvmlDeviceGetName", handle)
    size, code = _memory(nvml, handle)
    gone = {problems.LOST, problems.RESET_REQUIRED} & {lost_by_name, code}
    if gone:
        return None, max(gone)
    pci, _ = _ask(nvml, "nvmlDeviceGetPciInfo", handle)
    mig = _current(nvml, "nvmlDeviceGetMigMode", handle)
    gpu = Gpu(
        source=_SOURCE,
        number=number,
        name=clean(name or "") or None,
        bus_id=links.place(pci),
        uuid=_ask(nvml, "nvmlDeviceGetUUID", handle)[0],
        compute_capability=_capability(nvml, handle),
        size=size,
        mig=mig,
        instances=tuple(_instances(nvml, handle)) if mig else None,
        ecc=_current(nvml, "nvmlDeviceGetEccMode", handle),
        uncorrected=_uncorrected(nvml, handle),
        virtual=_ask(nvml, "nvmlDeviceGetVirtualizationMode", handle)[0] == _GUEST or None,
        fabric=_fabric(nvml, handle),
    )
    return gpu, 0


def _instances(nvml: ModuleType, handle: object) -> Iterator[Instance]:
    count, _ = _ask(nvml, "nvmlDeviceGetMaxMigDeviceCount", handle)
    for number in range(count or 0):
        instance, code = _ask(nvml, "nvmlDeviceGetMigDeviceHandleByIndex", handle, number)
        if not code:
            yield _instance(nvml, instance, number)


def _instance(nvml: ModuleType, handle: object, number: int) -> Instance:
    name, _ = _ask(nvml, "nvmlDeviceGetName", handle)
    profile = _PROFILE.search(clean(name or ""))
    size, _ = _memory(nvml, handle)
    return Instance(
        source=_SOURCE,
        number=number,
        gi=_ask(nvml, "nvmlDeviceGetGpuInstanceId", handle)[0],
        ci=_ask(nvml, "nvmlDeviceGetComputeInstanceId", handle)[0],
        profile=profile[1] if profile else None,
        size=size,
        uuid=_ask(nvml, "nvmlDeviceGetUUID", handle)[0],
    )


def _current(nvml: ModuleType, name: str, handle: object) -> bool | None:
    """Whether a mode is on; the answer is its current and its pending state."""
    mode, code = _ask(nvml, name, handle)
    return None if code else bool(mode[0])


def _uncorrected(nvml: ModuleType, handle: object) -> int | None:
    errors: int | None
    errors, _ = _ask(nvml, "nvmlDeviceGetTotalEccErrors", handle, _UNCORRECTED, _VOLATILE)
    return errors


def _memory(nvml: ModuleType, handle: object) -> tuple[Size, int]:
    """Sizes of a device; drivers before 510 know only version 1 of the call."""
    version = getattr(nvml, "nvmlMemory_v2", None)
    info, code = _ask(nvml, "nvmlDeviceGetMemoryInfo", handle, version)
    if code:
        info, code = _ask(nvml, "nvmlDeviceGetMemoryInfo", handle)
    if code or not info.total:
        return Size(refused=True), code
    reserved = getattr(info, "reserved", 0) // _MIB
    return Size(total=info.total // _MIB, used=info.used // _MIB, reserved=reserved), 0


def _capability(nvml: ModuleType, handle: object) -> str | None:
    capability, code = _ask(nvml, "nvmlDeviceGetCudaComputeCapability", handle)
    return None if code else ".".join(map(str, capability))


def _fabric(nvml: ModuleType, handle: object) -> str | None:
    # Bindings before 13 have a wrong length for the first member, so the bytes are read.
    from ctypes import byref, c_ubyte

    info = (c_ubyte * 64)()
    _, code = _ask(nvml, "nvmlDeviceGetGpuFabricInfo", handle, byref(info))
    return None if code else _FABRIC.get(info[_FABRIC_STATE])


def _joined(nvml: ModuleType, found: list[_Readable]) -> tuple[tuple[int, ...], ...]:
    whole = [one for one in found if not one.gpu.mig]
    if len(whole) <= 1:
        return ()
    numbers: Mapping[str, int] = {one.gpu.bus_id: one.gpu.number for one in whole if one.gpu.bus_id}
    return links.of_peers(
        {
            one.gpu.number: links.peers(
                lambda name, *args: _ask(nvml, name, *args), one.handle, numbers
            )
            for one in whole
        }
    )


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
