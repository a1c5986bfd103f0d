"""A case of a case file as the Machine, Workload and Model that the CLI would make of it."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from recommender.facts import (
    Accelerator,
    Cpu,
    Link,
    Machine,
    Memory,
    Model,
    Os,
    Software,
    Workload,
)

_CASE = {
    *("id", "kind", "title", "hardware", "workload", "model", "expect"),
    *("source", "confidence", "note", "tags"),
}
_HARDWARE = {
    *("os", "arch", "cpu", "ram_gib", "accelerators", "driver", "python", "docker"),
    *("nodes", "network", "heterogeneous", "wsl_allowed"),
}
_OS = {"family", "distro", "version", "glibc", "l4t", "wsl2", "container"}
_CPU = {"vendor", "model", "cores", "flags"}
_ACCELERATOR = {
    *("vendor", "name", "memory_gib", "count", "compute_capability", "gfx", "chip"),
    *("interconnect", "unified", "integrated", "mig"),
}
_DRIVER = {
    "nvidia": "nvidia_driver",
    "cuda_max": "cuda",
    "rocm": "rocm",
    "cann": "cann",
    "level_zero": "level_zero",
    "habana": "habana",
    "neuron": "neuron",
    "jetpack": "jetpack",
    "maca": "maca",
    "neuware": "neuware",
    "musa": "musa",
}
_WORKLOAD = {
    *("use_case", "concurrency", "priority", "context_tokens", "features", "nvidia_only"),
    *("prefers_docker", "offline", "region", "orchestrator", "managed"),
}
_MODEL = {
    *("id", "params_b", "quant", "format", "weights_gib", "attention_heads", "kv_heads"),
    *("moe", "modality", "task", "dtype_only", "released"),
}
_LEVEL_BY_FLAG = (("avx512f", 4), ("avx2", 3), ("sse4_2", 2))


class CaseError(ValueError):
    """A case does not have the shape that the README of the cases describes."""


def check(case: Mapping[str, Any]) -> None:
    """Refuse a case with a field that nothing here maps.

    Raises:
        CaseError: names the field.
    """
    _only(case, _CASE, "case")


def machine(case: Mapping[str, Any]) -> Machine:
    """The case's hardware; a missing driver key means that it is not installed."""
    hardware = case["hardware"]
    _only(hardware, _HARDWARE, "hardware")
    arch = hardware.get("arch")
    devices = tuple(_devices(hardware))
    return Machine(
        os=_os(hardware.get("os") or {}),
        arch=arch,
        cpu=_cpu(hardware.get("cpu") or {}, arch),
        memory=Memory(total_gib=hardware.get("ram_gib")),
        accelerators=devices,
        links=tuple(_links(hardware)),
        software=_software(hardware),
        nodes=hardware.get("nodes") or 1,
        network=hardware.get("network"),
        heterogeneous=hardware.get("heterogeneous"),
    )


def _os(os: Mapping[str, Any]) -> Os:
    _only(os, _OS, "hardware.os")
    container = os.get("container")
    return Os(
        family=os.get("family"),
        distro=os.get("distro"),
        version=os.get("version"),
        libc="glibc" if os.get("glibc") else None,
        libc_version=os.get("glibc"),
        l4t=os.get("l4t"),
        wsl=os.get("wsl2"),
        container=container if isinstance(container, str) else _container(container),
    )


def _container(inside: bool | None) -> str | None:
    return None if inside is None else ("docker" if inside else "none")


def _cpu(cpu: Mapping[str, Any], arch: str | None) -> Cpu:
    _only(cpu, _CPU, "hardware.cpu")
    flags = tuple(cpu.get("flags") or ())
    level = next((level for flag, level in _LEVEL_BY_FLAG if flag in flags), 1)
    return Cpu(
        vendor=cpu.get("vendor"),
        model=cpu.get("model"),
        physical_cores=cpu.get("cores"),
        flags=flags,
        x86_level=level if arch == "x86_64" and flags else None,
    )


def _devices(hardware: Mapping[str, Any]) -> Iterable[Accelerator]:
    index = 0
    for device in hardware.get("accelerators") or ():
        _only(device, _ACCELERATOR, "hardware.accelerators[]")
        for _ in range(device.get("count") or 1):
            yield _device(device, index, _bound(device, hardware.get("driver") or {}))
            index += 1


def _device(device: Mapping[str, Any], index: int, bound: bool | None) -> Accelerator:
    return Accelerator(
        vendor=device.get("vendor"),
        name=device.get("name"),
        index=index,
        memory_gib=device.get("memory_gib"),
        compute_capability=device.get("compute_capability"),
        gfx=device.get("gfx"),
        chip=device.get("chip"),
        unified=device.get("unified"),
        integrated=device.get("integrated"),
        partition=_partition(device.get("mig")),
        driver_bound=bound,
    )


def _bound(device: Mapping[str, Any], driver: Mapping[str, Any]) -> bool | None:
    """Only NVIDIA's kernel driver comes with its software; the others' may be in the kernel."""
    if device.get("vendor") == "nvidia":
        return bool(driver.get("nvidia") or driver.get("jetpack"))
    return None


def _partition(mig: object) -> str | None:
    if mig is None or mig is False:
        return None
    return mig if isinstance(mig, str) else "mig"


def _links(hardware: Mapping[str, Any]) -> Iterable[Link]:
    start = 0
    for device in hardware.get("accelerators") or ():
        count = device.get("count") or 1
        if device.get("interconnect"):
            yield Link(kind=device["interconnect"], devices=tuple(range(start, start + count)))
        start += count


def _software(hardware: Mapping[str, Any]) -> Software:
    driver = hardware.get("driver") or {}
    _only(driver, set(_DRIVER), "hardware.driver")
    found = {field: driver[key] for key, field in _DRIVER.items() if driver.get(key)}
    version, arch = _python(hardware.get("python"))
    return Software(
        **found,
        python=version,
        python_arch=arch,
        docker=hardware.get("docker"),
        absent=tuple(field for field in _DRIVER.values() if field not in found),
    )


def _python(text: str | None) -> tuple[str | None, str | None]:
    version = re.search(r"\d+(\.\d+)+", text or "")
    arch = re.search(r"x86_64|arm64|aarch64", text or "")
    return version and version.group(), arch and arch.group()


def workload(case: Mapping[str, Any]) -> Workload:
    """The case's wish; what the hardware block says of WSL2 belongs to it."""
    wish = case["workload"]
    _only(wish, _WORKLOAD, "workload")
    features = tuple(wish.get("features") or ())
    allowed = {True: ("wsl2",), False: ("no-wsl2",)}
    return Workload(
        use_case=wish.get("use_case") or "personal",
        concurrency=wish.get("concurrency") or 1,
        priority=wish.get("priority"),
        context_tokens=wish.get("context_tokens") or 8192,
        features=features,
        install="docker" if wish.get("prefers_docker") else None,
        offline=bool(wish.get("offline")),
        lifecycle="new" if "new-deployment" in features else None,
        allow=allowed.get(case["hardware"].get("wsl_allowed"), ()),
        nvidia_only=bool(wish.get("nvidia_only")),
        region=wish.get("region"),
        orchestrator=wish.get("orchestrator"),
        managed=wish.get("managed"),
    )


def model(case: Mapping[str, Any]) -> Model | None:
    """The case's model; None where llmpick is to propose one."""
    given = case.get("model")
    if given is None:
        return None
    _only(given, _MODEL, "model")
    params = given.get("params_b")
    return Model(
        id=given["id"],
        params=None if params is None else round(params * 1e9),
        quantization=given.get("quant"),
        format=given.get("format"),
        weights_gib=given.get("weights_gib"),
        heads=given.get("attention_heads"),
        kv_heads=given.get("kv_heads"),
        moe=given.get("moe"),
        modality=given.get("modality"),
        task=given.get("task"),
        dtype_only=given.get("dtype_only"),
        released=given.get("released"),
    )


def _only(mapping: Mapping[str, Any], known: set[str], where: str) -> None:
    for key in mapping:
        if key not in known:
            message = f"{where} has the field {key!r}, which the runner does not map"
            raise CaseError(message)
