"""Accelerators on the PCI bus, by vendor and class: seen even where no driver is installed."""

from collections.abc import Collection, Iterable

from recommender.facts.machine import Problem
from recommender.probe.context import PciDevice
from recommender.probe.files import Files, clean, integer
from recommender.probe.parts import Part

_DISPLAY, _PROCESSING = ("03",), ("0b40", "12")
_ANY = _DISPLAY + _PROCESSING

# Vendor id -> our word and the classes of its accelerators. Ids: the pci.ids database and the
# vendors' detectors (all-smi, gpustack). Classes are narrow where a vendor has other things too:
# Huawei's board controller is a display (19e5:1711), Amazon's console is one (1d0f:1111) while
# Neuron devices are system peripherals, Intel's NPU and QuickAssist and the co-processor of
# NVIDIA's old chipsets are processing units.
_VENDORS: dict[str, tuple[str, tuple[str, ...]]] = {
    "10de": ("nvidia", _DISPLAY),
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
    "1d22": ("kunlunxin", _ANY),
    "1e36": ("enflame", _ANY),
    "1eff": ("rebellions", _PROCESSING),
    "1ed2": ("furiosa", _PROCESSING),
}
# By device id where the class was not established (TPUs, as jax/_src/hardware_utils.py lists them)
# or is shared with other things (IBM's Spyre; its GenWQE compresses data).
_GOOGLE = "1ae0"
_LISTED = {
    _GOOGLE: ("google", ("0027", "0056", "005e", "0062", "0063", "006f", "0076")),
    "1014": ("ibm", ("06a7", "06a8")),
}
# Of the classes above and no accelerators for models: compression and encryption in Kunpeng
# (a250 to a25b) and Yitian (8001, 8002) processors.
_OTHERS = {"19e5": ("a",), "1ded": ("800",)}
# Other makers of processing units: FPGAs, network processors, AMD's encryption.
_OTHER_MAKERS = {"10ee", "1172", "1ed9", "177d", "1022"}
UNKNOWN = "unknown"

# The vendor's own kernel drivers, where they are known; other vendors have any but these.
_DRIVERS = {
    "10de": {"nvidia"},
    "1002": {"amdgpu"},
    "8086": {"i915", "xe"},
    "1da3": {"habanalabs"},
}
# Drivers that hold a device for a virtual machine.
_FOR_GUESTS = {"vfio-pci", "pci-stub", "xen-pciback", "uio_pci_generic", "igb_uio", "gim"}
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
    "kunlunxin": "Kunlunxin",
    "enflame": "Enflame",
    "rebellions": "Rebellions",
    "furiosa": "FuriosaAI",
    "ibm": "IBM Spyre",
}
_BUS = "sys/bus/pci/devices"
_GIB = 1 << 30


class Bus(tuple[PciDevice, ...]):  # noqa: SLOT001  # a tuple can have no slots of its own
    """The accelerators in the order of the bus, and beside them what may be others.

    ``unknown`` are processing accelerators of makers that are not known to make any for models.
    """

    unknown: tuple[PciDevice, ...] = ()


def scan(files: Files) -> Bus:
    """What the bus shows in /sys. Board controllers and virtual displays are none."""
    return sorted_out(_device(files, bus_id) for bus_id in files.names(_BUS))


def sorted_out(devices: Iterable[PciDevice | None]) -> Bus:
    """The accelerators, apart from the unknown ones."""
    found = [device for device in devices if device]
    bus = Bus(device for device in found if device.vendor != UNKNOWN)
    bus.unknown = tuple(device for device in found if device.vendor == UNKNOWN)
    return bus


def whose(vendor: str, device: str, pci_class: str) -> str | None:
    """Our word for the vendor of an accelerator; None where these numbers name none.

    Args:
        vendor: four hexadecimal digits, as everywhere here.
        device: the same; empty where it is not known.
        pci_class: four or six digits.

    """
    if vendor in _LISTED:
        word, devices = _LISTED[vendor]
        return word if device in devices else None
    if vendor not in _VENDORS:
        strange = pci_class.startswith(_PROCESSING) and vendor not in _OTHER_MAKERS
        return UNKNOWN if strange and vendor else None
    word, classes = _VENDORS[vendor]
    other = vendor in _OTHERS and (not device or device.startswith(_OTHERS[vendor]))
    return word if pci_class.startswith(classes) and not other else None


def bound(vendor: str, driver: str | None) -> bool:
    """Whether the driver that holds a device of this PCI vendor is one to compute with."""
    if driver is None or driver == "nouveau":
        return False
    if driver in _FOR_GUESTS:
        # libtpu drives the chips from v5e on through vfio-pci.
        return vendor == _GOOGLE
    return driver in _DRIVERS.get(vendor, {driver})


def problems(
    devices: tuple[PciDevice, ...], explained: Collection[str] = ()
) -> tuple[Problem, ...]:
    """What is wrong with devices: lost ones, those without their driver, unknown ones.

    Args:
        devices: what lies on the bus.
        explained: PCI vendors whose reader says itself why no driver is there.

    """
    found = [_lost(device) for device in devices if device.lost]
    found += [
        _unbound(device)
        for device in devices
        if device.driver_bound is False
        and not (device.lost or device.virtual_function)
        and not (device.driver is None and device.pci_id[:4] in explained)
    ]
    return (*found, *map(_unknown, devices.unknown if isinstance(devices, Bus) else ()))


def part(found: PciDevice) -> Part:
    """The device as the bus shows it: its memory is unknown."""
    facts = {
        "vendor": found.vendor,
        "name": found.name,
        "integrated": found.integrated,
        "driver_bound": found.driver_bound,
        "driver": found.driver,
        "pci_id": found.pci_id if _whole(found) else None,
        "bus_id": found.bus_id,
        "numa_node": found.numa_node,
        "usable_gib": 0.0 if found.lost else None,
        "details": {"class": found.pci_class, "virtual_function": found.virtual_function},
    }
    return Part(source=found.source or f"/{_BUS}/{found.bus_id}", facts=facts)


def integrated(vendor: str, bus_id: str) -> bool | None:
    """Whether the place on the bus tells that graphics are part of the processor (Intel's)."""
    # The graphics of the processor is always device 2 of the root bus.
    return bus_id.endswith("0000:00:02.0") if vendor == "8086" else None


def _device(files: Files, bus_id: str) -> PciDevice | None:
    folder = f"{_BUS}/{bus_id}"
    vendor, device, pci_class = _numbers(files, folder)
    word = whose(vendor, device, pci_class)
    if word is None:
        return None
    driver = files.link(f"{folder}/driver")
    node = files.integer(f"{folder}/numa_node")
    return PciDevice(
        vendor=word,
        pci_id=f"{vendor}:{device}",
        bus_id=clean(bus_id).lower(),
        pci_class=pci_class,
        driver=driver,
        driver_bound=bound(vendor, driver),
        integrated=_apu(files, folder) if vendor == "1002" else integrated(vendor, bus_id),
        numa_node=node if node is not None and node >= 0 else None,
        virtual_function=files.exists(f"{folder}/physfn") or None,
    )


def _numbers(files: Files, folder: str) -> tuple[str, str, str]:
    """Vendor, device and class: all in one file of the kernel's, else in a file each."""
    lines = (files.text(f"{folder}/uevent") or "").splitlines()
    facts = dict(line.split("=", 1) for line in lines if "=" in line)
    vendor, colon, device = clean(facts.get("PCI_ID", "")).lower().partition(":")
    if colon and "PCI_CLASS" in facts:
        return vendor, device, clean(facts["PCI_CLASS"]).lower().zfill(6)
    return (
        _hex(files, f"{folder}/vendor", 4),
        _hex(files, f"{folder}/device", 4),
        _hex(files, f"{folder}/class", 6),
    )


def _hex(files: Files, name: str, digits: int) -> str:
    value = integer(files.line(name))
    return "" if value is None else f"{value:0{digits}x}"


def _apu(files: Files, folder: str) -> bool | None:
    """Whether an AMD device is part of the processor: Ollama's test of VRAM against GTT."""
    if files.exists(f"{folder}/mem_info_vram_vendor") or files.exists(f"{folder}/board_info"):
        return False
    vram = files.integer(f"{folder}/mem_info_vram_total")
    gtt = files.integer(f"{folder}/mem_info_gtt_total")
    if vram is None or gtt is None:
        return None
    return vram <= 4 * _GIB and gtt >= max(8 * _GIB, 4 * vram)


def _name(device: PciDevice) -> str:
    told = device.pci_id if _whole(device) else device.name
    return f"The {_NAMES[device.vendor]} device ({told}, {device.bus_id})"


def _whole(device: PciDevice) -> bool:
    return not device.pci_id.endswith(":")


def _lost(device: PciDevice) -> Problem:
    return Problem(
        what=f"{_name(device)} does not answer: it fell off the bus or is switched off.",
        fix="Shut the computer down and start it again; if it stays so, reseat the card and check "
        "its power supply. A device given to a virtual machine comes back when that ends.",
        rule="probe.pci.lost",
    )


def _unbound(device: PciDevice) -> Problem:
    maker = _NAMES[device.vendor]
    if device.driver is None:
        what, fix = "has no driver", f"Install the {maker} driver."
    elif device.driver == "nouveau":
        what = "is held by the nouveau driver, which cannot compute"
        fix = "Install NVIDIA's driver, which blacklists nouveau, and reboot."
    elif device.driver in _FOR_GUESTS:
        what = f"is held by {device.driver} for a virtual machine"
        fix = f"Give it back to the {maker} driver, or run inside of that virtual machine."
    else:
        what = f"is held by the driver {device.driver}, which cannot compute"
        fix = f"Install the {maker} driver for computing, if it supports this device."
    return Problem(what=f"{_name(device)} {what}.", fix=fix, rule="probe.pci.unbound")


def _unknown(device: PciDevice) -> Problem:
    return Problem(
        what=f"A processing accelerator ({device.pci_id}, {device.bus_id}) is of an unknown "
        "maker and not counted as a device.",
        fix=f"See what it is: lspci -nn -s {device.bus_id}. If it can serve models, please report "
        "it with the output of probe.",
        rule="probe.pci.unknown",
    )
