"""What goes wrong with AMD's GPUs, and the command that mends it."""

import re
from collections.abc import Sequence

from recommender.facts.machine import Problem
from recommender.probe.drm import JOIN_GROUPS

_GIVE = "docker run --device /dev/kfd --device /dev/dri --group-add video --group-add render"

_DENIED = (
    r"/dev/kfd read-write: Permission denied|missing the following required groups"
    r"|not (?:a )?member of .{0,20}(?:render|video)"
)

# Words of rocminfo, rocm-smi and amd-smi -> rule, what is wrong, what to do.
_COMPLAINTS: tuple[tuple[str, tuple[str, str, str]], ...] = (
    (
        _DENIED,
        (
            "probe.amd.permission",
            "This user may not use the AMD GPUs (/dev/kfd and /dev/dri/renderD*).",
            f"Run {JOIN_GROUPS} and log in again.",
        ),
    ),
    (
        r"ROCk module is NOT|amdgpu[\w ]{0,12} not found in modules|DRIVER_NOT_LOADED",
        (
            "probe.amd.not-loaded",
            "AMD's tools do not find the amdgpu kernel module.",
            "Run sudo modprobe amdgpu; where amdgpu is built into the kernel, update AMD's tools.",
        ),
    ),
    (
        r"/dev/kfd read-write: No such file",
        (
            "probe.amd.not-given",
            "There is no /dev/kfd here, through which ROCm computes.",
            f"Start a container with {_GIVE}; elsewhere load the driver with sudo modprobe amdgpu.",
        ),
    ),
    (
        r"/dev/kfd read-write: ",
        (
            "probe.amd.kfd",
            "The kernel refuses to open /dev/kfd, through which ROCm computes.",
            "Read the cause in sudo dmesg | grep -i kfd; give a container all of /dev/dri too.",
        ),
    ),
    (
        r"Incompatible kernel and userspace",
        (
            "probe.amd.mismatch",
            "ROCm and the amdgpu kernel driver do not fit each other.",
            "Install the amdgpu driver of the same ROCm release and reboot.",
        ),
    ),
    (
        r"Unable to detect any GPU devices|No AMD GPUs specified|No GPUs? (?:found|detected)",
        (
            "probe.amd.no-devices",
            "AMD's tools find no GPU.",
            "Load the driver with sudo modprobe amdgpu, and look into sudo dmesg | grep amdgpu.",
        ),
    ),
    (
        r"AMDSMI_STATUS_|AmdSmi\w*Exception|rsmi_init|HSA_STATUS_ERROR|libamd_smi\.so",
        (
            "probe.amd.tool",
            "AMD's tools answered with an error of their own.",
            "Install amd-smi and rocm-smi of the same ROCm release as the amdgpu driver.",
        ),
    ),
)


def complaint(text: str) -> tuple[Problem, ...]:
    """The failure that a tool words, the most telling one."""
    for words, (rule, what, fix) in _COMPLAINTS:
        if re.search(words, text, re.IGNORECASE):
            return (Problem(what=what, fix=fix, rule=rule),)
    return ()


def denied(nodes: Sequence[str]) -> Problem:
    """Devices that are there but may not be opened."""
    listed = ", ".join(nodes[:4])
    return Problem(
        what=f"This user may not open {listed}, so ROCm and Vulkan cannot use the AMD GPU.",
        fix=f"Run {JOIN_GROUPS} and log in again.",
        rule="probe.amd.permission",
    )


def not_given() -> Problem:
    """A container that was started without the devices."""
    return Problem(
        what="This container was not given /dev/kfd and /dev/dri, so no AMD GPU can be used in it.",
        fix=f"Start it with {_GIVE}.",
        rule="probe.amd.not-given",
    )


def no_kfd() -> Problem:
    """The driver is there without its compute half."""
    return Problem(
        what="The amdgpu driver runs without /dev/kfd, so ROCm cannot use the AMD GPU; Vulkan can.",
        fix="Use a kernel with CONFIG_HSA_AMD, which the distributions' kernels have, and look "
        "into sudo dmesg | grep kfd.",
        rule="probe.amd.kfd",
    )


def no_compute(which: str) -> Problem:
    """A card that the driver draws with, but does not offer for computing."""
    return Problem(
        what=f"The kernel does not offer {which} to ROCm; Vulkan can use it.",
        fix="Serve with llama.cpp or Ollama through Vulkan.",
        rule="probe.amd.no-compute",
    )


def memory_unknown(count: int) -> Problem:
    """Sizes that no source tells."""
    return Problem(
        what=f"The driver does not tell how much memory {_gpus(count)} has.",
        fix="Run amd-smi static --vram by hand, or describe the machine with --gpu.",
        rule="probe.amd.memory",
    )


def target_unknown(count: int) -> Problem:
    """A kernel of before gfx_target_version."""
    return Problem(
        what=f"This kernel is too old to tell the instruction set (gfx) of {_gpus(count)}.",
        fix="Run rocminfo by hand, or update the kernel or the amdgpu driver.",
        rule="probe.amd.target",
    )


def overridden(variable: str, real: str, pretended: str) -> Problem:
    """ROCm is made to treat a chip as another one."""
    return Problem(
        what=f"{variable} makes ROCm treat the {real} GPU as {pretended}.",
        fix=f"Unset {variable} if programs crash or compute wrong results.",
        rule="probe.amd.override",
    )


def _gpus(count: int) -> str:
    return "the AMD GPU" if count == 1 else f"each of the {count} AMD GPUs"
