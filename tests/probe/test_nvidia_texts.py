"""What is understood of the outputs of nvidia-smi, of every driver and form."""

from typing import Any

import pytest

from recommender.facts.machine import Accelerator
from recommender.probe.context import Findings
from recommender.probe.nvidia import understood

HEAD = """Mon Feb  2 10:11:12 2026
+-----------------------------------------------------------------------------------------+
| NVIDIA-SMI 580.95.05              Driver Version: 580.95.05      CUDA Version: 13.0     |
+-----------------------------------------+------------------------+----------------------+
| GPU  Name                 Persistence-M | Bus-Id          Disp.A | Volatile Uncorr. ECC |
| Fan  Temp   Perf          Pwr:Usage/Cap |           Memory-Usage | GPU-Util  Compute M. |
|                                         |                        |               MIG M. |
|=========================================+========================+======================|
"""
RULE = (
    "+-----------------------------------------+------------------------+----------------------+\n"
)
PROCESSES = """
+-----------------------------------------------------------------------------------------+
| Processes:                                                                              |
|  GPU   GI   CI              PID   Type   Process name                        GPU Memory |
|        ID   ID                                                               Usage      |
|=========================================================================================|
|    0   N/A  N/A            4711      C   /opt/app/bin/python                    900MiB |
|    1   N/A  N/A              42      G   {process}                     9MiB |
+-----------------------------------------------------------------------------------------+
"""
OLD = """+------------------------------------------------------+
| NVIDIA-SMI 361.93     Driver Version: 361.93         |
|-------------------------------+----------------------+----------------------+
| GPU  Name        Persistence-M| Bus-Id        Disp.A | Volatile Uncorr. ECC |
| Fan  Temp  Perf  Pwr:Usage/Cap|         Memory-Usage | GPU-Util  Compute M. |
|===============================+======================+======================|
|   0  Tesla K80           On   | 0000:05:00.0     Off |                  Off |
| N/A   31C    P8    27W / 149W |      0MiB / 12205MiB |      0%      Default |
+-------------------------------+----------------------+----------------------+
|   1  Tesla K80           On   | 0000:06:00.0     Off |                    2 |
| N/A   28C    P8    30W / 149W |     55MiB / 11439MiB |      0%      Default |
+-------------------------------+----------------------+----------------------+
"""


def gpu(
    first: str = "0  NVIDIA L4                      On",
    bus: str = "00000000:5A:00.0 Off",
    ecc: str = "0",
    second: str = "N/A   40C    P8             12W /   72W",
    memory: str = "512MiB /  23034MiB",
    mig: str = "N/A",
) -> str:
    rows = ((first, bus, ecc), (second, memory, "0%      Default"), ("", "", mig))
    lines = (f"| {a:<39} | {b:>22} | {c:>20} |\n" for a, b, c in rows)
    return "".join(lines) + RULE


def only(text: str) -> Accelerator:
    (device,) = understood(text).accelerators
    return device


def facts(device: Accelerator) -> dict[str, Any]:
    left = {name: getattr(device, name) for name in Accelerator.__dataclass_fields__}
    return {name: value for name, value in left.items() if value not in (None, {}, False)}


def rules(found: Findings) -> list[str | None]:
    return [problem.rule for problem in found.problems]


def test_a_table() -> None:
    found = understood(HEAD + gpu() + PROCESSES)
    (device,) = found.accelerators
    assert facts(device) == {
        "vendor": "nvidia",
        "name": "NVIDIA L4",
        "memory_gib": 22.494,
        "usable_gib": 22.494,
        "used_gib": 0.5,
        "driver_bound": True,
        "bus_id": "0000:5a:00.0",
        "details": {"ecc": "Enabled"},
    }
    assert found.software["nvidia_driver"][0] == "580.95.05"
    assert found.software["cuda"][0] == "13.0"
    assert rules(found) == []


def test_a_table_of_long_ago() -> None:
    found = understood(OLD)
    assert [device.memory_gib for device in found.accelerators] == [11.919, 11.171]
    assert [device.bus_id for device in found.accelerators] == ["0000:05:00.0", "0000:06:00.0"]
    assert [device.details for device in found.accelerators] == [
        {"ecc": "Disabled"},
        {"ecc": "Enabled"},
    ]
    assert rules(found) == ["probe.nvidia.ecc"]
    assert "cuda" not in found.software


@pytest.mark.parametrize("mode", ["Off", "WDDM", "TCC", "MCDM", "N/A"])
def test_the_mode_behind_a_name_is_not_of_the_name(mode: str) -> None:
    assert only(HEAD + gpu(f"0  NVIDIA RTX A2000 12GB          {mode}")).name == (
        "NVIDIA RTX A2000 12GB"
    )


def test_a_cut_name_stays_cut_or_is_completed_by_the_listing() -> None:
    table = HEAD + gpu("0  NVIDIA RTX 5000 Ada Gene...    Off")
    assert only(table).name == "NVIDIA RTX 5000 Ada Gene..."
    listing = "GPU 0: NVIDIA RTX 5000 Ada Generation (UUID: GPU-5)\n"
    assert only(table + listing).name == "NVIDIA RTX 5000 Ada Generation"


@pytest.mark.parametrize("name", ["NVIDIA GB10", "NVIDIA Thor", "Orin (nvgpu)"])
def test_memory_that_is_shared_is_not_told(name: str) -> None:
    found = understood(HEAD + gpu(f"0  {name}      On", memory="Not Supported        "))
    (device,) = found.accelerators
    assert (device.unified, device.memory_gib, device.usable_gib) == (True, None, None)
    assert device.details.get("jetson") == (None if "GB10" in name else True)
    assert rules(found) == []


def test_memory_that_should_be_told_is_missed() -> None:
    found = understood(HEAD + gpu(memory="N/A"))
    assert (found.accelerators[0].memory_gib, found.accelerators[0].unified) == (None, None)
    assert rules(found) == ["probe.nvidia.memory"]


@pytest.mark.parametrize(
    "sick",
    [
        gpu("0  ERR!                           On"),
        gpu(ecc="ERR!"),
        gpu(second="ERR!  40C    P8             12W /   72W"),
        gpu(memory="ERR!"),
        gpu(memory="GPU is lost"),
    ],
)
def test_a_sick_gpu_stays_on_the_list(sick: str) -> None:
    found = understood(HEAD + sick + gpu("1  NVIDIA L4      On", "00000000:5B:00.0 Off"))
    assert [device.usable_gib for device in found.accelerators] == [0.0, 22.494]
    assert len(rules(found)) == 1


@pytest.mark.parametrize(
    "well", [gpu(mig="ERR!"), gpu(second="N/A   40C    P8             12W /  ERR!")]
)
def test_a_tool_that_is_newer_than_the_driver_makes_no_gpu_sick(well: str) -> None:
    assert only(HEAD + well).usable_gib == 22.494


@pytest.mark.parametrize(
    ("tool", "driver", "process", "wsl"),
    [
        ("570.153.02", "577.00", "/usr/bin/app ", True),
        ("580.95.05", "580.95.05", "/Xwayland    ", True),
        ("580.95.05", "580.95.05", "/usr/bin/Xwayland", None),
        ("460.32.03", "418.67", "/usr/bin/app ", None),
        ("535.129.03", "550.90.07", "/usr/bin/app ", None),
        ("591.74", "591.74", "/usr/bin/app ", None),
    ],
)
def test_wsl_shows_by_its_driver_or_its_display_server(
    tool: str, driver: str, process: str, wsl: bool | None
) -> None:
    head = HEAD.replace("SMI 580.95.05", f"SMI {tool}").replace(
        "Version: 580.95.05", f"Version: {driver}"
    )
    device = only(head + gpu() + PROCESSES.format(process=process))
    assert device.details.get("wsl") == wsl


def test_names_of_the_versions_since_driver_610() -> None:
    banner = HEAD.replace("Driver Version: 580.95.05", "KMD Version: 617.14.01").replace(
        "CUDA Version: 13.0", "CUDA UMD Version: 13.4"
    )
    answer = """NVIDIA-SMI version  : 617.14.01
NVML version        : 617.14
DRIVER version      : Deprecated, see "KMD version" instead
CUDA version        : Deprecated, see "CUDA UMD version" instead
KMD version         : 617.14.01
CUDA UMD version    : 13.4
"""
    for text in (banner + gpu(), answer):
        software = understood(text).software
        assert software["nvidia_driver"][0] == "617.14.01"
        assert software["cuda"][0] == "13.4"
    assert understood(answer).software["versions.nvml"][0] == "617.14"
