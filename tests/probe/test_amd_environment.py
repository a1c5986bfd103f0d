"""What the environment and the installed ROCm change about AMD's GPUs."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recommender.probe import amd, pci
from recommender.probe.amd import software
from recommender.probe.context import Context
from recommender.probe.files import Files
from tests.probe.conftest import Root

Probed = Callable[..., dict[str, Any]]
Program = Callable[[str, str], Path]

BUS = "0000:2f:00.0"
FOLDER = f"sys/bus/pci/devices/{BUS}"
NODES = "sys/class/kfd/kfd/topology/nodes"


def properties(**facts: int) -> str:
    usual = {"simd_count": 192, "simd_per_cu": 2, "gfx_target_version": 110000}
    ids = {"vendor_id": 4098, "device_id": 0x744C, "location_id": 0x2F00}
    return "".join(f"{name} {value}\n" for name, value in {**usual, **ids, **facts}.items())


@pytest.fixture
def card(root: Root) -> Root:
    root.pci(BUS, "1002:744c", "030000", "amdgpu")
    root.files({f"{FOLDER}/mem_info_vram_total": "25753026560\n", f"{FOLDER}/board_info": ""})
    return root.files({"dev/kfd": "", f"{NODES}/1/properties": properties()})


def rules(machine: dict[str, Any]) -> list[str]:
    return [problem["rule"] for problem in machine["problems"]]


@pytest.mark.parametrize("variable", ["HSA_OVERRIDE_GFX_VERSION", "HSA_OVERRIDE_GFX_VERSION_1"])
def test_a_pretended_instruction_set_is_the_effective_one(
    card: Root, probed: Probed, variable: str
) -> None:
    card.file(f"{NODES}/1/properties", properties(gfx_target_version=100301))
    machine = probed(**{variable: "10.3.0"})
    assert machine["accelerators"][0]["gfx"] == "gfx1030"
    (problem,) = machine["problems"]
    assert problem["rule"] == "probe.amd.override"
    assert all(word in problem["what"] for word in (variable, "gfx1031", "gfx1030"))


def test_the_source_of_a_pretended_instruction_set_is_the_variable(card: Root) -> None:
    env = {"HSA_OVERRIDE_GFX_VERSION": "11.0.1"}
    bus = pci.scan(Files(card.path))
    context = Context(files=Files(card.path), env=env, live=False, pci=bus)
    (device,) = amd.probe(context).devices
    assert device.evidence["gfx"] == "HSA_OVERRIDE_GFX_VERSION"
    assert device.evidence["memory_gib"] == f"/{FOLDER}"


@pytest.mark.usefixtures("card")
def test_the_same_instruction_set_or_nonsense_changes_nothing(probed: Probed) -> None:
    assert rules(probed(HSA_OVERRIDE_GFX_VERSION="11.0.0")) == []
    machine = probed(HSA_OVERRIDE_GFX_VERSION="newest")
    assert (machine["accelerators"][0]["gfx"], rules(machine)) == ("gfx1100", [])


def four(root: Root) -> None:
    for number in range(4):
        text = properties(location_id=number << 8, unique_id=0xA0 + number)
        root.file(f"{NODES}/{number}/properties", text)


@pytest.mark.parametrize(
    ("env", "shown"),
    [
        ({}, [None, None, None, None]),
        ({"HIP_VISIBLE_DEVICES": "1"}, [False, True, False, False]),
        ({"CUDA_VISIBLE_DEVICES": "0,3"}, [True, False, False, True]),
        (
            {"HIP_VISIBLE_DEVICES": "2", "CUDA_VISIBLE_DEVICES": "0"},
            [False, False, True, False],
        ),
        ({"ROCR_VISIBLE_DEVICES": "GPU-00000000000000a2,0"}, [True, False, True, False]),
        (
            {"ROCR_VISIBLE_DEVICES": "2,3", "HIP_VISIBLE_DEVICES": "1"},
            [False, False, False, True],
        ),
        ({"ROCR_VISIBLE_DEVICES": "9"}, [False, False, False, False]),
    ],
)
def test_hidden_devices(root: Root, env: dict[str, str], shown: list[bool | None]) -> None:
    four(root)
    found = amd.probe(Context(files=Files(root.path), env=env, live=False))
    assert [device.visible for device in found.accelerators] == shown
    hidden = [problem for problem in found.problems if problem.rule == "probe.amd.hidden"]
    assert bool(hidden) is (True not in shown and None not in shown)


@pytest.mark.parametrize(
    ("files", "env", "version"),
    [
        ({"opt/rocm/.info/version": "6.2.4-120\n"}, {}, "6.2.4"),
        ({"opt/rocm-6.4.1/.info/version": "6.4.1-83\n"}, {}, "6.4.1"),
        (
            {"opt/rocm-6.9.0/.info/version": "6.9.0\n", "opt/rocm-6.10.0/.info/version": "6.10.0"},
            {},
            "6.10.0",
        ),
        (
            {"opt/rocm/.info/version": "6.2.4\n", "home/me/rocm/.info/version": "7.1.0\n"},
            {"ROCM_PATH": "/home/me/rocm"},
            "7.1.0",
        ),
        ({"opt/rocm/core-7.11/.info/version": "7.11.0\n"}, {}, "7.11.0"),
        (
            {
                "usr/include/rocm-core/rocm_version.h": "#define ROCM_VERSION_MAJOR   6\n"
                "#define ROCM_VERSION_MINOR   3\n#define ROCM_VERSION_PATCH   1\n"
            },
            {},
            "6.3.1",
        ),
        ({"opt/rocm/.info/version": "unknown\n"}, {}, None),
        ({}, {"ROCM_PATH": "relative"}, None),
    ],
)
def test_version_of_rocm(
    root: Root, files: dict[str, str], env: dict[str, str], version: str | None
) -> None:
    root.path.mkdir()
    root.files(files)
    told = software.versions(Context(files=Files(root.path), env=env))
    assert told.get("rocm", (None, ""))[0] == version


def test_version_of_the_driver(card: Root, probed: Probed) -> None:
    card.file("proc/sys/kernel/osrelease", "6.8.0-50-generic\n")
    assert probed()["software"]["versions"]["amdgpu"] == "6.8.0-50-generic"
    card.file("sys/module/amdgpu/version", "6.10.5\n")
    assert probed()["software"]["versions"]["amdgpu"] == "6.10.5"
