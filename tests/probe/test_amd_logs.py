"""What rocm-smi and rocminfo print, in the forms of many releases; all texts are made up."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.facts.machine import Accelerator, Link
from recommender.probe.amd import understood


def devices(text: str) -> list[Accelerator]:
    return list(understood(text).accelerators)


def versions(text: str) -> dict[str, str]:
    return {name: version for name, (version, _) in understood(text).software.items()}


def smi(**more: object) -> str:
    usual = {
        "Device Name": "Navi 31 [Radeon RX 7900 XT/7900 XTX/7900M]",
        "Device ID": "0x744c",
        "GFX Version": "gfx1100",
        "PCI Bus": "0000:E3:00.0",
        "VRAM Total Memory (B)": "21458059264",
        "VRAM Total Used Memory (B)": "0",
        "VIS_VRAM Total Memory (B)": "268435456",
        "GTT Total Memory (B)": "8589934592",
        "Card SKU": "NAVI31A",
        "Node ID": "3",
        "(Topology) Numa Affinity": "4294967295",
    }
    return json.dumps({"card0": {**usual, **more}, "system": {"Driver version": "6.12.12"}})


def test_json_of_rocm_smi() -> None:
    (device,) = devices(smi())
    assert device.name == "Navi 31 [Radeon RX 7900 XT/7900 XTX/7900M]"
    assert (device.memory_gib, device.used_gib, device.gtt_gib) == (19.984, 0.0, 8.0)
    assert (device.gfx, device.pci_id, device.bus_id) == ("gfx1100", "1002:744c", "0000:e3:00.0")
    assert device.details == {"index": 0, "sku": "NAVI31A", "vis_vram_gib": 0.25, "node": 3}
    assert device.numa_node is None
    assert versions(smi()) == {"versions.amdgpu": "6.12.12"}


@pytest.mark.parametrize(
    ("row", "name"),
    [
        ({"Device Name": "0x744c", "Card Series": "Radeon RX 7900 XT"}, "Radeon RX 7900 XT"),
        ({"Device Name": "N/A", "card series": "Instinct MI25"}, "Instinct MI25"),
        ({"Device Name": "0x1002", "Card series": "0x1002", "Card model": "0x1002"}, None),
    ],
)
def test_ids_are_not_names(row: dict[str, str], name: str | None) -> None:
    (device,) = devices(smi(**row))
    assert device.name == name


@pytest.mark.parametrize("amount", ["0", "-1", "N/A", "9" * 400])
def test_a_size_of_nothing_is_unknown(amount: str) -> None:
    (device,) = devices(smi(**{"VRAM Total Memory (B)": amount}))
    assert (device.memory_gib, device.usable_gib) == (None, None)


def test_links_in_the_json_of_rocm_smi() -> None:
    kinds = {(0, 1): "XGMI", (0, 2): "PCIE", (1, 2): "PCIE"}
    name = "(Topology) Link type between DRM devices {} and {}"
    system = {name.format(*pair): kind for pair, kind in kinds.items()}
    cards = {f"card{number}": {"Device ID": "0x738c"} for number in range(3)}
    assert understood(json.dumps({**cards, "system": system})).links == (
        Link(kind="xgmi", devices=(0, 1)),
        Link(kind="pcie", devices=(0, 1, 2)),
    )


def test_links_in_the_matrix_of_rocm_smi() -> None:
    text = (
        "======== Link Type between two GPUs ========\n"
        "       GPU0         GPU1         \nGPU0   0            XGMI         \n"
        "GPU1   XGMI         0            \n\n======== Numa Nodes ========\n"
        "GPU 0          : (Topology) Numa Affinity: 1\n"
    )
    found = understood(text)
    assert found.links == (Link(kind="xgmi", devices=(0, 1)),)
    assert [device.numa_node for device in found.accelerators] == [1, None]


def test_csv_and_lines_of_rocm_smi() -> None:
    csv = (
        "\ndevice,VRAM Total Memory (B),VRAM Total Used Memory (B),Card Series\n"
        "card1,8573157376,10485760,Radeon RX Vega\ncard2,8573157376,N/A,Radeon RX Vega\n"
    )
    lines = (
        "===== ROCm System Management Interface =====\n"
        "GPU[1]\t\t: VRAM Total Memory (B): 8573157376\n"
        "GPU[1]\t\t: VRAM Total Used Memory (B): 10485760\n"
        "\x1b[3mGPU[1]\t\t: Card Series: \t\tRadeon RX Vega\x1b[0m\n"
        "GPU[2]\t\t: VRAM Total Memory (B): 8573157376\n"
        "GPU[2]\t\t: Card Series: \t\tRadeon RX Vega\nDriver version: 6.3.6\n"
    )
    for text in (csv, lines):
        found = devices(text)
        assert [d.index for d in found] == [1, 2]
        assert [(d.name, d.memory_gib) for d in found] == [("Radeon RX Vega", 7.984)] * 2
        assert [d.used_gib for d in found] == [0.01, None]
    assert versions(lines) == {"versions.amdgpu": "6.3.6"}


CONCISE = """\
=================== ROCm System Management Interface ===================
============================ Concise Info =============================
Device  Node  IDs              Temp        Power     Partitions          VRAM%  GPU%
              (DID,     GUID)  (Junction)  (Socket)  (Mem, Compute, ID)
=======================================================================
0       4     0x74a9,   28851  50.0°C      133.0W    NPS1, SPX, 0        0%     0%
1       5     0x74a9,   50724  44.0°C      N/A       NPS1, SPX, 0        0%     0%
=======================================================================
========================= End of ROCm SMI Log =========================
"""
OLDER = """\
Device  [Model : Revision]    Temp    Power  Partitions      SCLK    MCLK     Fan  Perf
        Name (20 chars)       (Edge)  (Avg)  (Mem, Compute)
=======================================================================
0       [0x0c34 : 0x01]       34.0°C  43.0W  N/A, N/A        800Mhz  1600Mhz  0%   auto
        Instinct MI100
1       [0x5200 : 0xc8]       46.0°C  72.0W  N/A, N/A        21Mhz  1249Mhz  0%   auto
        0x73bf
2       [0x0b0c : 0x00]       51.0°C  N/A    N/A, N/A        800Mhz  1600Mhz  0%   auto
        AMD INSTINCT MI200 (
=======================================================================
"""
OLDEST = """\
GPU  Temp   AvgPwr  SCLK    MCLK    Fan     Perf  PwrCap  VRAM%  GPU%
0    30.0c  14.0W   925Mhz  350Mhz  20.0%   auto  250.0W    0%   0%
================================================================================
"""
HARDWARE = """\
GPU  NODE  DID     GUID   GFX VER  GFX RAS  SDMA RAS  UMC RAS  VBIOS            BUS           ID
0    2     0x7408  20068  gfx90a   ENABLED  ENABLED   ENABLED  113-D67301V-075  0000:C1:00.0  0
================================================================================
"""


def test_tables_of_rocm_smi() -> None:
    assert [(d.pci_id, d.details["node"]) for d in devices(CONCISE)] == [
        ("1002:74a9", 4),
        ("1002:74a9", 5),
    ]
    assert [d.name for d in devices(OLDER)] == ["Instinct MI100", None, None]
    assert [d.pci_id for d in devices(OLDER)] == [None, "1002:73bf", None]
    assert [(d.name, d.memory_gib, d.pci_id) for d in devices(OLDEST)] == [(None, None, None)]
    (device,) = devices(HARDWARE)
    assert (device.gfx, device.pci_id, device.bus_id) == ("gfx90a", "1002:7408", "0000:c1:00.0")


AGENTS = """\
ROCk module version 6.14.14 is loaded
*******
Agent 1
*******
  Name:                    AMD Ryzen AI 9 HX 370 w/ Radeon 890M
  Marketing Name:          AMD Ryzen AI 9 HX 370 w/ Radeon 890M
  Device Type:             CPU
  Pool Info:
    Pool 1
      Size:                    31911852(0x1e6efac) KB
*******
Agent 2
*******
  Name:                    gfx1150
  Marketing Name:          AMD Ryzen AI 9 HX 370 w/ Radeon 890M
  Vendor Name:             AMD
  Queue Min Size:          64(0x40)
  Node:                    1
  Device Type:             GPU
  Chip ID:                 5390(0x150e)
  BDFID:                   50432
  Internal Node ID:        1
  Compute Unit:            16
  Memory Properties:       APU
  Pool Info:
    Pool 1
      Segment:                 GLOBAL; FLAGS: COARSE GRAINED
      Size:                    15955924(0xf377d4) KB
    Pool 2
      Size:                    64(0x40) KB
  ISA Info:
    ISA 1
      Name:                    amdgcn-amd-amdhsa--gfx1150
*******
Agent 3
*******
  Name:                    aie2
  Marketing Name:          RyzenAI-npu4
  Device Type:             DSP
*** Done ***
"""


def test_agents_of_rocminfo() -> None:
    (device,) = devices(AGENTS)
    assert (device.gfx, device.name, device.compute_units) == ("gfx1150", None, 16)
    assert (device.pci_id, device.bus_id, device.integrated) == ("1002:150e", "0000:c5:00.0", True)
    assert (device.memory_gib, device.usable_gib) == (15.217, 15.217)
    assert device.details == {"node": 1, "cpu_agents": 1}
    assert versions(AGENTS) == {"versions.amdgpu": "6.14.14"}


def test_agents_that_share_an_address_have_none() -> None:
    agent = "  Name: gfx90a\n  Marketing Name: MI250X\n  Device Type: GPU\n  BDFID: 256\n"
    assert [device.bus_id for device in devices(agent * 2)] == [None, None]
    assert [device.name for device in devices(agent * 2)] == ["MI250X", "MI250X"]


SAMPLES = (smi(), CONCISE, OLDER, OLDEST, HARDWARE, AGENTS)


@given(st.sampled_from(SAMPLES), st.integers(0, 3000), st.text(max_size=40))
def test_cut_and_damaged_texts_never_raise(sample: str, place: int, damage: str) -> None:
    for text in (sample[:place], sample[:place] + damage + sample[place:], damage):
        for device in understood(text).accelerators:
            assert device.vendor == "amd"
            assert device.memory_gib is None or device.memory_gib > 0
