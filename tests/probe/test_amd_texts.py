"""What amd-smi prints, in the forms of many releases, and failures; all texts are made up."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.facts.machine import Accelerator
from recommender.probe.amd import understood

TABLE = """\
+------------------------------------------------------------------------------+
| AMD-SMI 26.3.0+0a1b2c3d      amdgpu version: 6.16.9   ROCm version: 7.1.2    |
| VBIOS version: 00111111                                                      |
| Platform: Linux Guest                                                        |
|-------------------------------------+----------------------------------------|
| BDF                        GPU-Name | Mem-Uti   Temp   UEC       Power-Usage |
| GPU  HIP-ID  OAM-ID  Partition-Mode | GFX-Uti    Fan               Mem-Usage |
|=====================================+========================================|
| 0000:8d:00.0 AMD Instinct MI325X VF | 0 %      41 °C   0          151/1000 W |
|   0       0       5        CPX/NPS4 | 0 %        N/A            283/65536 MB |
|-------------------------------------+----------------------------------------|
| 0000:8d:00.1 AMD Instinct MI325X VF | 0 %      41 °C   0          151/1000 W |
|   1       1       5        CPX/NPS4 | 0 %        N/A            283/65536 MB |
|-------------------------------------+----------------------------------------|
| 0000:9e:00.0 ...n PRO W7900 DualSlt | 0 %      N/A     0             9/241 W |
|   2       2     N/A             N/A | 0 %      20.0 %             N/A/N/A MB |
+-------------------------------------+----------------------------------------+
+------------------------------------------------------------------------------+
| Processes:                                                                   |
|  GPU        PID  Process Name          GTT_MEM  VRAM_MEM  MEM_USAGE     CU % |
|==============================================================================|
|    0      40321  python3                 2.0 MB   61.1 GB    61.2 GB     N/A |
+------------------------------------------------------------------------------+
"""


def devices(text: str) -> list[Accelerator]:
    return list(understood(text).accelerators)


def versions(text: str) -> dict[str, str]:
    return {name: version for name, (version, _) in understood(text).software.items()}


def test_table_of_amd_smi() -> None:
    found = devices(TABLE)
    assert [device.name for device in found] == ["AMD Instinct MI325X VF"] * 2 + [None]
    assert [device.memory_gib for device in found] == [64.0, 64.0, None]
    assert [device.partition for device in found] == ["CPX", "CPX", None]
    assert [device.card for device in found] == [0, 0, 1]
    assert found[0].details == {"index": 0, "virtual_function": True}
    assert versions(TABLE) == {
        "versions.amdgpu": "6.16.9",
        "rocm": "7.1.2",
        "versions.amd-smi": "26.3.0",
    }


@pytest.mark.parametrize(
    ("name", "inside"),
    [("AMD Radeon Graphics", True), ("Radeon 8050S Graphics", True), ("AMD Radeon RX 7600", None)],
)
def test_graphics_of_a_processor_may_map_more_than_it_has(name: str, inside: bool | None) -> None:
    row = f"| 0000:c5:00.0 {name:>22} | N/A        N/A   0                 N/A |\n"
    (device,) = devices(f"{row}|   0       0     N/A             N/A | N/A   N/A   161/512 MB |\n")
    assert (device.integrated, device.memory_gib) == (inside, 0.5)
    assert device.usable_gib == (None if inside else 0.5)


@pytest.mark.parametrize(
    ("banner", "driver", "rocm"),
    [
        ("| AMD-SMI 26.1.0+b-d... amdgpu version: Linuxver ROCm version: N/A |", None, None),
        (
            "| AMD-SMI   27.0.0 |\n| amdgpu Version:  6.19.4 |\n| ROCm Version: 7.14.0 |",
            "6.19.4",
            "7.14.0",
        ),
        (
            "ROCm version: 6.4.0 | amdgpu version: Linuxversion6.8.0-79-generic(buildd)(gcc)",
            "6.8.0-79-generic",
            "6.4.0",
        ),
    ],
)
def test_versions_in_the_banner(banner: str, driver: str | None, rocm: str | None) -> None:
    told = versions(banner)
    assert (told.get("versions.amdgpu"), told.get("rocm")) == (driver, rocm)


def gpu(number: int = 0, **more: Any) -> dict[str, Any]:
    asic = {
        "market_name": "AMD Radeon PRO V710",
        "vendor_id": "0x1002",
        "device_id": "0x7460",
        "num_compute_units": 54,
        "target_graphics_version": "gfx1101",
    }
    bus = {"bdf": f"0001:0{number}:00.0", "max_pcie_width": 16}
    return {"gpu": number, "asic": asic, "bus": bus, "driver": {"version": "6.10.5"}, **more}


SIZE = {"type": "GDDR6", "vendor": "SAMSUNG", "size": {"value": 28672, "unit": "MB"}}


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize(
    "vram", [SIZE, {"size": "28672 MB"}, {"size_mb": 28672}, {"size": {"value": 28, "unit": "GB"}}]
)
def test_json_of_amd_smi_in_every_shape(vram: dict[str, Any], wrapped: bool) -> None:
    gpus = [gpu(number, vram=vram) for number in range(2)]
    text = "WARNING: low power\n" + json.dumps({"gpu_data": gpus} if wrapped else gpus, indent=4)
    first, second = devices(text)
    assert (first.name, first.gfx, first.compute_units) == ("AMD Radeon PRO V710", "gfx1101", 54)
    assert (first.memory_gib, first.usable_gib, first.integrated) == (28.0, 28.0, False)
    assert (first.pci_id, first.bus_id, second.bus_id) == (
        "1002:7460",
        "0001:00:00.0",
        "0001:01:00.0",
    )
    assert versions(text) == {"versions.amdgpu": "6.10.5"}


def test_json_without_values_tells_nothing() -> None:
    text = json.dumps([{"gpu": 0, "asic": {"market_name": "N/A"}, "vram": "N/A", "board": None}])
    (device,) = devices(text)
    assert (device.name, device.memory_gib, device.usable_gib) == (None, None, None)


def test_metrics_tell_sizes_too() -> None:
    sizes = {"total_vram": 16304, "used_vram": 1630, "total_gtt": 32768, "total_visible_vram": 256}
    usage = {name: {"value": value, "unit": "MB"} for name, value in sizes.items()}
    (device,) = devices(json.dumps([{"gpu": 0, "mem_usage": usage}]))
    assert (device.memory_gib, device.used_gib, device.gtt_gib) == (15.922, 1.592, 32.0)
    assert device.details["vis_vram_gib"] == 0.25


def test_lines_of_amd_smi() -> None:
    text = (
        "GPU: 0\n    ASIC:\n        MARKET_NAME: AMD Instinct MI300A\n        VENDOR_ID: 0x1002\n"
        "        DEVICE_ID: 0x74a0\n        TARGET_GRAPHICS_VERSION: gfx942\n    VRAM:\n"
        "        TYPE: HBM\n        SIZE: 96432 MB\n        BIT_WIDTH: N/A\n    PARTITION:\n"
        "        COMPUTE_PARTITION: TPX\n    BUS:\n        BDF: 0003:01:00.0\n\n"
        "GPU: 1\n    BUS:\n        BDF: 0003:02:00.0\n"
    )
    first, second = devices(text)
    assert (first.name, first.gfx, first.partition) == ("AMD Instinct MI300A", "gfx942", "TPX")
    assert (first.memory_gib, first.integrated, first.usable_gib) == (94.172, True, None)
    assert (second.bus_id, second.memory_gib) == ("0003:02:00.0", None)


def test_list_shows_partitions_of_one_gpu_by_its_address() -> None:
    rows = [
        {"gpu": n, "bdf": f"0000:0c:00.{n}", "node_id": 2 + n, "partition_id": n} for n in (0, 1)
    ]
    found = devices(json.dumps(rows))
    assert [(d.card, d.partition, d.details["node"]) for d in found] == [
        (0, "XCP", 2),
        (0, "XCP", 3),
    ]


def test_csv_of_amd_smi() -> None:
    text = (
        "gpu,market_name,device_id,num_compute_units,target_graphics_version,bdf,size\n"
        "0,AMD Radeon RX 9060 XT,0x7590,32,gfx1200,0000:2d:00.0,16304 MB\n"
    )
    (device,) = devices(text)
    assert (device.name, device.memory_gib, device.gfx) == (
        "AMD Radeon RX 9060 XT",
        15.922,
        "gfx1200",
    )


BUILT_IN = """\
ERROR:root:Unable to get devices, driver not initialized (amdgpu not found in modules)
ERROR:root:Unable to detect any GPU devices, check amdgpu version and module status
AMDSMI Tool: 26.1.0+b | AMDSMI Library version: 26.1.0 | ROCm version: N/A
"""


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (
            BUILT_IN,
            "not-loaded",
        ),
        ("ROCk module is NOT loaded, possibly no GPU devices", "not-loaded"),
        ("ERROR:root:Unable to detect any GPU devices, check amdgpu version", "no-devices"),
        ("WARNING: No AMD GPUs specified\n===== ROCm System Management Interface", "no-devices"),
        (
            "ROCk module is loaded\nUnable to open /dev/kfd read-write: Permission denied",
            "permission",
        ),
        ("WARNING: User is missing the following required groups: render, video.", "permission"),
        ('bob is not member of "render" group, the default DRM access group.', "permission"),
        ("Unable to open /dev/kfd read-write: No such file or directory", "not-given"),
        ("Unable to open /dev/kfd read-write: Invalid argument\nroot is member of", "kfd"),
        ("HSA Error:  Incompatible kernel and userspace, Vega 20 disabled.", "mismatch"),
        ("AmdSmiLibraryException: Error code:\n 6 | AMDSMI_STATUS_DRM_ERROR", "tool"),
    ],
)
def test_failures(text: str, rule: str) -> None:
    found = understood(text)
    assert found.devices == ()
    (problem,) = found.problems
    assert problem.rule == f"probe.amd.{rule}"
    assert problem.fix


@pytest.mark.parametrize(
    "text",
    [
        "",
        "command not found",
        "{}",
        "[]",
        '{"gpu_data": []}',
        '[{"gpu": {}}',
        "HCU[0] : Card Series: K100",
        "DCU  Temp   AvgPwr  Fan   Perf\n0    30.0c  38.0W   0.0%  auto\n",
        "NVIDIA-SMI 580.95 Driver Version: 580.95",
    ],
)
def test_texts_of_others_tell_nothing(text: str) -> None:
    found = understood(text)
    assert (found.devices, found.problems, dict(found.software)) == ((), (), {})


SAMPLES = (TABLE, BUILT_IN, json.dumps([gpu(vram=SIZE)], indent=1))


@given(st.sampled_from(SAMPLES), st.integers(0, 3000), st.text(max_size=40))
def test_cut_and_damaged_texts_never_raise(sample: str, place: int, damage: str) -> None:
    for text in (sample[:place], sample[:place] + damage + sample[place:], damage):
        for device in understood(text).accelerators:
            assert device.vendor == "amd"
            assert device.memory_gib is None or device.memory_gib > 0
