"""What goes wrong with NVIDIA's driver, told apart by the error numbers of NVML."""

from recommender.facts.machine import Problem

NOT_SUPPORTED = 3
NO_PERMISSION = 4
DRIVER_NOT_LOADED = 9
TIMEOUT = 10
LIBRARY_NOT_FOUND = 12
FUNCTION_NOT_FOUND = 13
LOST = 15
MISMATCH = 18
UNKNOWN = 999
# Not of NVML: the Python binding is not installed.
NO_BINDING = -1

_INSTALL = "Install the NVIDIA driver with its libraries (libnvidia-ml.so.1)."
_CONTAINER = (
    "Start the container with its GPUs (docker run --gpus all, with the NVIDIA Container Toolkit "
    "on the host), or install the driver's libraries."
)

_ERRORS: dict[int, tuple[str, str, str]] = {
    NOT_SUPPORTED: (
        "probe.nvidia.not-supported",
        "The NVIDIA driver does not support being asked about this device.",
        "Update the NVIDIA driver.",
    ),
    NO_PERMISSION: (
        "probe.nvidia.permission",
        "This user may not use the NVIDIA devices.",
        "Make /dev/nvidiactl and /dev/nvidia* readable and writable for this user.",
    ),
    DRIVER_NOT_LOADED: (
        "probe.nvidia.not-loaded",
        "The NVIDIA kernel driver is not loaded.",
        "Load it (sudo modprobe nvidia); if that fails, install the driver again and reboot.",
    ),
    TIMEOUT: (
        "probe.nvidia.timeout",
        "The NVIDIA driver did not answer in time.",
        "Switch on persistence mode (sudo nvidia-smi -pm 1); if it hangs still, reboot.",
    ),
    FUNCTION_NOT_FOUND: (
        "probe.nvidia.old-library",
        "The NVIDIA library lacks a function that is needed to read the devices.",
        "Update the NVIDIA driver.",
    ),
    LOST: (
        "probe.nvidia.lost",
        "An NVIDIA GPU fell off the bus or is not reachable.",
        "Reboot; if it comes back, check power, cooling and the kernel log for Xid errors.",
    ),
    NO_BINDING: (
        "probe.nvidia.binding",
        "The Python package nvidia-ml-py cannot be used, and nvidia-smi did not answer instead.",
        "Install nvidia-ml-py, and remove the deprecated package pynvml.",
    ),
}

# What unreadable() says of a single device.
UNREADABLE = {_ERRORS[LOST][0], _ERRORS[NO_PERMISSION][0]}


def failure(code: int, *, kernel_driver: str | None, in_container: bool) -> Problem:
    """Why nothing could be read, and what mends it."""
    if code == LIBRARY_NOT_FOUND:
        return Problem(
            what="The NVIDIA management library (NVML) is not installed here.",
            fix=_CONTAINER if in_container else _INSTALL,
            rule="probe.nvidia.library",
        )
    if code == MISMATCH:
        loaded = f" {kernel_driver}" if kernel_driver else ""
        return Problem(
            what=f"The NVIDIA library is not of the version of the loaded kernel driver{loaded}.",
            fix="Reboot, or unload and reload the nvidia kernel modules.",
            rule="probe.nvidia.mismatch",
        )
    if code in _ERRORS:
        rule, what, fix = _ERRORS[code]
        return Problem(what=what, fix=fix, rule=rule)
    return Problem(
        what=f"The NVIDIA driver answered with the unknown error {code}.",
        fix="Run nvidia-smi and look into the kernel log; a reboot often helps.",
        rule="probe.nvidia.unknown",
    )


def unreadable(which: str, code: int) -> Problem:
    """Why one of several devices cannot be read."""
    if code == NO_PERMISSION:
        rule, _, fix = _ERRORS[code]
        return Problem(what=f"This user may not use NVIDIA GPU {which}.", fix=fix, rule=rule)
    return lost(which)


def lost(which: str) -> Problem:
    """One device does not answer; the others do."""
    rule, _, fix = _ERRORS[LOST]
    what = f"NVIDIA GPU {which} fell off the bus or is not reachable; it cannot be used."
    return Problem(what=what, fix=fix, rule=rule)


def not_offered(bus_id: str) -> Problem:
    """A device on the bus, held by the driver, that the driver does not count."""
    return Problem(
        what=f"The NVIDIA driver holds the GPU at {bus_id}, but does not offer it here.",
        fix="Look for errors of it in the kernel log (dmesg), or for a limit of this session.",
        rule="probe.nvidia.not-offered",
    )


def memory_unknown(which: str) -> Problem:
    """A device whose size the driver does not tell, and that is not known to share main memory."""
    return Problem(
        what=f"The driver does not tell how much memory NVIDIA GPU {which} has.",
        fix="Update the NVIDIA driver, or describe the machine with --gpu.",
        rule="probe.nvidia.memory",
    )


def mig_empty(which: str) -> Problem:
    """MIG mode without an instance: CUDA sees no device."""
    return Problem(
        what=f"NVIDIA GPU {which} is in MIG mode without an instance, so nothing can use it.",
        fix="Create instances (sudo nvidia-smi mig -cgi ... -C), or switch MIG off "
        "(sudo nvidia-smi -mig 0).",
        rule="probe.nvidia.mig-empty",
    )


def mig_unread(which: str) -> Problem:
    """MIG instances that only NVML could tell apart."""
    return Problem(
        what=f"NVIDIA GPU {which} is in MIG mode; its instances can be read through NVML only.",
        fix="Install the Python package nvidia-ml-py.",
        rule="probe.nvidia.mig-unread",
    )


def hidden(value: str) -> Problem:
    """The environment hides all devices from CUDA programs that are started here."""
    return Problem(
        what=f'CUDA_VISIBLE_DEVICES is "{value}", which hides every NVIDIA GPU from CUDA.',
        fix="Unset CUDA_VISIBLE_DEVICES.",
        rule="probe.nvidia.hidden",
    )
