"""Which devices of the bus are accelerators, and whose."""

import pytest

from recommender.probe import pci, probe
from recommender.probe.files import Files
from tests.probe.conftest import Root


@pytest.mark.parametrize(
    ("ids", "class_", "driver", "vendor"),
    [
        ("10de:2330", "030200", "nvidia", "nvidia"),
        ("1002:74a1", "120000", "amdgpu", "amd"),
        ("1002:740f", "038000", "amdgpu", "amd"),
        ("8086:56c0", "038000", "i915", "intel"),
        ("8086:e20b", "030000", "xe", "intel"),
        ("1da3:1020", "120000", "habanalabs", "intel"),
        ("19e5:d802", "120000", "drv", "huawei"),
        ("cabc:0370", "120000", "cambricon-drv", "cambricon"),
        ("1ed5:0222", "030200", "mtgpu", "moore-threads"),
        ("1d94:6210", "0b4000", "hydcu", "hygon"),
        ("9999:4001", "038000", "metax", "metax"),
        ("1e3e:0001", "120000", "iluvatar", "iluvatar"),
        ("1ded:6001", "120000", "ppu", "t-head"),
        ("17cb:a100", "120000", "qaic", "qualcomm"),
        ("1d0f:7164", "088000", "neuron", "aws"),
        ("1ae0:0063", "ff0000", "gasket", "google"),
        ("1e52:401e", "120000", "tenstorrent", "tenstorrent"),
        ("1d22:3684", "120000", "kunlun", "kunlunxin"),
        ("1e36:c035", "120000", "gcu", "enflame"),
        ("1eff:1220", "120000", "rebellions", "rebellions"),
        ("1ed2:0001", "120000", "furiosa_rngd", "furiosa"),
        ("1014:06a7", "120000", "vfio-pci", "ibm"),
    ],
)
def test_vendors(root: Root, ids: str, class_: str, driver: str, vendor: str) -> None:
    root.pci("0000:41:00.0", ids, class_, driver, numa=1)
    (device,) = pci.scan(Files(root.path))
    assert (device.vendor, device.pci_id, device.driver) == (vendor, ids, driver)
    assert (device.driver_bound, device.numa_node) == (driver != "vfio-pci", 1)
    assert device.pci_class == class_


@pytest.mark.parametrize(
    ("ids", "class_"),
    [
        ("1a03:2000", "030000"),  # ASPEED board controller
        ("102b:0532", "030000"),  # Matrox board controller
        ("19e5:1711", "030000"),  # Huawei board controller
        ("1af4:1050", "030000"),  # virtio
        ("1b36:0100", "030000"),  # QXL
        ("1234:1111", "030000"),  # QEMU
        ("15ad:0405", "030000"),  # VMware
        ("1013:00b8", "030000"),  # Cirrus
        ("1d0f:1111", "030000"),  # Amazon's console
        ("19e5:a250", "120000"),  # compression in Kunpeng processors
        ("1ded:8001", "120000"),  # encryption in Yitian processors
        ("1014:044b", "120000"),  # IBM's compression card
        ("10ee:500c", "120000"),  # FPGA
        ("10de:0aa3", "0b4000"),  # part of an old chipset
        ("10de:22a3", "068000"),  # NVSwitch
        ("10de:22bd", "040300"),  # sound of a graphics card
        ("8086:7d1d", "120000"),  # neural unit of a laptop
        ("8086:4940", "0b4000"),  # QuickAssist
        ("1ae0:0042", "020000"),  # Google's network card
        ("1d0f:ec20", "020000"),  # Amazon's network card
    ],
)
def test_other_devices_are_none(root: Root, ids: str, class_: str) -> None:
    root.pci("0000:01:00.0", ids, class_, "any")
    bus = pci.scan(Files(root.path))
    assert (bus, bus.unknown) == ((), ())


def test_an_unknown_accelerator_is_a_problem_and_no_device(root: Root) -> None:
    root.pci("0000:00:05.0", "1b36:0005", "120000")
    machine = probe(root.path, env={})
    assert machine.accelerators == ()
    (problem,) = machine.problems
    assert problem.rule == "probe.pci.unknown"
    assert "1b36:0005" in problem.what
    assert "lspci -nn -s 0000:00:05.0" in (problem.fix or "")


def test_one_file_of_the_kernels_has_all_numbers(root: Root) -> None:
    folder = "sys/bus/pci/devices/0009:01:00.0"
    root.file(f"{folder}/uevent", "DRIVER=nvidia\nPCI_CLASS=30200\nPCI_ID=10DE:2941\nMODALIAS=x\n")
    (root.path / folder / "driver").symlink_to("../../../bus/pci/drivers/nvidia")
    (device,) = pci.scan(Files(root.path))
    assert (device.vendor, device.pci_id, device.pci_class) == ("nvidia", "10de:2941", "030200")
    assert (device.bus_id, device.driver_bound) == ("0009:01:00.0", True)


def test_a_file_that_lacks_numbers_is_not_relied_on(root: Root) -> None:
    root.pci("0000:01:00.0", "1002:74a1", "120000", "amdgpu")
    root.file("sys/bus/pci/devices/0000:01:00.0/uevent", "DRIVER=amdgpu\nPCI_ID\n=\n")
    assert [device.pci_id for device in pci.scan(Files(root.path))] == ["1002:74a1"]


def test_virtual_functions(root: Root) -> None:
    root.pci("0000:c1:00.0", "1002:74a1", "120000", "gim").pci(
        "0000:c1:02.0", "1002:74b5", "120000"
    )
    (root.path / "sys/bus/pci/devices/0000:c1:02.0/physfn").symlink_to("../0000:c1:00.0")
    machine = probe(root.path, env={})
    assert [device.bus_id for device in machine.accelerators] == ["0000:c1:00.0"]
    (problem,) = machine.problems
    assert "gim for a virtual machine" in problem.what
    flags = [seen.virtual_function for seen in pci.scan(Files(root.path))]
    assert flags == [None, True]


@pytest.mark.parametrize(
    ("ids", "driver", "word"),
    [
        ("10de:2684", "nouveau", "nouveau"),
        ("10de:2684", "vfio-pci", "virtual machine"),
        ("10de:2684", None, "no driver"),
        ("1002:744c", "radeon", "radeon"),
        ("19e5:d802", None, "no driver"),
    ],
)
def test_a_device_without_its_driver_is_listed_with_the_fix(
    root: Root, ids: str, driver: str | None, word: str
) -> None:
    root.pci("0000:01:00.0", ids, "120000" if ids.startswith("19e5") else "030000", driver)
    machine = probe(root.path, env={})
    (device,) = machine.accelerators
    assert (device.driver_bound, device.driver, device.memory_gib) == (False, driver, None)
    (problem,) = machine.problems
    assert word in problem.what
    assert problem.fix
    assert problem.rule == "probe.pci.unbound"


@pytest.mark.parametrize(
    ("bus_id", "integrated"), [("0000:00:02.0", True), ("0000:03:00.0", False)]
)
def test_intel_graphics_of_the_processor(root: Root, bus_id: str, *, integrated: bool) -> None:
    root.pci(bus_id, "8086:46a6", "030000", "i915")
    assert pci.scan(Files(root.path))[0].integrated is integrated


@pytest.mark.parametrize(
    ("files", "integrated"),
    [
        ({"mem_info_vram_total": "536870912", "mem_info_gtt_total": "16106127360"}, True),
        ({"mem_info_vram_total": "17163091968", "mem_info_gtt_total": "33554432000"}, False),
        ({"mem_info_vram_total": "536870912", "mem_info_gtt_total": "1", "board_info": ""}, False),
        ({}, None),
    ],
)
def test_amd_graphics_of_the_processor(
    root: Root, files: dict[str, str], integrated: bool | None
) -> None:
    folder = "sys/bus/pci/devices/0000:c4:00.0"
    root.pci("0000:c4:00.0", "1002:1586", "030000", "amdgpu")
    root.files({f"{folder}/{name}": text for name, text in files.items()})
    assert pci.scan(Files(root.path))[0].integrated is integrated


def test_garbage_on_the_bus_is_passed_over(root: Root) -> None:
    folder = "sys/bus/pci/devices/0000:01:00.0"
    root.files({f"{folder}/vendor": "0x10de\n", f"{folder}/class": "none\n"})
    root.file("sys/bus/pci/devices/readme", "not a device")
    assert pci.scan(Files(root.path)) == ()
