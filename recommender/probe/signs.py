"""Which readers have something to read: signs of their devices that cost next to nothing."""

from collections.abc import Mapping

from recommender.facts.noun import noun
from recommender.probe.context import Context


@noun
class Signs:
    """PCI vendors whose bound devices a reader is for, and files that show such devices too.

    Devices of a ``last_resort`` count only where no other reader tells of them.
    """

    pci: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    last_resort: bool = False


# Reader (a module of this package) -> its signs. WSL shows no PCI device, a Jetson has none, and a
# container may be given device nodes while sysfs is masked.
READERS: Mapping[str, Signs] = {
    "nvidia": Signs(
        pci=("10de",),
        files=(
            *("dev/nvidiactl", "dev/nvidia0", "proc/driver/nvidia/version", "dev/dxg"),
            *("etc/nv_tegra_release", "sys/class/tegra-firmware"),
            # Installed, though the driver holds no device: the reader says why.
            *("usr/bin/nvidia-smi", "var/lib/dkms/nvidia"),
        ),
    ),
    "amd": Signs(
        pci=("1002",),
        files=(
            *("dev/kfd", "sys/class/kfd/kfd/topology", "opt/rocm"),
            *(f"sys/class/drm/card{n}/device/mem_info_vram_total" for n in range(2)),
        ),
    ),
    "hygon": Signs(
        pci=("1d94",),
        files=("sys/module/hycu", "sys/module/hydcu", "sys/class/kfd/kfd/topology"),
    ),
    "intel": Signs(pci=("8086",)),
    "gaudi": Signs(pci=("1da3",), files=("sys/module/habanalabs",)),
    "ascend": Signs(pci=("19e5",), files=("dev/davinci_manager", "dev/hisi_hdc")),
    "neuron": Signs(pci=("1d0f",), files=("dev/neuron0", "sys/devices/virtual/neuron_device")),
    "tpu": Signs(pci=("1ae0",), files=("dev/accel0",)),
    "cambricon": Signs(pci=("cabc",), files=("dev/cambricon_ctl", "dev/cambricon_dev0")),
    "moore_threads": Signs(pci=("1ed5",), files=("dev/mtgpu.0",)),
    "metax": Signs(pci=("9999",), files=("dev/mxcd",)),
    "iluvatar": Signs(pci=("1e3e",), files=tuple(f"dev/iluvatar{n}" for n in range(8))),
    "t_head": Signs(pci=("1ded",), files=("dev/alixpu", "dev/alixpu_ctl")),
    "qualcomm": Signs(pci=("17cb",)),
    # What is left: graphics of boards and telephones, and what WSL lends.
    "vulkan": Signs(files=("dev/dri", "dev/dxg", "dev/kgsl-3d0", "dev/mali0"), last_resort=True),
}
# Windows shows neither bus nor nodes; the vendor's library or tool shows there.
_WINDOWS_FILES = {"nvidia": (r"System32\nvml.dll", r"System32\nvidia-smi.exe")}


def seen(context: Context) -> tuple[str, ...]:
    """Names of the readers that can find anything on this computer."""
    if context.family == "macos":
        return ("apple",)
    if context.family == "windows":
        return (*(name for name in _WINDOWS_FILES if _on_windows(context, name)), "windows")
    bound = {device.pci_id[:4] for device in context.pci if device.driver_bound}
    exists = context.files.exists
    return tuple(
        name
        for name, signs in READERS.items()
        if not bound.isdisjoint(signs.pci) or any(map(exists, signs.files))
    )


def _on_windows(context: Context, reader: str) -> bool:
    folder = context.env.get("SystemRoot") or context.env.get("WINDIR") or r"C:\Windows"
    return any(context.files.exists(f"{folder}\\{name}") for name in _WINDOWS_FILES[reader])
