"""The hypervisor below a Linux system, by what firmware, kernel and processor say of it.

Sources: systemd src/basic/virt.c (names in DMI, device tree, /sys/hypervisor), util-linux
sys-utils/lscpu-virt.c (POWER, s390, graphics). The clock sources are those of the kernel's guest
drivers. KVM's microcode revisions are those that arch/x86/kvm/{svm/svm,vmx/vmx}.c give to a guest
unless they are told others.
"""

from recommender.probe.files import Files

# The first processor's lines are enough.
_HEAD = 1 << 12
_DMI = "sys/class/dmi/id"
_TREE = "proc/device-tree"
# What firmware calls the maker and the product of a virtual machine -> the hypervisor.
_SOLD = (
    ("VMware", "vmware"),
    ("innotek", "oracle"),
    ("VirtualBox", "oracle"),
    ("Parallels", "parallels"),
    ("Apple Virtualization", "apple"),
    ("Microsoft Corporation Virtual Machine", "microsoft"),
    ("HVM domU", "xen"),
    ("BHYVE", "bhyve"),
    *dict.fromkeys(("KVM", "RHEV", "oVirt", "AHV", "OpenStack", "KubeVirt"), "kvm").items(),
    *dict.fromkeys(("Droplet", "vServer", "Cloud Hypervisor", "crosvm"), "kvm").items(),
    ("QEMU", "qemu"),
)
# Clouds whose virtual machines run on KVM; they rent bare metal under the same name.
_CLOUDS = ("Amazon EC2", "Google Compute Engine", "Alibaba Cloud", "Tencent Cloud", "Scaleway")
_CLOCKS = (("kvm-clock", "kvm"), ("hyperv", "microsoft"), ("xen", "xen"))
_KVM_MICROCODE = {"AuthenticAMD": "0x1000065", "HygonGenuine": "0x1000065", "GenuineIntel": "0x1"}
# Graphics of hypervisors: vendor and device in the second column of /proc/bus/pci/devices.
_GRAPHICS = (
    *(("\t80eebeef\t", "oracle"), ("\t15ad0405\t", "vmware"), ("\t15ad0710\t", "vmware")),
    *(("\t58530001\t", "xen"), ("\t14145353\t", "microsoft"), ("\t1ab84005\t", "parallels")),
)
_IN_TREES = (
    *(("qemu,pseries", "kvm"), ("linux,kvm", "kvm"), ("xen", "xen"), ("vmware", "vmware")),
    ("linux,dummy-virt", "vm"),
)


def kind(files: Files, *, wsl: bool | None) -> str | None:
    """The hypervisor (``kvm``, ``vmware``, ``oracle``, ...; ``vm`` where it gives no name).

    ``none`` on bare metal; None where nothing tells.
    """
    facts = _first_processor(files)
    words = facts.get("flags", "").split()
    sold = " ".join(files.line(f"{_DMI}/{name}") or "" for name in ("sys_vendor", "product_name"))
    named = _first(_SOLD, sold)
    # Only x86 tells of a hypervisor there, and of its floating-point unit by this word.
    if "fpu" not in words:
        return named or _elsewhere(files, facts, sold.strip())
    if "hypervisor" not in words:
        return named or ("none" if sold.strip() else _by_graphics(files))
    if named and named != "qemu":
        return named
    told = "microsoft" if wsl else _by_kernel(files) or _by_microcode(facts)
    return told or named or _by_cloud(sold) or _by_graphics(files) or "vm"


def _first_processor(files: Files) -> dict[str, str]:
    lines = (files.text("proc/cpuinfo", _HEAD) or "").partition("\n\n")[0].splitlines()
    pairs = (line.partition(":") for line in lines)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _first(words: tuple[tuple[str, str], ...], text: str) -> str | None:
    return next((kind for word, kind in words if word in text), None)


def _by_kernel(files: Files) -> str | None:
    """By the kernel's own guest drivers; the first domain of Xen has the hardware itself."""
    if files.line("sys/hypervisor/type") == "xen":
        capabilities = files.line("proc/xen/capabilities") or ""
        return "none" if "control_d" in capabilities else "xen"
    clocks = files.line("sys/devices/system/clocksource/clocksource0/available_clocksource")
    return _first(_CLOCKS, clocks or "")


def _by_microcode(facts: dict[str, str]) -> str | None:
    expected = _KVM_MICROCODE.get(facts.get("vendor_id", ""))
    return "kvm" if expected and facts.get("microcode") == expected else None


def _by_cloud(sold: str) -> str | None:
    return "kvm" if any(cloud in sold for cloud in _CLOUDS) and "metal" not in sold else None


def _by_graphics(files: Files) -> str | None:
    return _first(_GRAPHICS, files.text("proc/bus/pci/devices") or "")


def _elsewhere(files: Files, facts: dict[str, str], sold: str) -> str | None:
    """On other architectures than x86, where no flag of the processor tells."""
    if (facts.get("cpu implementer"), facts.get("cpu part")) == ("0x61", "0x000"):
        return "apple"
    mainframe = files.text("proc/sysinfo")
    if mainframe is not None:
        return _first((("Control Program: KVM", "kvm"), ("z/VM", "zvm")), mainframe) or "none"
    tree = files.line(f"{_TREE}/compatible") or ""
    named = _first(_IN_TREES, tree + (files.line(f"{_TREE}/hypervisor/compatible") or ""))
    if named or _by_cloud(sold):
        return named or _by_cloud(sold)
    if files.exists(f"{_TREE}/ibm,partition-name"):
        return "powervm"
    # POWER names the machine below all of its processors.
    if "emulated by qemu" in (files.text("proc/cpuinfo") or ""):
        return "qemu"
    return "none" if sold or tree else None
