"""Hygon's DCUs as the kernel and hy-smi tell of them; all texts are made up."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.facts.machine import Accelerator
from recommender.probe.hygon import understood
from tests.probe.conftest import Root

Probed = Callable[..., dict[str, Any]]
Program = Callable[[str, str], Path]

TABLE = """\
============================ System Management Interface =============================
======================================================================================
HCU     Temp     AvgPwr     Perf     PwrCap     VRAM%      HCU%      Dec%      Mode
0       41.0C    83.0W      auto     350.0W     0%         0.0%      0.0%      Normal
1       44.0C    85.0W      auto     350.0W     12%        3.0%      0.0%      Normal
======================================================================================
=================================== End of SMI Log ===================================
"""
LINES = """\
DCU[0]\t\t: Card Series:\t\tZ100L
DCU[0]\t\t: Card Vendor:\t\tChengdu C-3000 IC Design Co., Ltd.
DCU[0]\t\t: vram Total Memory (MiB): 32752
DCU[0]\t\t: vram Total Used Memory (MiB): 1024
Driver Version: 6.2.31
"""
BUS = "0000:3a:00.0"
FOLDER = f"sys/bus/pci/devices/{BUS}"


def devices(text: str) -> list[Accelerator]:
    return list(understood(text).accelerators)


def answer(count: int, **more: str) -> str:
    row = {"Card Series": "K100_AI", "vram Total Memory (MiB)": "65520", **more}
    return json.dumps({f"card{number}": row for number in range(count)})


def test_the_table_tells_neither_names_nor_sizes() -> None:
    for text in (TABLE, TABLE.replace("HCU", "DCU")):
        assert [(d.vendor, d.name, d.memory_gib) for d in devices(text)] == [
            ("hygon", None, None),
            ("hygon", None, None),
        ]


def test_lines() -> None:
    found = understood(LINES)
    (device,) = found.accelerators
    assert (device.name, device.memory_gib, device.used_gib) == ("Z100L", 31.984, 1.0)
    assert found.software == {"versions.hygon-driver": ("6.2.31", "hy-smi")}
    (other,) = devices("HCU[3]: Card Series: BW1000\n")
    assert (other.name, other.index) == ("BW1000", 3)


def test_json_amid_other_words_and_csv() -> None:
    text = f"loading\n{answer(2)}\n====\n"
    assert [(d.name, d.memory_gib) for d in devices(text)] == [("K100_AI", 63.984)] * 2
    csv = "device,HCU use (%),vram Total Memory (MiB)\ncard0,0.0,65520\n"
    assert [d.memory_gib for d in devices(csv)] == [63.984]


def test_agents_of_its_own_rocminfo() -> None:
    text = (
        "  Name:                    Hygon C86 7490\n  Marketing Name:          Hygon C86 7490\n"
        "  Device Type:             CPU\n  Name:                    gfx928\n"
        "  Marketing Name:          K100_AI\n  Device Type:             GPU\n"
        "  Chip ID:                 25104(0x6210)\n  Compute Unit:            120\n"
    )
    (device,) = devices(text)
    assert (device.vendor, device.name, device.gfx) == ("hygon", "K100_AI", "gfx928")
    assert (device.compute_units, device.pci_id) == (120, "1d94:6210")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not found",
        "ROCm System Management Interface\nGPU[0]\t: Card Series: Instinct MI210\n",
        "| AMD-SMI 26.2.0 amdgpu version: 6.16.6 |",
    ],
)
def test_texts_of_others_tell_nothing(text: str) -> None:
    assert devices(text) == []


@given(st.sampled_from((TABLE, LINES, answer(3))), st.integers(0, 900), st.text(max_size=30))
def test_cut_and_damaged_texts_never_raise(sample: str, place: int, damage: str) -> None:
    for text in (sample[:place], sample[:place] + damage + sample[place:], damage):
        assert {device.vendor for device in understood(text).accelerators} <= {"hygon"}


@pytest.fixture
def dcu(root: Root) -> Root:
    """One DCU with its driver, without a list of names."""
    root.pci(BUS, "1d94:6210", "0b4000", "hycu")
    root.files({f"{FOLDER}/mem_info_vram_total": "68702699520\n", "dev/kfd": ""})
    root.file("sys/module/hydcu/version", "6.2.31\n").file("opt/dtk/.info/version", "24.04.3\n")
    return root.file(
        "sys/class/kfd/kfd/topology/nodes/2/properties",
        "simd_count 480\nsimd_per_cu 4\nvendor_id 7572\ndevice_id 25104\nlocation_id 14848\n"
        "gfx_target_version 90208\n",
    )


def rules(machine: dict[str, Any]) -> list[str]:
    return [problem["rule"] for problem in machine["problems"]]


def test_the_kernel_tells_all_but_the_name(dcu: Root, probed: Probed) -> None:
    machine = probed()
    (device,) = machine["accelerators"]
    assert (device["name"], device["memory_gib"], device["gfx"]) == (None, 63.984, "gfx928")
    assert (device["bus_id"], device["compute_units"]) == (BUS, 120)
    assert machine["software"]["versions"] == {"hygon-driver": "6.2.31", "dtk": "24.04.3"}
    assert rules(machine) == []
    dcu.file(f"{FOLDER}/product_name", "K100_AI\n")
    assert probed()["accelerators"][0]["name"] == "K100_AI"


@pytest.mark.usefixtures("dcu")
def test_hy_smi_tells_the_name(probed: Probed, program: Program) -> None:
    script = f"case \"$*\" in *json*) echo '{answer(1)}';; *) echo 'HCU[0] : x';; esac"
    (device,) = probed(path=program("hy-smi", script))["accelerators"]
    assert (device["name"], device["memory_gib"]) == ("K100_AI", 63.984)


def test_hy_smi_off_the_path(dcu: Root, probed: Probed, program: Program) -> None:
    folder = program("hy-smi", f"echo '{LINES}'")
    place = dcu.path / "opt/hyhal/bin/hy-smi"
    place.parent.mkdir(parents=True)
    place.symlink_to(folder / "hy-smi")
    assert probed()["accelerators"][0]["name"] == "Z100L"


@pytest.mark.usefixtures("dcu")
def test_hy_smi_that_counts_otherwise_names_nothing(probed: Probed, program: Program) -> None:
    (device,) = probed(path=program("hy-smi", f"echo '{answer(2)}'"))["accelerators"]
    assert device["name"] is None


def test_without_any_size(dcu: Root, probed: Probed) -> None:
    (dcu.path / FOLDER / "mem_info_vram_total").unlink()
    machine = probed()
    assert machine["accelerators"][0]["memory_gib"] is None
    assert rules(machine) == ["probe.hygon.memory"]


@pytest.mark.usefixtures("dcu")
def test_hidden(probed: Probed) -> None:
    machine = probed(HIP_VISIBLE_DEVICES="")
    assert machine["accelerators"][0]["visible"] is False
    assert rules(machine) == ["probe.hygon.hidden"]


def test_not_given_to_a_container(dcu: Root, probed: Probed) -> None:
    (dcu.path / "dev/kfd").unlink()
    dcu.file(".dockerenv")
    assert rules(probed()) == ["probe.hygon.not-given"]


def test_may_not_be_opened(dcu: Root, probed: Probed, monkeypatch: pytest.MonkeyPatch) -> None:
    closed, real = str(dcu.path / "dev/kfd"), os.access
    # Tests may run as root, to whom every file is open.
    monkeypatch.setattr(os, "access", lambda path, mode: path != closed and real(path, mode))
    assert rules(probed()) == ["probe.hygon.permission"]
