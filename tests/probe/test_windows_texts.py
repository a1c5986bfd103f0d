"""GPUs in what wmic, PowerShell, reg and dxdiag print."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.facts.machine import Accelerator
from recommender.probe import windows
from recommender.probe.context import Findings
from recommender.probe.windows.adapters import adapter
from tests.probe.fake_windows import ADAPTERS

PIPED = "NVIDIA RTX A2000|3221225472\nAMD Radeon(TM) Graphics|536870912\n"
WMIC_CSV = (
    "\r\r\nNode,AdapterRAM,Name\r\r\n"
    "PC,536870912,AMD Radeon(TM) Graphics\r\r\nPC,3221225472,NVIDIA RTX A2000\r\r\n"
)
WMIC_LIST = (
    "\r\r\n\r\r\nAdapterRAM=3221225472\r\r\nName=NVIDIA RTX A2000\r\r\n\r\r\n\r\r\n"
    "AdapterRAM=536870912\r\r\nName=AMD Radeon(TM) Graphics\r\r\n\r\r\n"
)
WMIC_TABLE = """AdapterRAM  Name
3221225472  NVIDIA RTX A2000
            Some Virtual Display
536870912   AMD Radeon(TM) Graphics
"""
FORMAT_TABLE = """
Name                    AdapterRAM
----                    ----------
NVIDIA RTX A2000        3221225472
AMD Radeon(TM) Graphics  536870912
"""
FORMAT_LIST = """
Name       : NVIDIA RTX A2000
AdapterRAM : 3221225472

Name       : AMD Radeon(TM) Graphics
AdapterRAM : 536870912
"""
REG_QUERY = rf"""
HKEY_LOCAL_MACHINE\{ADAPTERS}\0000
    DriverDesc    REG_SZ    NVIDIA RTX A2000
    HardwareInformation.MemorySize    REG_DWORD    0xfff00000
    HardwareInformation.qwMemorySize    REG_QWORD    0xc0000000

HKEY_LOCAL_MACHINE\{ADAPTERS}\0003
    DriverDesc    REG_SZ    AMD Radeon(TM) Graphics

HKEY_LOCAL_MACHINE\{ADAPTERS}\0003
    HardwareInformation.qwMemorySize    REG_BINARY    0000002000000000

HKEY_LOCAL_MACHINE\{ADAPTERS}\Properties
    DriverDesc    REG_SZ    Intel(R) something else

End of search: 6 match(es) found.
"""
DXDIAG = """---------------
Display Devices
---------------
           Card name: NVIDIA RTX A2000
        Manufacturer: NVIDIA
          Device Key: Enum\\PCI\\VEN_10DE&DEV_2531&SUBSYS_151D1028&REV_A1
      Display Memory: 19332 MB
    Dedicated Memory: 3072 MB
       Shared Memory: 16260 MB
      Driver Version: 31.0.15.3742

           Card name: AMD Radeon(TM) Graphics
        Manufacturer: Advanced Micro Devices, Inc.
    Dedicated Memory: 512 MB

-------------
Sound Devices
-------------
            Description: Speakers (NVIDIA High Definition Audio)
     Driver Version: 1.4.0.1
"""
JSON = json.dumps(
    [
        {"Name": "NVIDIA RTX A2000", "AdapterRAM": 3221225472, "Status": "OK"},
        {"Name": "AMD Radeon(TM) Graphics", "AdapterRAM": 536870912},
        {"Name": "Citrix Indirect Display Adapter", "AdapterRAM": None},
    ]
)
FORMS = {
    "piped": PIPED,
    "wmic csv": WMIC_CSV,
    "quoted csv": '"Name","AdapterRAM"\n"NVIDIA RTX A2000","3221225472"\n'
    '"AMD Radeon(TM) Graphics","536870912"\n',
    "wmic list": WMIC_LIST,
    "wmic list, read as text": WMIC_LIST.replace("\r\r\n", "\n\n"),
    "wmic table": WMIC_TABLE,
    "utf-16": WMIC_TABLE.encode("utf-16").decode("utf-8", "replace"),
    "format-table": FORMAT_TABLE,
    "format-list": FORMAT_LIST,
    "reg query": REG_QUERY,
    "dxdiag": DXDIAG,
    "json": JSON,
    "json inside of a report": json.dumps({"os": "x", "gpus": json.loads(JSON)}),
    "json with a mark": "\ufeff" + JSON,
}


def only(found: Findings) -> Accelerator:
    (device,) = found.accelerators
    return device


@pytest.mark.parametrize("form", FORMS)
def test_forms(form: str) -> None:
    found = windows.understood(FORMS[form])
    sizes = {gpu.name: gpu.memory_gib for gpu in found.accelerators}
    assert sizes == {"NVIDIA RTX A2000": 3.0, "AMD Radeon(TM) Graphics": 0.5}
    assert {gpu.vendor for gpu in found.accelerators} == {"nvidia", "amd"}
    assert found.problems == ()


@pytest.mark.parametrize(
    ("told", "gib", "full"),
    [
        *(("4293918720", None, True), ("4294967295", None, True), ("4294967296", None, True)),
        *(("-1048576", None, True), ("12884901888", 12.0, False), ("4292870144", 3.998, False)),
        *(("0", None, False), ("", None, False), ("n/a", None, False)),
    ],
)
def test_thirty_two_bits_hold_less_than_four_gigabytes(
    told: str, gib: float | None, full: bool
) -> None:
    found = windows.understood(f"Name=AMD Radeon RX 7800 XT\nAdapterRAM={told}\n")
    assert only(found).memory_gib == gib
    problems = [problem.what for problem in found.problems]
    assert len(problems) == (gib is None)
    assert any('"4 GB or more"' in what for what in problems) == full


@pytest.mark.parametrize(
    ("name", "integrated"),
    [
        *(("AMD Radeon(TM) 890M Graphics", True), ("AMD Radeon RX 6650M", False)),
        *(("AMD Radeon 8060S Graphics", True), ("AMD Radeon(TM) RX Vega 11 Graphics", True)),
        *(
            ("Radeon RX Vega", False),
            ("AMD Radeon Pro W7900", False),
            ("AMD Radeon HD 7970", False),
        ),
        *(("Intel(R) Iris(R) Xe Graphics", True), ("Intel(R) Iris(R) Xe MAX Graphics", False)),
        *(("Intel(R) Arc(TM) Graphics", True), ("Intel(R) Arc(TM) 140V GPU (16GB)", True)),
        *(("Intel(R) Arc(TM) A770 Graphics", False), ("Intel(R) Arc(TM) Pro B60 Graphics", False)),
        *(("Intel(R) HD Graphics 4600", True), ("NVIDIA GeForce RTX 5080", False)),
        ("Qualcomm(R) Adreno(TM) X1-85 GPU", True),
    ],
)
def test_graphics_of_processors(name: str, integrated: bool) -> None:
    assert only(windows.understood(f"{name}|1073741824")).integrated == integrated


@pytest.mark.parametrize(
    "name",
    [
        *("Microsoft Basic Display Adapter", "Parsec Virtual Display Adapter"),
        *("Microsoft Remote Display Adapter", "VMware SVGA 3D", "VirtualBox Graphics Adapter"),
        *("Red Hat QXL controller", "DisplayLink USB Device", "ASPEED Graphics Family(WDDM)"),
        *("Virtual Desktop Monitor", "Microsoft Hyper-V Video", "AMD Link Display Adapter", ""),
    ],
)
def test_adapters_that_compute_nothing(name: str) -> None:
    assert windows.understood(f"{name}|1073741824\n") == Findings()


def test_a_card_without_its_driver() -> None:
    text = json.dumps(
        {
            "Name": "Microsoft Basic Display Adapter",
            "PNPDeviceID": r"PCI\VEN_10DE&DEV_2684&SUBSYS_1&REV_A1\4&1",
            "AdapterRAM": 0,
            "DriverVersion": "10.0.26100.1",
        }
    )
    found = windows.understood(text)
    gpu = only(found)
    assert (gpu.vendor, gpu.name, gpu.pci_id) == ("nvidia", None, "10de:2684")
    assert (gpu.driver_bound, gpu.usable_gib) == (False, 0.0)
    assert [problem.rule for problem in found.problems] == ["probe.windows.no-driver"]
    assert found.software == {}


@pytest.mark.parametrize(
    ("name", "version", "key", "told"),
    [
        ("NVIDIA T1000", "32.0.15.7652", "nvidia_driver", "576.52"),
        ("NVIDIA T1000", "27.21.14.5671", "nvidia_driver", "456.71"),
        ("NVIDIA T1000", "unknown", "nvidia_driver", "unknown"),
        ("AMD Radeon Pro W6600", "31.0.24033.1003", "versions.amd-driver", "31.0.24033.1003"),
        ("Intel(R) UHD Graphics", "32.0.101.5768", "versions.intel-driver", "32.0.101.5768"),
    ],
)
def test_versions_of_drivers(name: str, version: str, key: str, told: str) -> None:
    found = windows.understood(f"Name : {name}\nDriverVersion : {version}\n")
    assert found.software[key][0] == told


def test_a_paravirtual_gpu_is_known_by_its_name() -> None:
    record = {"name": "NVIDIA RTX 6000 Ada", "pnpdeviceid": r"PCI\VEN_1414&DEV_008E\1"}
    found = adapter(record)
    assert found is not None
    assert (found.vendor, found.pci_id) == ("nvidia", None)
    adreno = adapter({"name": "GPU", "matchingdeviceid": r"ACPI\QCOM0C36"})
    assert adreno is not None
    assert adreno.vendor == "qualcomm"


@given(st.data())
def test_no_text_breaks_the_reader(data: st.DataObject) -> None:
    whole = data.draw(st.sampled_from(list(FORMS.values())))
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(whole))] * 2)))
    text = whole[:start] + data.draw(st.text(max_size=60)) + whole[end:]
    assert all(gpu.vendor for gpu in windows.understood(text).accelerators)


@pytest.mark.parametrize("filler", [" ", "|", "a b", "-", "\n", ",", "=", "Name ", "{", '"'])
def test_long_texts_are_read_in_time(filler: str) -> None:
    text = filler * (400_000 // len(filler))
    assert windows.understood(text).devices == ()
