"""What lspci prints, in all its forms."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.probe import lspci, merging, pci
from recommender.probe.context import Context, PciDevice

WITH_DRIVERS = """\
00:02.0 VGA compatible controller [0300]: Intel Corporation Arrow Lake-S [Intel Graphics] [8086:7d67] (rev 06)
\tDeviceName: Onboard - Video
\tSubsystem: Gigabyte Technology Co., Ltd Device [1458:d000]
\tKernel driver in use: xe
\tKernel modules: i915, xe
01:00.0 VGA compatible controller [0300]: NVIDIA Corporation AD104 [GeForce RTX 4070] [10de:2786] (rev a1)
\tSubsystem: NVIDIA Corporation Device [10de:16a3]
\tKernel driver in use: nouveau
\tKernel modules: nouveau
01:00.1 Audio device [0403]: NVIDIA Corporation AD104 High Definition Audio Controller [10de:22bc] (rev a1)
\tKernel driver in use: snd_hda_intel
02:00.0 Processing accelerators [1200]: Habana Labs Ltd. Gaudi3 AI Training Accelerator [1da3:1060] (rev 01)
\tKernel modules: habanalabs
03:00.0 VGA compatible controller [0300]: ASPEED Technology, Inc. ASPEED Graphics Family [1a03:2000] (rev 52)
\tKernel driver in use: ast
04:00.0 Processing accelerators [1200]: Xilinx Corporation Device [10ee:5048]
05:00.0 Processing accelerators [1200]: Red Hat, Inc. QEMU PCI Test Device [1b36:0005]
"""  # noqa: E501  # as the program prints them
MACHINE_READABLE = """\
0000:3b:00.0 "3D controller [0302]" "NVIDIA Corporation [10de]" "GH100 [H200 NVL] [233b]" -ra1 "NVIDIA Corporation [10de]" "Device [1996]"
0000:5e:00.0 "Ethernet controller [0200]" "Intel Corporation [8086]" "Ethernet Controller E810-C [1592]" -r02 -p00 "Intel Corporation [8086]" "Device [0002]"
0001:81:00.0 "Display controller [0380]" "Advanced Micro Devices, Inc. [AMD/ATI] [1002]" "Aldebaran/MI200 [Instinct MI210] [740f]" -r02 -p00 "" ""
"""  # noqa: E501  # as the program prints them
BY_LINES = """\
Slot:\t00:02.0
Class:\tVGA compatible controller [0300]
Vendor:\tIntel Corporation [8086]
Device:\tUHD Graphics 730 [4692]
SVendor:\tDell [1028]
SDevice:\tDevice [0ac6]
Driver:\ti915
Module:\ti915

Slot:\t0000:81:00.0
Class:\tCo-processor [0b40]
Vendor:\tChengdu Haiguang IC Design Co., Ltd. [1d94]
Device:\tKONGMING [62b7]
Driver:\thycu
NUMANode:\t3
"""
WITHOUT_NUMBERS = """\
01:00.0 VGA compatible controller: NVIDIA Corporation GP104 [GeForce GTX 1080] (rev a1)
02:00.0 VGA compatible controller: Advanced Micro Devices, Inc. [AMD/ATI] Navi 31 [Radeon RX 7900 XT/7900 XTX/7900 GRE/7900M] (rev c8) (prog-if 00 [VGA controller])
03:00.0 Processing accelerators: Huawei Technologies Co., Ltd. Device d802 (rev 20)
04:00.0 Processing accelerators: Huawei Technologies Co., Ltd. HiSilicon ZIP Engine (rev 21)
05:00.0 System peripheral: Amazon.com, Inc. NeuronDevice (Trainium2)
06:00.0 VGA compatible controller: Matrox Electronics Systems Ltd. G200eR2 (rev 01)
07:00.0 Non-Volatile memory controller: Samsung Electronics Co Ltd NVMe SSD Controller PM9A1 (prog-if 02 [NVM Express])
"""  # noqa: E501  # as the program prints them

Row = tuple[str, str, str | None, str | None, bool | None]


def rows(text: str) -> list[Row]:
    """Vendor, numbers, name, driver and whether it computes."""
    found = lspci.understood(text)
    return [(d.vendor, d.pci_id, d.name, d.driver, d.driver_bound) for d in found]


def test_with_drivers() -> None:
    assert rows(WITH_DRIVERS) == [
        ("intel", "8086:7d67", "Intel Graphics", "xe", True),
        ("nvidia", "10de:2786", "GeForce RTX 4070", "nouveau", False),
        ("intel", "1da3:1060", "Gaudi3 AI Training Accelerator", None, False),
    ]
    bus = lspci.understood(WITH_DRIVERS)
    assert [device.integrated for device in bus] == [True, None, None]
    assert [device.pci_id for device in bus.unknown] == ["1b36:0005"]
    found = merging.merged({}, bus)
    rules = [problem.rule for problem in found.problems]
    assert rules == ["probe.pci.unbound", "probe.pci.unbound", "probe.pci.unknown"]
    assert found.devices[1].evidence["name"] == "lspci"


def test_without_drivers_nothing_is_said_of_them() -> None:
    text = "".join(line for line in WITH_DRIVERS.splitlines(keepends=True) if line[0] != "\t")
    assert [row[-1] for row in rows(text)] == [None, None, None]
    assert [problem.rule for problem in pci.problems(lspci.understood(text))] == [
        "probe.pci.unknown"
    ]


def test_machine_readable() -> None:
    assert rows(MACHINE_READABLE) == [
        ("nvidia", "10de:233b", "H200 NVL", None, None),
        ("amd", "1002:740f", "Instinct MI210", None, None),
    ]
    found = lspci.understood(MACHINE_READABLE)
    assert [device.bus_id for device in found] == ["0000:3b:00.0", "0001:81:00.0"]
    assert [device.pci_class for device in found] == ["0302", "0380"]


def test_by_lines() -> None:
    assert rows(BY_LINES) == [
        ("intel", "8086:4692", "UHD Graphics 730", "i915", True),
        ("hygon", "1d94:62b7", "KONGMING", "hycu", True),
    ]
    assert [device.numa_node for device in lspci.understood(BY_LINES)] == [None, 3]


def test_names_tell_where_there_are_no_numbers() -> None:
    assert rows(WITHOUT_NUMBERS) == [
        ("nvidia", "10de:", "GeForce GTX 1080", None, None),
        ("amd", "1002:", "Radeon RX 7900 XT/7900 XTX/7900 GRE/7900M", None, None),
        ("huawei", "19e5:d802", None, None, None),
        ("aws", "1d0f:", "NeuronDevice (Trainium2)", None, None),
    ]
    devices = merging.merged({}, lspci.understood(WITHOUT_NUMBERS)).accelerators
    assert [device.pci_id for device in devices] == [None, None, "19e5:d802", None]


def test_numbers_only() -> None:
    text = "00:1f.3 0403: 8086:7a50 (rev 11)\n0003:01:00.0 1200: 1e52:b140\n"
    assert rows(text) == [("tenstorrent", "1e52:b140", None, None, None)]


@pytest.mark.parametrize(
    "line",
    [
        "41:00.0 3D controller [0302]: NVIDIA Corporation GA102GL [A40] [10de:2235] (rev ff)",
        "41:00.0 3D controller: NVIDIA Corporation GA102GL [A40] (rev ff) (prog-if ff)",
        '41:00.0 "3D controller [0302]" "NVIDIA Corporation [10de]" "GA102GL [A40] [2235]" -rff',
        "Slot:\t41:00.0\nClass:\t3D controller [0302]\nVendor:\tx [10de]\nDevice:\tA40\nRev:\tff",
    ],
)
def test_a_device_that_fell_off_the_bus(line: str) -> None:
    bus = lspci.understood(f"{line}\n\t!!! Unknown header type 7f\n")
    (device,) = merging.merged({}, bus).accelerators
    assert (device.name, device.usable_gib) == ("A40", 0.0)
    (problem,) = pci.problems(bus)
    assert problem.rule == "probe.pci.lost"
    assert "0000:41:00.0" in problem.what


def test_a_virtual_function() -> None:
    text = (
        "c1:02.0 Processing accelerators [1200]: Advanced Micro Devices, Inc. [AMD/ATI] "
        "Aqua Vanjaram [Instinct MI325X VF] [1002:74b9]\n"
    )
    assert [device.virtual_function for device in lspci.understood(text)] == [True]


def test_lines_of_a_list_by_groups() -> None:
    text = (
        "IOMMU Group 12 02:00.0 VGA compatible controller [0300]: NVIDIA Corporation "
        "TU104 [GeForce RTX 2080] [10de:1e87] (rev a1)\n"
    )
    assert rows(text) == [("nvidia", "10de:1e87", "GeForce RTX 2080", None, None)]


@pytest.mark.parametrize("cut", range(0, len(WITH_DRIVERS), 41))
def test_a_text_that_is_cut(cut: int) -> None:
    whole = [device.bus_id for device in lspci.understood(WITH_DRIVERS)]
    found = [device.bus_id for device in lspci.understood(WITH_DRIVERS[:cut])]
    assert found == whole[: len(found)]


@given(
    st.one_of(
        st.text(max_size=300),
        st.lists(
            st.sampled_from(
                [
                    *(WITH_DRIVERS + MACHINE_READABLE + BY_LINES + WITHOUT_NUMBERS).splitlines(),
                    *("Slot:\t", "Slot:\tx", 'Driver: "', "\x00", "[10de:2204]", "a" * 5000),
                ]
            ),
            max_size=8,
        ).map("\n".join),
    )
)
def test_no_text_breaks_the_reader(text: str) -> None:
    bus = lspci.understood(text)
    merged = merging.merged({}, bus)
    assert len(merged.devices) == len(bus)
    assert all(isinstance(device, PciDevice) for device in bus)
    assert all(device.name is None or device.name.isprintable() for device in bus)


def test_the_program_is_asked_where_it_is(program: Callable[[str, str], Path]) -> None:
    folder = program("lspci", f"cat <<'END'\n{WITH_DRIVERS}END")
    found = lspci.read(Context(env={"PATH": f"{folder}:/usr/bin:/bin"}))
    assert [device.pci_id for device in found] == ["8086:7d67", "10de:2786", "1da3:1060"]
    assert lspci.read(Context(env={"PATH": f"{folder}"}, live=False)) == ()


def test_a_maker_whose_name_the_list_lacks() -> None:
    (found,) = lspci.understood("21:00.0 Processing accelerators: Device cabc:0590 (rev 01)\n")
    assert (found.vendor, found.pci_id, found.name) == ("cambricon", "cabc:0590", None)
