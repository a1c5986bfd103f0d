"""Accelerators on the PCI bus, by vendor and class: seen even where no driver is installed."""

from recommender.facts.machine import Problem
from recommender.probe.context import PciDevice
from recommender.probe.files import Files, clean, integer
from recommender.probe.parts import Part

_DISPLAY, _PROCESSING = ("03",), ("0b40", "12")
_ANY = _DISPLAY + _PROCESSING

# Vendor id -> our word and the classes of its accelerators. Ids: the pci.ids database and the
# vendors' detectors (all-smi, gpustack). Classes are narrow where a vendor has other things too:
# Huawei's board controller is a display (19e5:1711), Amazon's console is one (1d0f:1111) while
# Neuron devices are system peripherals, Intel's NPU and QuickAssist are processing units.
_VENDORS: dict[str, tuple[str, tuple[str, ...]]] = {
    "10de": ("nvidia", _ANY),
    "1002": ("amd", _ANY),
    "8086": ("intel", _DISPLAY),
    "1da3": ("intel", _PROCESSING),
    "19e5": ("huawei", _PROCESSING),
    "cabc": ("cambricon", _ANY),
    "1ed5": ("moore-threads", _ANY),
    "1d94": ("hygon", _ANY),
    "9999": ("metax", _ANY),
    "1e3e": ("iluvatar", _ANY),
    "1ded": ("t-head", _ANY),
    "17cb": ("qualcomm", _PROCESSING),
    "1d0f": ("aws", ("0880",)),
    "1e52": ("tenstorrent", _PROCESSING),
}
# TPUs by device id, as jax/_src/hardware_utils.py lists them: their class was not established.
_TPU = {"0027", "0056", "005e", "0062", "0063", "006f", "0076"}
_GOOGLE = "1ae0"

# The vendor's own kernel drivers, where they are known; other vendors have any but these.
_DRIVERS = {
    "10de": {"nvidia"},
    "1002": {"amdgpu"},
    "8086": {"i915", "xe"},
    "1da3": {"habanalabs"},
}
_RESERVED = {"vfio-pci", "pci-stub", "xen-pciback", "uio_pci_generic", "igb_uio", "nouveau"}
_NAMES = {
    "nvidia": "NVIDIA",
    "amd": "AMD",
    "intel": "Intel",
    "huawei": "Huawei Ascend",
    "aws": "AWS Neuron",
    "google": "Google TPU",
    "cambricon": "Cambricon",
    "metax": "MetaX",
    "moore-threads": "Moore Threads",
    "hygon": "Hygon",
    "iluvatar": "Iluvatar",
    "t-head": "T-Head",
    "qualcomm": "Qualcomm",
    "tenstorrent": "Tenstorrent",
}
_BUS = "sys/bus/pci/devices"
_GIB = 1 << 30


def scan(files: Files) -> tuple[PciDevice, ...]:
    """Accelerators in the order of the bus. Board controllers and virtual displays are none."""
    found = (_device(files, bus_id) for bus_id in files.names(_BUS))
    return tuple(device for device in found if device is not None)


def problems(devices: tuple[PciDevice, ...]) -> tuple[Problem, ...]:
    """What is wrong with devices that lack their driver."""
    return tuple(_unbound(device) for device in devices if not device.driver_bound)


def part(found: PciDevice) -> Part:
    """The device with name and memory unknown."""
    facts = {
        "vendor": found.vendor,
        "integrated": found.integrated,
        "driver_bound": found.driver_bound,
        "driver": found.driver,
        "pci_id": found.pci_id,
        "bus_id": found.bus_id,
        "numa_node": found.numa_node,
    }
    return Part(source=f"/{_BUS}/{found.bus_id}", facts=facts)


def _device(files: Files, bus_id: str) -> PciDevice | None:
    folder = f"{_BUS}/{bus_id}"
    vendor = _hex(files, f"{folder}/vendor", 4)
    word = _word(files, folder, vendor)
    if word is None:
        return None
    driver = files.link(f"{folder}/driver")
    node = files.integer(f"{folder}/numa_node")
    return PciDevice(
        vendor=word,
        pci_id=f"{vendor}:{_hex(files, f'{folder}/device', 4)}",
        bus_id=clean(bus_id).lower(),
        driver=driver,
        driver_bound=_bound(vendor, driver),
        integrated=_integrated(files, folder, word, bus_id),
        numa_node=node if node is not None and node >= 0 else None,
    )


def _word(files: Files, folder: str, vendor: str) -> str | None:
    if vendor == _GOOGLE:
        return "google" if _hex(files, f"{folder}/device", 4) in _TPU else None
    if vendor not in _VENDORS:
        return None
    word, classes = _VENDORS[vendor]
    return word if _hex(files, f"{folder}/class", 6).startswith(classes) else None


def _hex(files: Files, name: str, digits: int) -> str:
    value = integer(files.line(name))
    return "" if value is None else f"{value:0{digits}x}"


def _bound(vendor: str, driver: str | None) -> bool:
    if driver is None or driver in _RESERVED:
        return False
    return driver in _DRIVERS.get(vendor, {driver})


def _integrated(files: Files, folder: str, word: str, bus_id: str) -> bool | None:
    if word == "intel":
        # The graphics of the processor is always device 2 of the root bus.
        return bus_id.endswith("0000:00:02.0")
    return _apu(files, folder) if word == "amd" else None


def _apu(files: Files, folder: str) -> bool | None:
    """Whether an AMD device is part of the processor: Ollama's test of VRAM against GTT."""
    if files.exists(f"{folder}/mem_info_vram_vendor") or files.exists(f"{folder}/board_info"):
        return False
    vram = files.integer(f"{folder}/mem_info_vram_total")
    gtt = files.integer(f"{folder}/mem_info_gtt_total")
    if vram is None or gtt is None:
        return None
    return vram <= 4 * _GIB and gtt >= max(8 * _GIB, 4 * vram)


def _unbound(device: PciDevice) -> Problem:
    name, where = _NAMES[device.vendor], f"({device.pci_id}, {device.bus_id})"
    if device.driver is None:
        what, fix = "has no driver", f"Install the {name} driver."
    elif device.driver == "nouveau":
        what = "is held by the nouveau driver, which cannot compute"
        fix = "Install NVIDIA's driver, which blacklists nouveau, and reboot."
    elif device.driver in _RESERVED:
        what = f"is held by {device.driver} for a virtual machine"
        fix = f"Give it back to the {name} driver, or run inside of that virtual machine."
    else:
        what = f"is held by the driver {device.driver}, which cannot compute"
        fix = f"Install the {name} driver for computing, if it supports this device."
    return Problem(what=f"The {name} device {where} {what}.", fix=fix, rule="probe.pci.unbound")
