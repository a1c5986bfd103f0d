"""What Intel's tools print, in the forms of their releases."""

from typing import Any

import pytest

from recommender.probe import intel
from recommender.probe.context import Findings

TABLE = """\
+-----------+--------------------------------------------------------------------------------------+
| Device ID | Device Information                                                                   |
+-----------+--------------------------------------------------------------------------------------+
| 0         | Device Name: Intel(R) Data Center GPU Flex 140                                       |
|           | Vendor Name: Intel(R) Corporation                                                    |
|           | PCI BDF Address: 0000:29:00.0                                                        |
|           | Function Type: virtual                                                               |
+-----------+--------------------------------------------------------------------------------------+
| 1         | Device Name: Intel(R) Data Center GPU Flex 140                                       |
|           | PCI BDF Address: 0000:2c:00.0                                                        |
+-----------+--------------------------------------------------------------------------------------+
"""
DETAILS = """\
+-----------+----------------------------------------------------+
| Device ID | Device Information                                 |
+-----------+----------------------------------------------------+
| 0         | Device Type: GPU                                   |
|           | Device Name: Intel(R) Data Center GPU Max 1550     |
|           | PCI Device ID: 0xbd5                               |
|           | PCI BDF Address: 0001:3a:00.0                      |
|           | Memory Physical Size: 131072.00 MiB                |
|           | ECC State: enabled                                 |
|           | Number of EUs: 1024                                |
|           | Number of Tiles: 2                                 |
+-----------+----------------------------------------------------+
"""
SUMMARY = """\
+----------------------------------------------+----------------------------+--------------------+
|            Intel XPU-SMI v2.0    Driver: 5A0C1F7722D1B3E84C1F00A    Level Zero: 1.26.1         |
+----------------------------------------------+----------------------------+--------------------+
| GPU  Name                    Persistence-M   | Bus-Id            Disp.A   |  Volatile Unc. ECC |
| Fan              Temp  Pwr:Usage/Cap         | Memory-Usage               | GPU-Util Compute M.|
+----------------------------------------------+----------------------------+--------------------+
|   0  Intel(R) Data Center G  Off             | 0000:0b:00.0      Off      |           Disabled |
|      PU Flex 170                             |                            |                    |
| 31%              52C   38W / 70W             | 8120MiB / 16304MiB         |      97%   Default |
+----------------------------------------------+----------------------------+--------------------+
|   1                          Off             | 0000:0f:00.0      Off      |           Disabled |
| N/A               N/A  N/A                   | N/A                        |      N/A   Default |
+----------------------------------------------+----------------------------+--------------------+
"""
PLAIN = """\
  Device ID     Device Information
  0             Device State: survivability mode
                PCI BDF Address: 0000:0b:00.0
  1             Device Name: Intel(R) Arc(TM) B570 Graphics
                Device State: normal
                PCI BDF Address: 0000:0f:00.0
                Memory Physical Size: 10174.00 MiB
"""
JSON = """\
WARNING: the daemon is not running
{
  "device_list": [
    {
      "device_function_type": "physical",
      "device_id": 0,
      "device_name": "Intel(R) Arc(TM) A580 Graphics",
      "memory_physical_size_byte": "8518631424",
      "number_of_eus": "384",
      "pci_bdf_address": "0000:0b:00.0",
      "pci_device_id": "0x56a2"
    }
  ]
}
"""
CLINFO = """\
Number of platforms                               2
  Platform Name                                   Intel(R) OpenCL Graphics
  Device Name                                     Intel(R) Arc(TM) A380 Graphics
  Device Vendor ID                                0x8086
  Driver Version                                  24.35.30872.22
  Device Type                                     GPU
  Device PCI bus info (KHR)                       PCI-E, 0000:0b:00.0
  Max compute units                               128
  Global memory size                              6076170240 (5.659GiB)
  Unified memory for Host and Device              No
  Platform Name                                   Intel(R) OpenCL
  Device Name                                     Intel(R) Core(TM) i5-12400
  Device Vendor ID                                0x8086
  Device Type                                     CPU
  Global memory size                              33425129472 (31.13GiB)
"""


def facts(found: Findings, *names: str) -> list[tuple[Any, ...]]:
    return [tuple(getattr(one, name) for name in names) for one in found.accelerators]


def rules(found: Findings) -> list[str | None]:
    return [one.rule for one in found.problems]


def test_the_list_has_names_and_addresses_and_no_memory() -> None:
    found = intel.understood(TABLE)
    assert facts(found, "name", "bus_id", "memory_gib") == [
        ("Intel(R) Data Center GPU Flex 140", "0000:29:00.0", None),
        ("Intel(R) Data Center GPU Flex 140", "0000:2c:00.0", None),
    ]
    assert [one.details.get("virtual_function") for one in found.accelerators] == [True, None]


def test_details_have_memory_tiles_and_eus() -> None:
    (one,) = intel.understood(DETAILS).accelerators
    assert (one.memory_gib, one.compute_units, one.bus_id) == (128.0, 1024, "0001:3a:00.0")
    assert one.pci_id == "8086:0bd5"
    assert one.details == {"eus": 1024, "tiles": 2, "ecc": "enabled"}


def test_a_name_that_is_cut_inside_of_a_word_is_put_together() -> None:
    found = intel.understood(SUMMARY)
    assert facts(found, "name", "memory_gib", "used_gib", "bus_id") == [
        ("Intel(R) Data Center GPU Flex 170", 15.922, 7.93, "0000:0b:00.0"),
        (None, None, None, "0000:0f:00.0"),
    ]
    assert found.software["level_zero"] == ("1.26.1", "xpu-smi")
    assert found.software["versions.xpu-smi"] == ("2.0", "xpu-smi")


def test_a_state_that_a_tool_doubts_is_said_and_the_card_stays() -> None:
    found = intel.understood(PLAIN)
    assert facts(found, "bus_id", "memory_gib", "usable_gib") == [
        ("0000:0b:00.0", None, None),
        ("0000:0f:00.0", 9.936, None),
    ]
    assert rules(found) == ["probe.intel.state"]
    assert '"survivability mode"' in found.problems[0].what


def test_json_with_a_warning_around_it() -> None:
    (one,) = intel.understood(JSON).accelerators
    assert (one.name, one.memory_gib) == ("Intel(R) Arc(TM) A580 Graphics", 7.934)
    assert (one.pci_id, one.compute_units) == ("8086:56a2", 384)


CSV = """\
Device ID,Device Name,PCI BDF Address,Memory Physical Size
0,"Intel(R) Arc(TM) A310 Graphics","0000:0b:00.0","4096.00 MiB"
"""
UNQUOTED = """\
Device ID, Device Name, PCI BDF Address, Memory Physical Size
0, Intel(R) Arc(TM) A310 Graphics, 0000:0b:00.0, N/A
"""
QUERIED = """\
index, name, pci.bus_id, memory.total [MiB], memory.used [MiB]
0, Intel(R) Arc(TM) A310 Graphics, 0000:0b:00.0, 4096, 12
"""


@pytest.mark.parametrize(("text", "memory"), [(CSV, 4.0), (UNQUOTED, None), (QUERIED, 4.0)])
def test_comma_separated_answers_are_read_by_their_header(text: str, memory: float | None) -> None:
    found = intel.understood(text)
    expected = ("Intel(R) Arc(TM) A310 Graphics", "0000:0b:00.0", memory)
    assert facts(found, "name", "bus_id", "memory_gib") == [expected]


def test_a_size_cut_before_its_unit_is_no_size() -> None:
    (one,) = intel.understood(DETAILS[: DETAILS.index("072.00 MiB")]).accelerators
    assert (one.name, one.memory_gib) == ("Intel(R) Data Center GPU Max 1550", None)


def test_a_list_of_names() -> None:
    text = "GPU 0: Intel(R) Arc(TM) B580 Graphics (UUID: GPU-00000000-0000-0003-0000-0000e20b)\n"
    assert facts(intel.understood(text), "name") == [("Intel(R) Arc(TM) B580 Graphics",)]


def test_sycl_shows_a_gpu_under_two_interfaces_once() -> None:
    found = intel.understood(
        "[opencl:cpu][opencl:0] Intel(R) OpenCL, Intel(R) Xeon(R) w5-2465X OpenCL 3.0 [2025.19]\n"
        "[opencl:gpu][opencl:1] Intel(R) OpenCL Graphics, Intel(R) Arc(TM) A770 Graphics "
        "OpenCL 3.0 NEO  [24.39.31294]\n"
        "[level_zero:gpu][level_zero:0] Intel(R) oneAPI Unified Runtime over Level-Zero, "
        "Intel(R) Arc(TM) A770 Graphics 12.55.8 [1.6.31294]\n"
        "[cuda:gpu][cuda:0] NVIDIA CUDA BACKEND, NVIDIA GeForce RTX 3060 8.6 [CUDA 12.8]\n"
    )
    assert facts(found, "name") == [("Intel(R) Arc(TM) A770 Graphics",)]
    assert found.software["versions.compute-runtime"] == ("24.39.31294", "sycl-ls")


def test_clinfo_tells_what_may_be_used_and_leaves_out_processors() -> None:
    found = intel.understood(CLINFO)
    names = ("name", "memory_gib", "usable_gib", "unified", "bus_id")
    assert facts(found, *names) == [
        ("Intel(R) Arc(TM) A380 Graphics", None, 5.659, False, "0000:0b:00.0")
    ]
    assert found.software["versions.compute-runtime"] == ("24.35.30872.22", "clinfo")


def test_the_short_list_of_clinfo() -> None:
    found = intel.understood(
        "Platform #0: Intel(R) OpenCL Graphics\n"
        " +-- Device #0: Intel(R) Arc(TM) A750 Graphics\n"
        " `-- Device #1: Intel(R) UHD Graphics 770\n"
        "Platform #1: Portable Computing Language\n"
        " `-- Device #0: cpu-haswell-Intel(R) Core(TM) i7\n"
    )
    assert facts(found, "name") == [
        ("Intel(R) Arc(TM) A750 Graphics",),
        ("Intel(R) UHD Graphics 770",),
    ]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("Error: Level Zero Initialization Error\n", "driver"),
        ('{\n "errno": 6,\n "error": "Level Zero Initialization Error"\n}\n', "driver"),
        ("No device discovered\n", "no-devices"),
        ("No GPU devices found.\n", "no-devices"),
        ("open /dev/dri/renderD128: Permission denied\n", "permission"),
    ],
)
def test_failures_are_worded_with_the_way_to_mend_them(text: str, rule: str) -> None:
    found = intel.understood(text)
    assert found.devices == ()
    assert rules(found) == [f"probe.intel.{rule}"]
    assert "sudo" in (found.problems[0].fix or "")


@pytest.mark.parametrize("text", ["", "\0\0", "| | |\n", "[level_zero:gpu]", "{" * 5000, "1,2\n"])
def test_text_of_no_known_form_tells_nothing(text: str) -> None:
    assert intel.understood(text) == Findings()


@pytest.mark.parametrize("text", [TABLE, DETAILS, SUMMARY, PLAIN, JSON, CLINFO])
def test_answers_cut_anywhere_tell_no_wrong_memory(text: str) -> None:
    right = {one[0] for one in facts(intel.understood(text), "memory_gib")} | {None}
    for end in range(0, len(text), 7):
        assert {one[0] for one in facts(intel.understood(text[:end]), "memory_gib")} <= right


def record(address: str, **more: str) -> str:
    pairs = {"device_name": "Intel(R) Arc(TM) Pro B60", "pci_bdf_address": address, **more}
    return "{" + ", ".join(f'"{name}": "{value}"' for name, value in pairs.items()) + "}"


def test_shares_for_guests_count_only_where_no_whole_card_is_seen() -> None:
    card = record("0000:03:00.0", device_function_type="physical")
    share = record("0000:03:00.1", device_function_type="virtual")
    both = intel.understood(f'{{"device_list": [{card}, {share}]}}')
    assert [one.bus_id for one in both.accelerators] == ["0000:03:00.0"]
    guest = intel.understood(f'{{"device_list": [{share}]}}')
    assert [one.bus_id for one in guest.accelerators] == ["0000:03:00.1"]


@pytest.mark.parametrize(("kind", "count"), [("GPU", 1), ("DISCRETE_GPU", 1), ("NPU", 0)])
def test_only_gpus_count(kind: str, count: int) -> None:
    found = intel.understood(record("0000:03:00.0", device_type=kind))
    assert len(found.devices) == count
