"""Signs of a vendor's devices that cost next to nothing to look for."""

from recommender.probe.context import Context

# Vendor -> files and device nodes beside the PCI bus. WSL shows no PCI device, a Jetson has none.
_SIGNS = {
    "nvidia": (
        *("dev/nvidiactl", "dev/nvidia0", "proc/driver/nvidia/version", "dev/dxg"),
        *("etc/nv_tegra_release", "sys/class/tegra-firmware"),
    ),
}
# Windows has neither; the vendor's library or tool shows there.
_WINDOWS_FILES = {"nvidia": (r"System32\nvml.dll", r"System32\nvidia-smi.exe")}


def seen(context: Context, vendor: str) -> bool:
    """Whether a reader for this vendor's devices can find anything."""
    if context.family == "windows":
        folder = context.env.get("SystemRoot") or context.env.get("WINDIR") or r"C:\Windows"
        return any(context.files.exists(f"{folder}\\{n}") for n in _WINDOWS_FILES.get(vendor, ()))
    bound = any(device.vendor == vendor and device.driver_bound for device in context.pci)
    return bound or any(context.files.exists(sign) for sign in _SIGNS.get(vendor, ()))
