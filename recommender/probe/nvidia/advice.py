"""What to do where GPUs cannot be reached: in containers, in WSL, before the driver is loaded."""

from dataclasses import replace

from recommender.facts.machine import Problem
from recommender.probe.context import Context
from recommender.probe.files import Files, clean
from recommender.probe.nvidia import problems

_DXG = "dev/dxg"
_WSL_DRIVERS = "usr/lib/wsl/drivers"
_VERSION = "proc/driver/nvidia/version"
_LIBRARY = "libnvidia-ml.so"
_LIBRARY_FOLDERS = (
    *("usr/lib/x86_64-linux-gnu", "usr/lib/aarch64-linux-gnu", "usr/lib64", "usr/lib"),
    *("usr/lib/x86_64-linux-gnu/nvidia/current", "usr/lib/wsl/lib"),
)
# SecureBoot of the firmware: four bytes of attributes, then 1 where it is on (UEFI specification).
_SECURE_BOOT = "sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
# The list of a distribution kernel has a megabyte.
_MODULES_BYTES = 1 << 23
_NO_GPUS = {"", "void", "none"}
_START = (
    "start the container with its GPUs (docker run --gpus all, with the NVIDIA Container Toolkit "
    "on the host)"
)
_TOOLKIT = (
    "Install the NVIDIA Container Toolkit on the host, then run sudo nvidia-ctk runtime configure "
    "--runtime=docker and sudo systemctl restart docker."
)
_WINDOWS_DRIVER = "Install the current NVIDIA driver for Windows, and restart Windows."
_WINDOWS = (
    "Update the NVIDIA driver in Windows, then run `wsl --update` and `wsl --shutdown` in "
    "PowerShell; never install a Linux driver inside of WSL."
)


def explained(context: Context, code: int, kernel_driver: str | None) -> tuple[Problem, ...]:
    """Why the driver tells nothing here, by NVML's error number, and what mends it.

    Args:
        context: the computer, which may be a container or WSL.
        code: the error number; 0 where nobody was asked.
        kernel_driver: version of the driver that the kernel runs, if it does.

    """
    if not code:
        return ()
    if context.family == "windows":
        known = problems.failure(code)
        return (replace(known, fix=_WINDOWS_DRIVER),)
    if is_wsl(context):
        return _in_wsl(context, code)
    if not _is_certain(context, kernel_driver):
        # The tools of the driver may be installed where no device is, and old Jetsons have no NVML.
        return ()
    if context.contained:
        return (_in_container(context, code, kernel_driver),)
    return (_on_the_host(context, code, kernel_driver),)


def is_wsl(context: Context) -> bool:
    """Whether Windows lends its GPUs here: then there is no bus, and the driver is that of it."""
    return bool(context.os.wsl) or context.files.exists(_DXG)


def given_none(context: Context) -> bool:
    """Whether this container was started without GPUs, whatever the bus shows of the host's."""
    value = context.env.get("NVIDIA_VISIBLE_DEVICES")
    return context.contained and value is not None and value.strip().lower() in _NO_GPUS


def devices_taken() -> Problem:
    """A running container may lose its devices, for instance by ``systemctl daemon-reload``."""
    return Problem(
        what="The driver is there, but the NVIDIA devices may not be opened; a container loses "
        "them when systemd on its host reloads its units.",
        fix="Start the container again; to keep the devices, give it their nodes by name "
        "(docker run --gpus all --device=/dev/nvidiactl --device=/dev/nvidia-uvm "
        "--device=/dev/nvidia0), or update the NVIDIA Container Toolkit.",
        rule="probe.nvidia.container-devices",
    )


def no_toolkit() -> Problem:
    """The container engine does not know how to hand on NVIDIA's GPUs."""
    return Problem(
        what="The container engine cannot give NVIDIA GPUs to containers.",
        fix=_TOOLKIT,
        rule="probe.nvidia.container-toolkit",
    )


def no_tool() -> Problem:
    """There is no nvidia-smi where it was looked for."""
    return Problem(
        what="nvidia-smi is not installed, or not on PATH.",
        fix="Install the NVIDIA driver with its tools; in WSL it is /usr/lib/wsl/lib/nvidia-smi.",
        rule="probe.nvidia.tool",
    )


def unsigned() -> Problem:
    """Secure Boot lets no module in whose key the firmware does not know."""
    return Problem(
        what="Secure Boot refuses the NVIDIA kernel modules, because they are not signed with a "
        "key that it knows.",
        fix="Enrol the key that signed them (sudo mokutil --import FILE.der, then reboot), install "
        "the signed modules of the distribution, or switch Secure Boot off.",
        rule="probe.nvidia.secure-boot",
    )


def _on_the_host(context: Context, code: int, kernel_driver: str | None) -> Problem:
    if code == problems.MISMATCH:
        return problems.mismatch(kernel_driver, _library_version(context.files))
    if code == problems.DRIVER_NOT_LOADED:
        return _not_loaded(context)
    return problems.failure(code)


def _in_wsl(context: Context, code: int) -> tuple[Problem, ...]:
    if code == problems.LIBRARY_NOT_FOUND:
        # /dev/dxg stands for any vendor's GPU; the drivers of Windows say whose it is.
        drivers = context.files.names(_WSL_DRIVERS)
        if not any(name.lower().startswith("nv") for name in drivers):
            return ()
        what = "Windows does not lend its NVIDIA GPU to WSL: the library of its driver is missing."
    elif code == problems.OPERATING_SYSTEM:
        return (problems.failure(code),)
    else:
        what = f"{problems.failure(code).what} WSL uses the driver of Windows."
    return (Problem(what=what, fix=_WINDOWS, rule="probe.nvidia.wsl"),)


def _in_container(context: Context, code: int, kernel_driver: str | None) -> Problem:
    if given_none(context):
        value = clean(context.env.get("NVIDIA_VISIBLE_DEVICES", ""))
        what = f'This container was started without GPUs (NVIDIA_VISIBLE_DEVICES is "{value}").'
        return Problem(what=what, fix=f"To use them, {_START}.", rule="probe.nvidia.container-none")
    nodes = _has_nodes(context.files)
    if code == problems.LIBRARY_NOT_FOUND:
        known = problems.failure(code).what
        what = f"{known} The devices were given to this container." if nodes else known
        fix = f"{_START[0].upper()}{_START[1:]}, or install the driver's libraries."
        return Problem(what=what, fix=fix, rule="probe.nvidia.library")
    if code == problems.UNKNOWN and nodes:
        return devices_taken()
    if code in {problems.DRIVER_NOT_LOADED, problems.UNKNOWN} and kernel_driver and not nodes:
        what = "The NVIDIA driver runs on the host, but this container was given none of its GPUs."
        fix = f"{_START[0].upper()}{_START[1:]}."
        return Problem(what=what, fix=fix, rule="probe.nvidia.container-none")
    return _on_the_host(context, code, kernel_driver)


def _not_loaded(context: Context) -> Problem:
    """The libraries are installed, and the module is not in the kernel."""
    kernel = clean(context.os.kernel or "")
    if not kernel or not context.files.exists(f"lib/modules/{kernel}"):
        return problems.failure(problems.DRIVER_NOT_LOADED)
    if not _is_built(context.files, kernel):
        return Problem(
            what=f"The NVIDIA driver has no module for the running kernel {kernel}.",
            fix="Install the headers of this kernel and build it (sudo dkms autoinstall, then sudo "
            "modprobe nvidia), or install the driver again and reboot.",
            rule="probe.nvidia.not-built",
        )
    if (context.files.text(_SECURE_BOOT, 16) or "").endswith("\1"):
        return unsigned()
    return problems.failure(problems.DRIVER_NOT_LOADED)


def _is_built(files: Files, kernel: str) -> bool:
    """Whether depmod found the module; without its list nothing is said against it."""
    known = files.text(f"lib/modules/{kernel}/modules.dep", _MODULES_BYTES)
    return known is None or "/nvidia.ko" in known


def _library_version(files: Files) -> str | None:
    """Version in the name of the file that the library's name points to."""
    targets = (files.link(f"{folder}/{_LIBRARY}.1") for folder in _LIBRARY_FOLDERS)
    found = next((target for target in targets if target), "")
    version = found.removeprefix(f"{_LIBRARY}.")
    return version if version != found and "." in version else None


def _is_certain(context: Context, kernel_driver: str | None) -> bool:
    seen = any(device.vendor == "nvidia" for device in context.pci)
    return seen or _has_nodes(context.files) or kernel_driver is not None


def _has_nodes(files: Files) -> bool:
    return any(name.startswith("nvidia") for name in files.names("dev"))
