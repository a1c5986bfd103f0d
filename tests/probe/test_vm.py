"""The hypervisor below, by firmware, kernel and processor."""

from collections.abc import Mapping

import pytest

from recommender.probe import probe
from tests.probe.conftest import Root

AMD = "processor : 0\nvendor_id : AuthenticAMD\nmicrocode : {}\nflags : fpu lm {}\n\n"
INTEL = AMD.replace("AuthenticAMD", "GenuineIntel")
ARM = "processor : 0\nFeatures : fp asimd\nCPU implementer : {}\nCPU part : {}\n\n"
CLOCKS = "sys/devices/system/clocksource/clocksource0/available_clocksource"


def sold(maker: str, product: str) -> dict[str, str]:
    folder = "sys/class/dmi/id"
    return {f"{folder}/sys_vendor": f"{maker}\n", f"{folder}/product_name": f"{product}\n"}


def vm(root: Root, cpuinfo: str, files: Mapping[str, str]) -> str | None:
    root.file("proc/cpuinfo", cpuinfo).files(files)
    return probe(root.path, env={}).os.vm


@pytest.mark.parametrize(
    ("maker", "product", "kind"),
    [
        ("VMware, Inc.", "VMware20,1", "vmware"),
        ("innotek GmbH", "VirtualBox", "oracle"),
        ("Microsoft Corporation", "Virtual Machine", "microsoft"),
        ("Parallels International GmbH.", "Parallels ARM Virtual Machine", "parallels"),
        ("Xen", "HVM domU", "xen"),
        ("Red Hat", "KVM", "kvm"),
        ("OpenStack Foundation", "OpenStack Nova", "kvm"),
        ("DigitalOcean", "Droplet", "kvm"),
        ("QEMU", "Standard PC (Q35 + ICH9, 2009)", "qemu"),
        ("Amazon EC2", "c7i.4xlarge", "kvm"),
        ("Google", "Google Compute Engine", "kvm"),
        ("Somebody", "Something", "vm"),
    ],
)
def test_names_in_the_firmware(root: Root, maker: str, product: str, kind: str) -> None:
    assert vm(root, INTEL.format("0x2b", "hypervisor"), sold(maker, product)) == kind


@pytest.mark.parametrize(
    ("maker", "product"),
    [
        ("Dell Inc.", "PowerEdge R760xa"),
        ("Microsoft Corporation", "Surface Pro 9"),
        ("Amazon EC2", "p5.48xlarge.metal"),
        ("Alibaba Cloud", "Alibaba Cloud ECS"),
        ("Oracle Corporation", "ORACLE SERVER X9-2"),
    ],
)
def test_bare_metal(root: Root, maker: str, product: str) -> None:
    assert vm(root, INTEL.format("0x2b", ""), sold(maker, product)) == "none"


@pytest.mark.parametrize(
    ("cpuinfo", "files", "kind"),
    [
        (INTEL.format("0x2b", "hypervisor"), {CLOCKS: "tsc kvm-clock acpi_pm\n"}, "kvm"),
        (
            INTEL.format("0x2b", "hypervisor"),
            {CLOCKS: "hyperv_clocksource_tsc_page\n"},
            "microsoft",
        ),
        (INTEL.format("0x2b", "hypervisor"), {"sys/hypervisor/type": "xen\n"}, "xen"),
        # The microcode revision that KVM gives to its guests.
        (AMD.format("0x1000065", "hypervisor"), {}, "kvm"),
        (INTEL.format("0x1", "hypervisor"), {}, "kvm"),
        (AMD.format("0x1", "hypervisor"), {}, "vm"),
        (AMD.format("0xa101144", "hypervisor"), {}, "vm"),
        # QEMU says its name with KVM and without.
        (AMD.format("0x1000065", "hypervisor"), sold("QEMU", "pc"), "kvm"),
        # VirtualBox offers KVM's clock.
        (
            INTEL.format("0x1", "hypervisor"),
            {CLOCKS: "kvm-clock\n", **sold("innotek GmbH", "VirtualBox")},
            "oracle",
        ),
        (
            INTEL.format("0xffffffff", "hypervisor"),
            {"proc/sys/kernel/osrelease": "5.15.167.4-microsoft-standard-WSL2\n"},
            "microsoft",
        ),
        # The first domain of Xen drives the hardware.
        (
            INTEL.format("0x2b", "hypervisor"),
            {"sys/hypervisor/type": "xen\n", "proc/xen/capabilities": "control_d\n"},
            "none",
        ),
        # Old ones do not flag themselves, but their graphics are on the bus.
        (
            INTEL.format("0x19", ""),
            {"proc/bus/pci/devices": "0008\t80867000\t0\n0010\t80eebeef\t12\t0\n"},
            "oracle",
        ),
        # Neither a flag nor the firmware's names: a container on whatever there is.
        (INTEL.format("0x2b", ""), {}, None),
        ("", {}, None),
    ],
)
def test_signs_of_x86(root: Root, cpuinfo: str, files: Mapping[str, str], kind: str | None) -> None:
    assert vm(root, cpuinfo, files) == kind


@pytest.mark.parametrize(
    ("cpuinfo", "files", "kind"),
    [
        (ARM.format("0x61", "0x000"), {}, "apple"),
        (ARM.format("0x61", "0x000"), sold("VMware, Inc.", "VMware20,1"), "vmware"),
        (ARM.format("0x61", "0x033"), {"proc/device-tree/compatible": "apple,j493\0"}, "none"),
        (ARM.format("0x41", "0xd40"), sold("Amazon EC2", "c7g.large"), "kvm"),
        (ARM.format("0x41", "0xd40"), sold("Amazon EC2", "c7g.metal"), "none"),
        (ARM.format("0x48", "0xd01"), sold("Huawei", "TaiShan 200"), "none"),
        (
            ARM.format("0x41", "0xd08"),
            {"proc/device-tree/compatible": "raspberrypi,4-model-b\0brcm,bcm2711\0"},
            "none",
        ),
        (ARM.format("0x41", "0xd08"), {"proc/device-tree/compatible": "linux,dummy-virt\0"}, "vm"),
        (
            ARM.format("0x41", "0xd08"),
            {"proc/device-tree/hypervisor/compatible": "xen,xen-4.17\0xen,xen\0"},
            "xen",
        ),
        (ARM.format("0x41", "0xd08"), {}, None),
        ("vendor_id : IBM/S390\n", {"proc/sysinfo": "VM00 Control Program: KVM/Linux\n"}, "kvm"),
        ("vendor_id : IBM/S390\n", {"proc/sysinfo": "VM00 Control Program: z/VM 7.2\n"}, "zvm"),
        ("vendor_id : IBM/S390\n", {"proc/sysinfo": "LPAR Number: 3\n"}, "none"),
        ("cpu : POWER9\n", {"proc/device-tree/compatible": "qemu,pseries\0"}, "kvm"),
        ("cpu : POWER9\n", {"proc/device-tree/ibm,partition-name": "lp1\0"}, "powervm"),
        ("cpu : POWER9\n", {"proc/device-tree/compatible": "ibm,powernv\0"}, "none"),
    ],
)
def test_other_architectures(
    root: Root, cpuinfo: str, files: Mapping[str, str], kind: str | None
) -> None:
    assert vm(root, cpuinfo, files) == kind


def test_power_names_its_emulator_below_the_processors(root: Root) -> None:
    root.file("proc/cpuinfo", "processor : 0\ncpu : POWER9\n\nmodel : IBM (emulated by qemu)\n")
    assert probe(root.path, env={}).os.vm == "qemu"
