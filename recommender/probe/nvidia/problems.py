"""What goes wrong with NVIDIA's driver, told apart by the error numbers of NVML."""

from recommender.facts.machine import Problem

NOT_SUPPORTED = 3
NO_PERMISSION = 4
DRIVER_NOT_LOADED = 9
TIMEOUT = 10
LIBRARY_NOT_FOUND = 12
FUNCTION_NOT_FOUND = 13
LOST = 15
RESET_REQUIRED = 16
OPERATING_SYSTEM = 17
MISMATCH = 18
UNKNOWN = 999
# Not of NVML: the Python binding is not installed.
NO_BINDING = -1

# States of the fabric in nvidia-smi's words that keep CUDA from starting (error 802).
FABRIC_UNFINISHED = {"not started", "in progress"}

_INSTALL = "Install the NVIDIA driver with its libraries (libnvidia-ml.so.1)."
_OPEN = (
    "Make /dev/nvidiactl and /dev/nvidia* readable and writable for this user: sudo usermod -aG "
    "video $USER where they belong to that group (then log in again), else sudo chmod a+rw "
    "/dev/nvidia*."
)
_RESTART_WSL = (
    "In WSL run `wsl --shutdown` in PowerShell and start it again; start a container there with "
    "docker run --gpus all."
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
        _OPEN,
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
    LIBRARY_NOT_FOUND: (
        "probe.nvidia.library",
        "The NVIDIA management library (NVML) is not installed here.",
        _INSTALL,
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
    RESET_REQUIRED: (
        "probe.nvidia.reset",
        "An NVIDIA GPU must be reset before it can be used.",
        "Reset it (sudo nvidia-smi --gpu-reset) with nothing running on it, or reboot.",
    ),
    OPERATING_SYSTEM: (
        "probe.nvidia.blocked",
        "The operating system blocks the access to the NVIDIA GPUs.",
        _RESTART_WSL,
    ),
    NO_BINDING: (
        "probe.nvidia.binding",
        "The Python package nvidia-ml-py cannot be used, and nvidia-smi did not answer instead.",
        "Install nvidia-ml-py, and remove the deprecated package pynvml.",
    ),
}

_NO_DEVICES = "probe.nvidia.no-devices"
# What is said where the driver does not let one device or any be read.
UNREADABLE = {_NO_DEVICES, *(_ERRORS[code][0] for code in (LOST, NO_PERMISSION, RESET_REQUIRED))}


def failure(code: int) -> Problem:
    """Why nothing could be read, and what mends it, by NVML's error number."""
    if code in _ERRORS:
        rule, what, fix = _ERRORS[code]
        return Problem(what=what, fix=fix, rule=rule)
    number = "" if code == UNKNOWN else f" {code}"
    return Problem(
        what=f"The NVIDIA driver answered with an unknown error{number}.",
        fix="Run nvidia-smi and look into the kernel log; a reboot often helps. A container that "
        "lost its devices gets them back when it is started again.",
        rule="probe.nvidia.unknown",
    )


def mismatch(kernel: str | None, library: str | None) -> Problem:
    """The kernel driver and the libraries are of two versions: one of them was updated."""
    loaded = f" {kernel}" if kernel else ""
    own = f" (it is {library})" if library else ""
    what = f"The NVIDIA library is not of the version of the loaded kernel driver{loaded}{own}."
    fix = "Reboot, or unload and reload the nvidia kernel modules."
    return Problem(what=what, fix=fix, rule="probe.nvidia.mismatch")


def unreadable(which: str, code: int) -> Problem:
    """Why one of several devices cannot be read."""
    if code == NO_PERMISSION:
        rule, _, fix = _ERRORS[code]
        return Problem(what=f"This user may not use NVIDIA GPU {which}.", fix=fix, rule=rule)
    return faulty(which, "reset" if code == RESET_REQUIRED else "lost")


def faulty(which: str, fault: str) -> Problem:
    """One device that cannot be used though others can; ``fault`` is in the driver's words."""
    said, fix = fault.lower(), _reset(which)
    if "reset" in said or said == "reboot":
        rule = _ERRORS[RESET_REQUIRED][0]
        what = f"NVIDIA GPU {which} must be reset before it can be used."
    elif said == "err!":
        rule = "probe.nvidia.unhealthy"
        what = f"NVIDIA GPU {which} does not answer (ERR!); it cannot be used."
    else:
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


def none_offered() -> Problem:
    """The driver runs and counts no device at all."""
    return Problem(
        what="The NVIDIA driver runs, but it offers no GPU.",
        fix="Look for NVRM errors in the kernel log (sudo dmesg | grep NVRM). Blackwell GPUs need "
        "the open kernel modules (nvidia-open), GPUs before Turing the closed ones.",
        rule=_NO_DEVICES,
    )


def memory_unknown(which: str) -> Problem:
    """A device whose size the driver does not tell, and that is not known to share main memory."""
    return Problem(
        what=f"The driver does not tell how much memory NVIDIA GPU {which} has.",
        fix="Update the NVIDIA driver, or describe the machine with --gpu.",
        rule="probe.nvidia.memory",
    )


def uncorrected(which: str) -> Problem:
    """ECC found errors that it could not correct: what ran there was ended."""
    return Problem(
        what=f"NVIDIA GPU {which} had memory errors that ECC could not correct.",
        fix=f"{_reset(which)} If they return, the GPU is defective.",
        rule="probe.nvidia.ecc",
    )


def mig_empty(which: str) -> Problem:
    """MIG mode without an instance: CUDA sees no device."""
    return Problem(
        what=f"NVIDIA GPU {which} is in MIG mode without an instance, so nothing can use it.",
        fix="Create instances (nvidia-smi mig -lgip lists the profiles, "
        f"sudo nvidia-smi mig -i {which} -cgi PROFILE -C makes one), or switch MIG off "
        f"(sudo nvidia-smi -i {which} -mig 0).",
        rule="probe.nvidia.mig-empty",
    )


def mig_unread(which: str) -> Problem:
    """MIG instances that the source does not list."""
    return Problem(
        what=f"NVIDIA GPU {which} is in MIG mode; its instances are not known.",
        fix="List them with nvidia-smi -L; the Python package nvidia-ml-py reads them too.",
        rule="probe.nvidia.mig-unread",
    )


def fabric() -> Problem:
    """GPUs at NVSwitches that were not joined: CUDA fails with error 802 though NVML works."""
    return Problem(
        what="The NVSwitch fabric of these GPUs is not set up (Fabric Manager is not running), so "
        "CUDA cannot start (error 802).",
        fix="Run sudo systemctl enable --now nvidia-fabricmanager; its version must be that of the "
        "driver. In a virtual machine this is done on its host.",
        rule="probe.nvidia.fabric",
    )


def device_order() -> Problem:
    """Numbers in CUDA_VISIBLE_DEVICES count the fastest first, not as nvidia-smi does."""
    return Problem(
        what="The GPUs differ, so which of them the numbers in CUDA_VISIBLE_DEVICES mean is not "
        "certain: CUDA counts the fastest first.",
        fix="Set CUDA_DEVICE_ORDER=PCI_BUS_ID, which counts as nvidia-smi does.",
        rule="probe.nvidia.order",
    )


def _reset(which: str) -> str:
    command = f"sudo nvidia-smi --gpu-reset -i {which}"
    return f"Reset it ({command}) with nothing running on it, or reboot."


def unique(*every: Problem) -> tuple[Problem, ...]:
    """The problems in their order, each once."""
    return tuple({(one.rule, one.what): one for one in every}.values())
