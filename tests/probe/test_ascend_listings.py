"""What npu-smi answers to its other questions: maps, listings, the matrix of links."""

import pytest

from recommender.facts.machine import Link
from recommender.probe.ascend import understood
from tests.probe.test_ascend_answers import HBM, found


def test_map_leaves_controllers_out() -> None:
    text = (
        "\tNPU ID   Chip ID   Chip Logic ID   Chip Phy-ID   Chip Name\n"
        "\t3   0   0   6   Ascend910\n\t3   1   1   7   Ascend910\n\t3   2   -   -   Mcu\n"
        "\t5   0   2   10   Ascend910\n\t5   3   -   -   3559\n\n"
    )
    devices = found(text)
    assert [d.details["logic_id"] for d in devices] == [0, 1, 2]
    assert [d.details["phy_id"] for d in devices] == [6, 7, 10]
    assert [d.card for d in devices] == [0, 0, 1]


def test_map_with_names_of_two_words_and_slots() -> None:
    text = "NPU ID  Slot ID  Chip ID  Chip Phy-ID  Chip Name\n1  -1  0  4  Ascend 950PR\n"
    (device,) = found(text)
    assert (device.name, device.chip, device.details["phy_id"]) == ("Ascend 950PR", "950", 4)


def test_blocks_with_the_chip_at_the_end() -> None:
    text = (
        "NPU ID : 7\nChip Count : 2\n\nDDR Capacity(MB) : 21527\nDDR Usage Rate(%) : 9\n"
        "Chip ID : 0\n\nDDR Capacity(MB) : 21000\nChip ID : 1\n\nHealth : OK\nChip Name : MCU\n"
    )
    devices = found(text)
    assert [(d.memory_gib, d.details["chip_id"]) for d in devices] == [(21.022, 0), (20.508, 1)]


def test_blocks_with_the_chip_at_the_start_and_no_empty_lines() -> None:
    text = (
        "NPU ID : 7\nChip Count : 1\nChip ID : 0\nAicore Count : 24\nTemperature(C) : 46\n"
        "Chip Name : mcu\nTemperature(C) : 41\n"
    )
    (device,) = found(text)
    assert (device.name, device.compute_units, device.details["npu_id"]) == (None, 24, 7)


def test_hbm_of_a_listing_is_the_memory() -> None:
    text = "NPU ID : 1\nDDR Capacity(MB) : 15100\nHBM Capacity(MB) : 32768\nChip ID : 0\n"
    assert [d.memory_gib for d in found(text)] == [32.0]


def test_board() -> None:
    text = (
        "NPU ID : 2\nProduct Name : IT99X\nModel : NA\nSoftware Version : 25.1.0\n"
        "Firmware Version : 7.5.0.1.9\nPCIe Bus Info : 0000:3D:00.0\nPCI Vendor ID : 0x19E5\n"
        "PCI Device ID : 0xD802\nChip Count : 1\n"
    )
    (device,) = found(text)
    assert (device.bus_id, device.pci_id) == ("0000:3d:00.0", "19e5:d802")
    assert (device.chip, device.details["sku"]) == ("910b", "IT99X")
    versions = {name: value for name, (value, _) in understood(text).software.items()}
    assert versions["versions.ascend-driver"] == "25.1.0"
    assert versions["versions.ascend-firmware"] == "7.5.0.1.9"


def test_list_counts_the_chips_of_each_npu() -> None:
    text = "Total Count : 2\n\nNPU ID : 0\nChip Count : 2\n\nNPU ID : 3\nChip Count : 2\n"
    places = [(d.details["npu_id"], d.details["chip_id"], d.card) for d in found(text)]
    assert places == [(0, 0, 0), (0, 1, 0), (3, 0, 1), (3, 1, 1)]


def test_several_answers_make_one_list() -> None:
    row = "| 4  910B3 | OK | 90 |\n| 0 | 0000:42:00.0 | 0  0 / 0  40 / 65536 |\n"
    text = HBM + row + "NPU ID  Chip ID  Chip Logic ID  Chip Name\n4  0  0  Ascend 910B3\n"
    (device,) = found(text)
    assert (device.name, device.details["logic_id"]) == ("910B3", 0)


def test_matrix_of_two_fabrics() -> None:
    text = (
        "      NPU0  NPU1  NPU2  NPU3  CPU Affinity\nNPU0  X  HCCS  SYS  SYS  0-23\n"
        "NPU1  HCCS  X  SYS  SYS  0-23\nNPU2  SYS  SYS  X  HCCS  24-47\nNPU3  SYS  SYS  HCCS  X\n"
        "Legend:\n  X = Self\n  SYS = Path traversing PCIe\n"
    )
    assert understood(text).links == (
        Link(kind="hccs", devices=(0, 1)),
        Link(kind="hccs", devices=(2, 3)),
        Link(kind="pcie", devices=(0, 1, 2, 3)),
    )


@pytest.mark.parametrize(
    ("cells", "links"),
    [
        ("SIO", (Link(kind="sio", devices=(0, 1)),)),
        ("HCCS_SW", (Link(kind="hccs", devices=(0, 1)),)),
        ("XLink", (Link(kind="hccs", devices=(0, 1)),)),
        ("PIX", (Link(kind="pcie", devices=(0, 1)),)),
        ("NA", ()),
        ("what?", ()),
    ],
)
def test_matrix_of_two(cells: str, links: tuple[Link, ...]) -> None:
    text = f"          Phy-ID8  Phy-ID9\nPhy-ID8   X   {cells}\nPhy-ID9   {cells}   X\n"
    assert understood(text).links == links
