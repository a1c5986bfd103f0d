"""AMD's GPUs as the kernel and the tools of ROCm tell of them, on made-up computers."""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recommender.facts.machine import Os
from recommender.probe import amd, probe
from recommender.probe.context import Context
from recommender.probe.files import Files
from tests.probe.conftest import Root

Probed = Callable[..., dict[str, Any]]
Program = Callable[[str, str], Path]

BUS = "0000:2f:00.0"
FOLDER = f"sys/bus/pci/devices/{BUS}"
NODE = "sys/class/kfd/kfd/topology/nodes/1"
VRAM = 25753026560


@pytest.fixture
def card(root: Root) -> Root:
    """One card for games on a computer with the whole of the driver."""
    root.pci(BUS, "1002:744c", "030000", "amdgpu")
    root.files({f"{FOLDER}/revision": "0xc8\n", f"{FOLDER}/mem_info_vram_total": f"{VRAM}\n"})
    root.files({f"{FOLDER}/mem_info_gtt_total": "33000000000\n", f"{FOLDER}/board_info": "cem\n"})
    root.files({"dev/kfd": "", "dev/dri/renderD128": "", f"{FOLDER}/drm/renderD128/dev": "1\n"})
    return root.file(f"{NODE}/properties", properties())


def properties(**facts: int) -> str:
    usual = {"simd_count": 192, "simd_per_cu": 2, "gfx_target_version": 110000, "domain": 0}
    ids = {"vendor_id": 4098, "device_id": 0x744C, "location_id": 0x2F00, "drm_render_minor": 128}
    return "".join(f"{name} {value}\n" for name, value in {**usual, **ids, **facts}.items())


def listed(root: Root) -> Root:
    return root.file(
        "usr/share/libdrm/amdgpu.ids",
        "# List\n1.0.0\n744C,\tC4,\tAMD Radeon RX 7900 XT\n744C,\tC8,\tAMD Radeon RX 7900 XTX\n",
    )


def rules(machine: dict[str, Any]) -> list[str]:
    return [problem["rule"] for problem in machine["problems"]]


def test_named_by_the_list_of_libdrm(card: Root, probed: Probed) -> None:
    listed(card)
    machine = probed()
    (device,) = machine["accelerators"]
    assert (device["name"], device["gfx"], device["compute_units"]) == (
        "AMD Radeon RX 7900 XTX",
        "gfx1100",
        96,
    )
    assert (device["memory_gib"], device["usable_gib"]) == (23.984, 23.984)
    assert rules(machine) == []


@pytest.mark.parametrize(
    ("product", "name"),
    [("AMD Radeon PRO W7900\n", "AMD Radeon PRO W7900"), ("0x744c\n", None), ("N/A\n", None)],
)
def test_named_by_the_board(card: Root, probed: Probed, product: str, name: str | None) -> None:
    card.file(f"{FOLDER}/product_name", product)
    assert probed()["accelerators"][0]["name"] == name


def test_no_tool_is_started_where_the_kernel_tells_all(
    card: Root, probed: Probed, program: Program
) -> None:
    listed(card)
    called = card.path / "called"
    for name in ("amd-smi", "rocm-smi", "rocminfo"):
        folder = program(name, f"touch {called}")
    probed(path=folder)
    assert not called.exists()


def test_only_the_quick_tool_is_asked_for_a_name(
    card: Root, probed: Probed, program: Program
) -> None:
    called = card.path / "called"
    program("amd-smi", f"touch {called}")
    folder = program("rocminfo", f"cat <<'E'\n{ROCMINFO}\nE")
    (device,) = probed(path=folder)["accelerators"]
    assert device["name"] == "AMD Radeon RX 7900 XTX"
    assert device["memory_gib"] == 23.984
    assert not called.exists()


ROCMINFO = """\
ROCk module version 6.12.12 is loaded
*******
Agent 1
*******
  Name:                    AMD Ryzen 5 7600 6-Core Processor
  Marketing Name:          AMD Ryzen 5 7600 6-Core Processor
  Device Type:             CPU
*******
Agent 2
*******
  Name:                    gfx1100
  Marketing Name:          AMD Radeon RX 7900 XTX
  Node:                    1
  Device Type:             GPU
"""


def static(**more: object) -> str:
    asic = {
        "market_name": "AMD Radeon RX 7900 XTX",
        "vendor_id": "0x1002",
        "device_id": "0x744c",
        "num_compute_units": 96,
        "target_graphics_version": "gfx1100",
    }
    gpu = {
        "gpu": 0,
        "asic": asic,
        "bus": {"bdf": BUS},
        "vram": {"size": {"value": 24560, "unit": "MB"}},
        **more,
    }
    return f"cat <<'E'\n{json.dumps({'gpu_data': [gpu]})}\nE"


def test_tools_fill_what_an_old_kernel_leaves_out(
    card: Root, probed: Probed, program: Program
) -> None:
    (card.path / FOLDER / "mem_info_vram_total").unlink()
    card.file(f"{NODE}/properties", properties(gfx_target_version=0))
    machine = probed(path=program("amd-smi", static()))
    (device,) = machine["accelerators"]
    assert (device["gfx"], device["memory_gib"]) == ("gfx1100", 23.984)
    assert device["details"]["node"] == 1
    assert rules(machine) == []


def test_what_nobody_tells_is_unknown_and_said(card: Root, probed: Probed) -> None:
    (card.path / FOLDER / "mem_info_vram_total").unlink()
    card.file(f"{NODE}/properties", properties(gfx_target_version=0))
    machine = probed()
    (device,) = machine["accelerators"]
    assert (device["gfx"], device["memory_gib"], device["usable_gib"]) == (None, None, None)
    assert rules(machine) == ["probe.amd.memory", "probe.amd.target"]


def test_tools_alone_where_sysfs_is_masked(root: Root, program: Program) -> None:
    program("rocminfo", f"cat <<'E'\n{ROCMINFO}\nE")
    env = {"PATH": f"{program('amd-smi', static())}:/usr/bin:/bin"}
    root.files({"dev/kfd": "", "dev/dri/renderD128": ""})
    found = amd.probe(Context(files=Files(root.path), env=env))
    (device,) = found.accelerators
    assert (device.name, device.memory_gib) == ("AMD Radeon RX 7900 XTX", 23.984)
    assert (device.bus_id, device.details["node"]) == (BUS, 1)


def test_wsl_has_its_gpus_from_the_tools(root: Root, program: Program) -> None:
    env = {"PATH": f"{program('rocminfo', f'echo; cat {root.path}/told')}:/usr/bin:/bin"}
    root.files({"dev/dxg": "", "opt/rocm/.info/version": "6.4.2\n", "told": ROCMINFO})
    found = amd.probe(Context(files=Files(root.path), env=env, os=Os(wsl=True)))
    assert [device.gfx for device in found.accelerators] == ["gfx1100"]
    assert found.software["rocm"] == ("6.4.2", "/opt/rocm/.info/version")


@pytest.mark.usefixtures("card")
@pytest.mark.parametrize("script", ["sleep 30", "exec yes '{[,'", "kill -SEGV $$", "exit 2"])
def test_broken_tools_cost_no_more_than_their_time(
    probed: Probed, program: Program, script: str
) -> None:
    for name in ("amd-smi", "rocm-smi", "rocminfo"):
        folder = program(name, script)
    start = time.monotonic()
    (device,) = probed(path=folder)["accelerators"]
    assert time.monotonic() - start < 4.6
    assert (device["name"], device["memory_gib"]) == (None, 23.984)


def test_a_complaint_of_a_tool_is_passed_on_where_it_explains(
    card: Root, probed: Probed, program: Program
) -> None:
    (card.path / FOLDER / "mem_info_vram_total").unlink()
    words = "Unable to open /dev/kfd read-write: Invalid argument"
    machine = probed(path=program("rocminfo", f"echo ROCk module is loaded; echo {words}"))
    assert "probe.amd.kfd" in rules(machine)


@pytest.mark.parametrize("name", ["dev/kfd", "dev/dri/renderD128"])
def test_device_nodes_that_may_not_be_opened(
    card: Root, probed: Probed, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    closed = str(card.path / name)
    real = os.access
    # Tests may run as root, to whom every file is open.
    monkeypatch.setattr(os, "access", lambda path, mode: path != closed and real(path, mode))
    (problem,) = probed()["problems"]
    assert problem["rule"] == "probe.amd.permission"
    assert f"/{name}" in problem["what"]
    assert "usermod -aG render,video" in problem["fix"]


def test_a_driver_without_its_compute_half(card: Root, probed: Probed) -> None:
    (card.path / "dev/kfd").unlink()
    assert rules(probed()) == ["probe.amd.kfd"]


def test_a_container_without_the_devices(card: Root, probed: Probed) -> None:
    (card.path / "dev/kfd").unlink()
    card.file(".dockerenv")
    (problem,) = probed()["problems"]
    assert problem["rule"] == "probe.amd.not-given"
    assert "--device /dev/kfd --device /dev/dri" in problem["fix"]


def test_a_container_that_tells_of_its_node_needs_no_devices(card: Root) -> None:
    (card.path / "dev/kfd").unlink()
    card.file(".dockerenv")
    machine = probe(card.path, env={}, live=True, node=True)
    assert [device.memory_gib for device in machine.accelerators] == [
        pytest.approx(VRAM / 2**30, abs=1e-3)
    ]
    assert not [problem for problem in machine.problems if problem.rule == "probe.amd.not-given"]


def test_a_container_with_half_of_the_devices(card: Root, probed: Probed) -> None:
    (card.path / "dev/dri/renderD128").unlink()
    card.file(".dockerenv")
    assert rules(probed()) == ["probe.amd.not-given"]


def test_a_container_is_not_given_every_card_of_the_bus(card: Root, probed: Probed) -> None:
    other = "0000:41:00.0"
    folder = f"sys/bus/pci/devices/{other}"
    card.file(".dockerenv").pci(other, "1002:744c", "030000", "amdgpu")
    card.file(f"{folder}/mem_info_vram_total", f"{VRAM}\n")
    card.file(f"{folder}/drm/renderD129/dev", "1\n")
    assert [device["bus_id"] for device in probed()["accelerators"]] == [BUS]


def test_a_card_that_the_kernel_does_not_compute_with(card: Root, probed: Probed) -> None:
    old = "0000:05:00.0"
    folder = f"sys/bus/pci/devices/{old}"
    card.pci(old, "1002:67df", "030000", "amdgpu")
    card.files({f"{folder}/mem_info_vram_total": "8589934592\n", f"{folder}/board_info": "cem\n"})
    machine = probed()
    first, second = machine["accelerators"]
    assert (first["gfx"], first["card"]) == ("gfx1100", 0)
    assert (second["gfx"], second["card"], second["memory_gib"]) == (None, 1, 8.0)
    (problem,) = machine["problems"]
    assert problem["rule"] == "probe.amd.no-compute"
    assert old in problem["what"]


def test_hygons_devices_are_not_amds(root: Root, program: Program) -> None:
    root.files({"dev/kfd": "", "sys/module/hycu/version": "6.3.17\n"})
    root.file(f"{NODE}/properties", properties(vendor_id=0x1D94))
    folder = program("rocminfo", f"cat <<'E'\n{ROCMINFO}\nE")
    env = {"PATH": f"{folder}:/usr/bin:/bin"}
    assert amd.probe(Context(files=Files(root.path), env=env)).devices == ()
