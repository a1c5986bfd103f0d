"""GPUs of Macs in what system_profiler, ioreg and sysctl print."""

import json
import plistlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.facts.machine import Accelerator
from recommender.probe import apple
from recommender.probe.context import Findings

M2_PRO = {
    "_name": "Apple M2 Pro",
    "spdisplays_mtlgpufamilysupport": "spdisplays_metal3",
    "spdisplays_ndrvs": [{"_name": "Color LCD", "spdisplays_main": "spdisplays_yes"}],
    "spdisplays_vendor": "sppci_vendor_Apple",
    "sppci_bus": "spdisplays_builtin",
    "sppci_cores": "19",
    "sppci_model": "Apple M2 Pro",
}
PLAIN_TWO = """Graphics/Displays:

    Intel Iris Plus Graphics 645:

      Chipset Model: Intel Iris Plus Graphics 645
      Type: GPU
      Bus: Built-In
      VRAM (Dynamic, Max): 1536 MB
      Vendor: Intel
      Device ID: 0x3ea6
      Metal Family: Supported, Metal GPUFamily macOS 2
      Displays:
        Color LCD:
          Display Type: Built-In Retina LCD
          Vendor: Nobody

    AMD Radeon RX 580:

      Chipset Model: AMD Radeon RX 580
      Type: External GPU
      Bus: PCIe
      VRAM (Total): 8 GB
      Vendor: AMD (0x1002)
      Device ID: 0x67df
      Metal: Supported, feature set macOS GPUFamily2 v1
"""
REGISTRY = """
+-o AGXAcceleratorG13X  <class AGXAcceleratorG13X, id 0x1, registered, matched, active>
    {
      "model" = "Apple M1 Max"
      "gpu-core-count" = 24
    }
+-o AppleANS3NVMeController  <class AppleANS3NVMeController, id 0x2, registered>
    {
      "model" = "APPLE SSD AP1024R"
    }
"""
MAC_MINI = (
    "machdep.cpu.brand_string: Apple M4 Pro\nhw.memsize: 51539607552\nkern.osproductversion: 26.1\n"
)


def only(found: Findings) -> Accelerator:
    (device,) = found.accelerators
    return device


def test_json_and_xml_and_plain_say_the_same() -> None:
    plain = """
      Chipset Model: Apple M2 Pro
      Type: GPU
      Bus: Built-In
      Total Number of Cores: 19
      Vendor: Apple (0x106b)
      Metal Support: Metal 3
"""
    section = {"_dataType": "SPDisplaysDataType", "_items": [M2_PRO]}
    texts = (
        json.dumps({"SPDisplaysDataType": [M2_PRO]}, indent=2),
        plistlib.dumps([section]).decode(),
        plain,
    )
    for text in texts:
        gpu = only(apple.understood(text))
        assert (gpu.vendor, gpu.name, gpu.chip) == ("apple", "Apple M2 Pro", "M2 Pro")
        assert (gpu.compute_units, gpu.details["metal"]) == (19, "metal3")
        assert (gpu.unified, gpu.integrated, gpu.memory_gib) == (True, True, None)
        assert gpu.usable_gib is None


@pytest.mark.parametrize(
    ("changed", "name", "chip"),
    [
        ({"_name": "kHW_AppleM2ProItem"}, "Apple M2 Pro", "M2 Pro"),
        ({"_name": "kHW_AppleM2Item", "sppci_model": None}, "Apple M2", "M2"),
        ({"sppci_model": "Apple A18 Pro"}, "Apple A18 Pro", "A18 Pro"),
        ({"sppci_model": "Apple M3 Ultra"}, "Apple M3 Ultra", "M3 Ultra"),
        ({"sppci_model": "Apple Paravirtual device"}, "Apple Paravirtual device", None),
    ],
)
def test_names(changed: dict[str, str | None], name: str, chip: str | None) -> None:
    entry = {key: value for key, value in {**M2_PRO, **changed}.items() if value is not None}
    gpu = only(apple.understood(json.dumps({"SPDisplaysDataType": [entry]})))
    assert (gpu.name, gpu.chip) == (name, chip)


@pytest.mark.parametrize(
    ("key", "value", "family"),
    [
        ("spdisplays_mtlgpufamilysupport", "spdisplays_metal4", "metal4"),
        ("spdisplays_metal", "spdisplays_supported", None),
        ("spdisplays_metalfamily", "spdisplays_mtlgpufamilymac2", None),
    ],
)
def test_the_family_of_metal(key: str, value: str, family: str | None) -> None:
    entry = {"sppci_model": "Apple M3", key: value}
    gpu = only(apple.understood(json.dumps({"SPDisplaysDataType": [entry]})))
    assert gpu.details.get("metal") == family


def test_intel_macs_have_gpus_of_other_makers() -> None:
    shared, own = apple.understood(PLAIN_TWO).accelerators
    assert (shared.vendor, shared.name) == ("intel", "Intel Iris Plus Graphics 645")
    assert (shared.memory_gib, shared.usable_gib, shared.details["shared_gib"]) == (None, 1.5, 1.5)
    assert (shared.integrated, shared.unified, shared.pci_id) == (True, True, "8086:3ea6")
    assert (own.vendor, own.memory_gib, own.pci_id) == ("amd", 8.0, "1002:67df")
    assert (own.integrated, own.unified, own.details.get("metal")) == (False, False, None)


def test_a_size_of_several_keys() -> None:
    entries = [
        {
            "_name": "Intel HD Graphics 530",
            "_spdisplays_vram": "1536 MB",
            "spdisplays_vram_shared": "1536 MB",
        },
        {"sppci_model": "NVIDIA GeForce GT 650M", "_spdisplays_vram": "1 GB"},
        {"sppci_model": "ATI Radeon HD 5770"},
    ]
    found = apple.understood(json.dumps({"SPDisplaysDataType": entries})).accelerators
    assert [gpu.vendor for gpu in found] == ["intel", "nvidia", "amd"]
    assert [gpu.memory_gib for gpu in found] == [None, 1.0, None]


def test_displays_of_virtual_machines_are_no_gpus() -> None:
    entries = [
        {"_name": "Display", "spdisplays_vendor-id": "0x1234", "spdisplays_vram": "7 MB"},
        {"sppci_model": "VMware SVGA II", "spdisplays_vendor": "VMware (0x15ad)"},
        {"sppci_bus": "spdisplays_builtin"},
        "not an entry",
    ]
    assert apple.understood(json.dumps({"SPDisplaysDataType": entries})) == Findings()


def test_the_registry_has_disks_too() -> None:
    gpu = only(apple.understood(REGISTRY))
    assert (gpu.name, gpu.compute_units, gpu.unified) == ("Apple M1 Max", 24, True)
    other = '+-o AMDRadeonX5000 <class AMDAccelerator>\n"model" = <"AMD Radeon Pro Vega 48">\n'
    other += '"VRAM,totalMB" = 8176\n'
    assert only(apple.understood(other)).memory_gib == 7.984


@pytest.mark.parametrize(
    ("line", "usable", "told"),
    [
        ("iogpu.wired_limit_mb: 0", 37.44, 0),
        ("iogpu.wired_limit_mb: 43008", 42.0, 43008),
        ("iogpu.wired_limit_mb: 999999", 48.0, 999999),
        ("debug.iogpu.wired_limit: 42949672960", 40.0, 40960),
        ("", 37.44, None),
    ],
)
def test_a_limit_that_somebody_set(line: str, usable: float, told: int | None) -> None:
    device = apple.understood(MAC_MINI + line).devices[0]
    assert device.accelerator.usable_gib == usable
    assert device.accelerator.details.get("wired_limit_mb") == told
    estimated = device.evidence["usable_gib"].startswith("estimate")
    assert estimated == (not told)


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "{}", "null", '{"SPDisplaysDataType": 5}', "<?xml version='1.0'?>"),
        *('{"SPDisplaysDataType": [[]]}', "<?xml version='1.0'?><plist><array><dict>"),
        *("<?xml version='1.0'?><plist><string>a</string></plist>", "+-o <class \x00>"),
        *('{"SPDisplaysDataType": {"sppci_model": "Apple M1"}}', "Chipset Model:"),
    ],
)
def test_what_is_no_report(text: str) -> None:
    assert apple.understood(text) == Findings()


@given(st.data())
def test_no_text_breaks_the_reader(data: st.DataObject) -> None:
    whole = data.draw(st.sampled_from([PLAIN_TWO, REGISTRY, MAC_MINI, json.dumps(M2_PRO)]))
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(whole))] * 2)))
    text = whole[:start] + data.draw(st.text(max_size=60)) + whole[end:]
    found: Any = apple.understood(text)
    assert all(gpu.vendor for gpu in found.accelerators)


@pytest.mark.parametrize(
    ("bus", "memory", "shared"), [("PCIe", 2.0, None), ("Built-In", None, 2.0)]
)
def test_dynamic_memory_is_a_cards_own(
    bus: str, memory: float | None, shared: float | None
) -> None:
    text = (
        "Graphics/Displays:\n\n    AMD Radeon X:\n\n      Chipset Model: AMD Radeon X\n"
        f"      Bus: {bus}\n      VRAM (Dynamic, Max): 2048 MB\n      Vendor: AMD (0x1002)\n"
    )
    device = only(apple.understood(text))
    assert (device.memory_gib, device.details.get("shared_gib")) == (memory, shared)


def test_an_entry_without_a_name_is_no_gpu() -> None:
    entry = {"spdisplays_vendor": "Apple (0x106b)"}
    assert apple.understood(json.dumps({"SPDisplaysDataType": [entry]})).devices == ()
