"""GPUs that only Vulkan knows: what vulkaninfo prints, and where it is asked at all."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recommender.facts.machine import Accelerator
from recommender.probe import merging, vulkan
from recommender.probe.context import Context, Findings, PciDevice
from recommender.probe.files import Files
from tests.probe.conftest import Root

Program = Callable[[str, str], Path]

HEAD = "Vulkan Instance Version: 1.3.290\n\nDevices:\n========\n"
NODE = "sys/class/drm/renderD128"


def block(number: int, **values: str) -> str:
    lines = (f"\t{key:<18} = {value}\n" for key, value in values.items())
    return f"GPU{number}:\n{''.join(lines)}"


def gpu(number: int, name: str, kind: str = "INTEGRATED_GPU", **values: str) -> str:
    return block(
        number,
        apiVersion="1.3.278",
        deviceType=f"PHYSICAL_DEVICE_TYPE_{kind}",
        deviceName=name,
        **values,
    )


ADRENO = gpu(
    0,
    "Qualcomm(R) Adreno(TM) X1-45 GPU",
    vendorID="0x5143",
    deviceID="0x36334330",
    driverID="DRIVER_ID_QUALCOMM_PROPRIETARY",
    deviceUUID="43510000-0600-0000-0000-000000000001",
)
DOZEN = gpu(
    1,
    "Microsoft Direct3D12 (Qualcomm(R) Adreno(TM) X1-45 GPU)",
    vendorID="0x4d4f4351",
    driverID="DRIVER_ID_MESA_DOZEN",
)
LLVMPIPE = gpu(9, "llvmpipe (LLVM 18.1.3, 128 bits)", "CPU", vendorID="0x10005")
MALI = gpu(0, "Mali-G57 MC1 (Panfrost)", vendorID="0x13b5", driverID="DRIVER_ID_MESA_PANVK")
RADEON = {"vendorID": "0x1002", "deviceID": "0x7550"}


def facts(found: Findings, *names: str) -> list[tuple[Any, ...]]:
    return [tuple(getattr(one, name) for name in names) for one in found.accelerators]


def names(text: str) -> list[str | None]:
    return [one.name for one in vulkan.understood(text).accelerators]


def rules(found: Findings) -> list[str | None]:
    return [one.rule for one in found.problems]


# What vulkaninfo prints


def test_the_summary_of_an_integrated_gpu() -> None:
    found = vulkan.understood(HEAD + MALI + LLVMPIPE)
    assert facts(found, "vendor", "name", "integrated", "unified", "memory_gib", "pci_id") == [
        ("arm", "Mali-G57 MC1", True, True, None, None)
    ]
    assert found.accelerators[0].details == {"vulkan": "1.3.278"}
    assert found.software["versions.vulkan"] == ("1.3.290", "vulkaninfo")


@pytest.mark.parametrize("order", [(ADRENO, DOZEN), (DOZEN, ADRENO)])
def test_a_gpu_under_two_drivers_is_one(order: tuple[str, str]) -> None:
    (one,) = vulkan.understood(HEAD + "".join(order)).accelerators
    assert (one.vendor, one.name) == ("qualcomm", "Qualcomm(R) Adreno(TM) X1-45 GPU")


def test_two_equal_cards_are_two_under_any_number_of_drivers() -> None:
    mesa = "AMD Radeon RX 9070 XT (RADV GFX1201)"
    cards = [
        gpu(0, mesa, "DISCRETE_GPU", driverID="DRIVER_ID_MESA_RADV", **RADEON),
        gpu(1, mesa, "DISCRETE_GPU", driverID="DRIVER_ID_MESA_RADV", **RADEON),
        gpu(2, "AMD Radeon RX 9070 XT", "DISCRETE_GPU", driverID="DRIVER_ID_AMD", **RADEON),
        gpu(3, "AMD Radeon RX 9070 XT", "DISCRETE_GPU", driverID="DRIVER_ID_AMD", **RADEON),
    ]
    found = vulkan.understood(HEAD + "".join(cards))
    expected = ("amd", "AMD Radeon RX 9070 XT", False, "1002:7550")
    assert facts(found, "vendor", "name", "unified", "pci_id") == [expected, expected]


def test_the_list_that_every_layer_repeats() -> None:
    layer = (
        "VK_LAYER_MESA_overlay Vulkan version 1.3.211, layer version 1:\n"
        "\tDevices: count = 3\n"
        "\t\tGPU id = 0 (AMD Radeon RX 6700 XT (RADV NAVI22))\n"
        "\t\tLayer-Device Extensions: count = 0\n\n"
        "\t\tGPU id = 1 (Intel(R) UHD Graphics 730 (ADL-S GT1))\n"
        "\t\tGPU id = 2 (llvmpipe (LLVM 17.0.6, 256 bits))\n"
    )
    assert names(layer * 2) == ["AMD Radeon RX 6700 XT", "Intel(R) UHD Graphics 730 (ADL-S GT1)"]


@pytest.mark.parametrize(
    ("name", "plain", "vendor"),
    [
        ("NVIDIA GeForce RTX 2070 (NVK TU106)", "NVIDIA GeForce RTX 2070", "nvidia"),
        ("AMD RADV VEGA10 (ACO)", "AMD RADV VEGA10", "amd"),
        ("Virtio-GPU Venus (Apple M2 Max)", "Apple M2 Max", "apple"),
        ("Apple M1 Ultra (G13D C0)", "Apple M1 Ultra", "apple"),
        ("Microsoft Direct3D12 (Intel(R) Arc(TM) A750)", "Intel(R) Arc(TM) A750", "intel"),
        ("Turnip Adreno (TM) 690", "Turnip Adreno (TM) 690", "qualcomm"),
        ("PowerVR B-Series BXE-4-32", "PowerVR B-Series BXE-4-32", "imagination"),
        ("V3D 7.1.10.2", "V3D 7.1.10.2", "broadcom"),
        ("Some GPU", "Some GPU", None),
    ],
)
def test_names_without_what_drivers_add(name: str, plain: str, vendor: str | None) -> None:
    found = vulkan.understood(f"GPU id = 0 ({name})\n")
    assert facts(found, "name", "vendor") == [(plain, vendor)]


@pytest.mark.parametrize(
    "text",
    [
        HEAD + LLVMPIPE,
        "GPU id = 0 (llvmpipe (LLVM 15.0.7, 256 bits))\n",
        "GPU id = 0 (SwiftShader Device (Subzero))\n",
        "ERROR: [Loader Message] Code 0 : vkCreateInstance: Found no drivers!\n",
        "Cannot create Vulkan instance.\n",
        "vulkaninfo.h:1021: failed with ERROR_INITIALIZATION_FAILED\n",
    ],
)
def test_no_gpu_but_a_word_about_it(text: str) -> None:
    found = vulkan.understood(text)
    assert (found.devices, rules(found)) == ((), ["probe.vulkan.driver"])


@pytest.mark.parametrize("text", ["", "\0", "GPU0:\n", "GPU id = x (A)\n"])
def test_text_of_no_known_form_tells_nothing(text: str) -> None:
    assert vulkan.understood(text) == Findings()


# The probe


def board(root: Root, driver: str, address: str = "1002000000.v3d") -> None:
    """A render node of a device that is on no PCI bus."""
    place = root.path / f"sys/devices/platform/{address}"
    place.mkdir(parents=True)
    (place / "driver").symlink_to(f"../../../bus/platform/drivers/{driver}")
    node = root.path / NODE
    node.mkdir(parents=True)
    (node / "device").symlink_to(f"../../../devices/platform/{address}")
    root.file("dev/dri/renderD128")


def probed(root: Root, path: Path | None = None, *bus: PciDevice) -> Findings:
    env = {"PATH": f"{path}:/usr/bin:/bin" if path else "/nowhere"}
    return vulkan.probe(Context(files=Files(root.path), env=env, pci=bus))


def answering(program: Program, text: str) -> Path:
    return program("vulkaninfo", f'[ "$*" = --summary ] && printf "%s" "{text}"')


def test_a_gpu_of_a_board_has_its_name_from_vulkan(root: Root, program: Program) -> None:
    board(root, "v3d")
    found = probed(root, answering(program, HEAD + gpu(0, "V3D 7.1.10.2") + LLVMPIPE))
    names = ("vendor", "name", "driver", "driver_bound", "unified", "bus_id")
    assert facts(found, *names) == [("broadcom", "V3D 7.1.10.2", "v3d", True, True, None)]
    assert found.problems == ()


def test_the_kernel_names_the_vendor_where_vulkaninfo_is_missing(root: Root) -> None:
    board(root, "asahi", "406400000.gpu")
    found = probed(root)
    assert facts(found, "vendor", "name", "unified") == [("apple", None, True)]
    assert rules(found) == ["probe.vulkan.tool"]


@pytest.mark.parametrize(
    ("answer", "rule"), [(HEAD + LLVMPIPE, "driver"), ("usage: vulkaninfo", "silent")]
)
def test_a_gpu_that_vulkan_does_not_find_stays(
    root: Root, program: Program, answer: str, rule: str
) -> None:
    board(root, "panthor")
    found = probed(root, answering(program, answer))
    assert facts(found, "vendor", "driver") == [("arm", "panthor")]
    assert rules(found) == [f"probe.vulkan.{rule}"]


def test_a_release_without_a_summary_is_asked_for_all(root: Root, program: Program) -> None:
    board(root, "panfrost")
    script = '[ $# = 0 ] && echo "GPU id = 0 (Mali-G31 (Panfrost))"'
    assert facts(probed(root, program("vulkaninfo", script)), "name") == [("Mali-G31",)]


def test_a_node_that_is_denied_names_the_group(
    root: Root, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    allowed = os.access
    monkeypatch.setattr(
        os, "access", lambda path, mode: "renderD" not in str(path) and allowed(path, mode)
    )
    board(root, "panthor")
    found = probed(root, answering(program, HEAD + LLVMPIPE))
    assert rules(found) == ["probe.vulkan.permission"]
    assert "usermod -aG render" in (found.problems[0].fix or "")


@pytest.mark.parametrize("owner", ["0000:03:00.0", "vgem"])
def test_it_is_not_asked_where_every_gpu_is_known(root: Root, program: Program, owner: str) -> None:
    board(root, "amdgpu", owner)
    card = PciDevice(vendor="amd", pci_id="1002:7550", bus_id="0000:03:00.0", driver_bound=True)
    asked = root.path / "asked"
    path = program("vulkaninfo", f"touch {asked}")
    assert probed(root, path, card) == Findings()
    assert not asked.exists()


def test_devices_of_the_bus_are_told_by_others_or_get_their_address(
    root: Root, program: Program
) -> None:
    board(root, "panthor")
    bound = PciDevice(vendor="amd", pci_id="1002:7550", bus_id="0000:03:00.0", driver_bound=True)
    other = PciDevice(vendor="nvidia", pci_id="10de:1f02", bus_id="0000:04:00.0", driver="nouveau")
    text = (
        gpu(0, "AMD Radeon RX 9070 XT", "DISCRETE_GPU", **RADEON)
        + gpu(1, "NVIDIA RTX 2070 (NVK TU106)", vendorID="0x10de", deviceID="0x1f02")
        + MALI
    )
    found = probed(root, answering(program, HEAD + text), bound, other)
    assert facts(found, "name", "bus_id", "driver_bound") == [
        ("NVIDIA RTX 2070", "0000:04:00.0", None),
        ("Mali-G57 MC1", None, True),
    ]


def test_the_node_of_a_makers_own_driver(root: Root) -> None:
    root.file("dev/kgsl-3d0")
    assert facts(probed(root), "vendor", "integrated") == [("qualcomm", True)]


def test_nothing_is_said_of_a_computer_without_a_gpu(root: Root, program: Program) -> None:
    root.file("dev/dxg")
    assert probed(root) == Findings()
    assert probed(root, answering(program, HEAD + LLVMPIPE)).devices == ()


def test_gpus_without_an_address_count_where_no_reader_told_their_vendor() -> None:
    cards = "GPU id = 0 (Microsoft Direct3D12 (NVIDIA GeForce RTX 4060))\n"
    found = vulkan.understood(cards + "GPU id = 1 (Microsoft Direct3D12 (Intel(R) Arc(TM) A380))\n")
    left = merging.untold(found, [Accelerator(vendor="nvidia", bus_id="0000:01:00.0")])
    assert facts(left, "name") == [("Intel(R) Arc(TM) A380",)]
    assert facts(merging.untold(found, []), "vendor") == [("nvidia",), ("intel",)]


def test_lines_that_were_cut_out_of_an_answer() -> None:
    text = "\tdeviceName         = Mali-G57\n\tdeviceName = llvmpipe (LLVM 18.1, 256 bits)\n"
    assert names(text) == ["Mali-G57"]
