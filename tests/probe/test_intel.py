"""Intel GPUs: files of the kernel, its driver asked, and the tools where those tell nothing."""

import ctypes
import fcntl
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recommender.facts.machine import Os
from recommender.probe import intel
from recommender.probe.context import Context, Findings, PciDevice
from recommender.probe.files import Files
from recommender.probe.intel import query
from tests.probe.conftest import Root

Probed = Callable[..., dict[str, Any]]
Program = Callable[[str, str], Path]

CARD = "0000:0b:00.0"
FOLDER = f"sys/bus/pci/devices/{CARD}"
SIZE = 12 << 30
LIST = f"""\
| Device ID | Device Information                             |
| 0         | Device Name: Intel(R) Data Center GPU Flex 140 |
|           | PCI BDF Address: {CARD}                  |
"""
DETAILS = (
    LIST
    + """\
|           | Memory Physical Size: 5068.00 MiB              |
|           | Number of EUs: 128                             |
"""
)


def rules(problems: Any) -> list[str]:
    return [one["rule"] if isinstance(one, dict) else one.rule for one in problems]


# What the kernel tells


@pytest.mark.parametrize(
    ("files", "memory", "used"),
    [
        ({"tile0/physical_vram_size_bytes": f"{SIZE:#x}"}, 12.0, None),
        (
            {
                "tile0/physical_vram_size_bytes": f"{SIZE:#x}",
                "tile1/physical_vram_size_bytes": f"{SIZE:#x}",
            },
            24.0,
            None,
        ),
        ({"tile0/vram0/total_bytes": str(SIZE)}, 12.0, None),
        (
            {"drm/card0/lmem_total_bytes": str(SIZE), "drm/card0/lmem_avail_bytes": str(9 << 30)},
            12.0,
            3.0,
        ),
        ({"mem_info_vram_total": str(SIZE), "mem_info_vram_used": str(1 << 30)}, 12.0, 1.0),
        ({"drm/card0/lmem_total_bytes": "0", "resource": "0x0 0x3ffffffff 0x14220c"}, None, None),
        ({"drm/card0/lmem_total_bytes": "much"}, None, None),
    ],
)
def test_the_size_of_a_card_by_sysfs(
    root: Root, probed: Probed, files: dict[str, str], memory: float | None, used: float | None
) -> None:
    root.pci(CARD, "8086:56a5", "030000", "i915")
    root.files({f"{FOLDER}/{name}": f"{text}\n" for name, text in files.items()})
    found = probed()
    (one,) = found["accelerators"]
    assert (one["memory_gib"], one["used_gib"], one["unified"]) == (memory, used, False)
    assert ("probe.intel.memory" in rules(found["problems"])) == (memory is None)


def test_graphics_of_a_processor_have_no_memory_of_their_own(root: Root, probed: Probed) -> None:
    root.pci("0000:00:02.0", "8086:46a6", "030000", "i915")
    found = probed()
    (one,) = found["accelerators"]
    assert (one["memory_gib"], one["unified"], one["integrated"]) == (None, True, True)
    assert "probe.intel.memory" not in rules(found["problems"])


def test_a_card_at_the_place_of_a_processors_graphics_is_a_card(root: Root, probed: Probed) -> None:
    root.pci("0000:00:02.0", "8086:56a0", "030000", "xe")
    root.file("sys/bus/pci/devices/0000:00:02.0/tile0/physical_vram_size_bytes", f"{SIZE}\n")
    (one,) = probed()["accelerators"]
    assert (one["memory_gib"], one["unified"], one["integrated"]) == (12.0, False, False)


def test_firmware_that_does_not_start_leaves_nothing_to_use(root: Root, probed: Probed) -> None:
    root.pci(CARD, "8086:e20b", "030000", "xe")
    root.file(f"{FOLDER}/survivability_mode", "Capability Info: 0x1\n")
    found = probed()
    assert found["accelerators"][0]["usable_gib"] == 0
    assert "probe.intel.firmware" in rules(found["problems"])
    assert "probe.intel.memory" not in rules(found["problems"])


def test_an_unbound_card_is_left_to_the_bus(root: Root, probed: Probed) -> None:
    root.pci(CARD, "8086:e20b", "030000")
    found = probed()
    assert [one["driver_bound"] for one in found["accelerators"]] == [False]
    assert rules(found["problems"]) == ["probe.pci.unbound"]


def test_the_kernel_is_asked_where_no_file_tells_the_size(
    root: Root, probed: Probed, monkeypatch: pytest.MonkeyPatch
) -> None:
    regions = query._Regions(num_regions=3)  # noqa: SLF001  # the layout of the kernel
    parts = [(0, 64 << 30), (1, 5 << 30), (1, 1 << 30)]
    described = (
        query._Region(memory_class=kind, probed_size=size)  # noqa: SLF001
        for kind, size in parts
    )
    answer = bytes(regions) + b"".join(map(bytes, described))

    def driver(_descriptor: int, _request: int, asked: Any) -> int:
        item = query._Item.from_address(asked.items_ptr)  # noqa: SLF001
        if item.data_ptr:
            ctypes.memmove(item.data_ptr, answer, len(answer))
        item.length = len(answer)
        return 0

    monkeypatch.setattr(fcntl, "ioctl", driver)
    root.pci(CARD, "8086:56a5", "030000", "i915")
    root.files({f"{FOLDER}/drm/renderD129/dev": "226:129\n", "dev/dri/renderD129": ""})
    assert probed()["accelerators"][0]["memory_gib"] == 6.0


@pytest.mark.parametrize("length", [-22, 0, 3, 1 << 20])
def test_a_kernel_that_refuses_the_question_tells_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, length: int
) -> None:
    def driver(_descriptor: int, _request: int, asked: Any) -> int:
        query._Item.from_address(asked.items_ptr).length = length  # noqa: SLF001
        return 0

    monkeypatch.setattr(fcntl, "ioctl", driver)
    node = tmp_path / "renderD128"
    node.write_text("")
    assert query.local_memory(str(node)) is None
    assert query.local_memory(str(tmp_path / "none")) is None


def test_a_file_in_the_place_of_a_node_tells_nothing(tmp_path: Path) -> None:
    node = tmp_path / "renderD128"
    node.write_text("")
    assert query.local_memory(str(node)) is None


# The probe


def test_the_tool_is_asked_for_the_details_of_cards_without_a_size(
    root: Root, probed: Probed, program: Program
) -> None:
    root.pci(CARD, "8086:56c1", "038000", "i915")
    path = program(
        "xpu-smi",
        f'case "$*" in\n"discovery") printf "%s" "{LIST}";;\n'
        f'"discovery -d {CARD}") printf "%s" "{DETAILS}";;\n'
        "*) exit 1;;\nesac",
    )
    (one,) = probed(path=path)["accelerators"]
    assert (one["memory_gib"], one["name"]) == (4.949, "Intel(R) Data Center GPU Flex 140")
    assert one["details"]["eus"] == 128


def test_the_tools_size_goes_before_the_kernels(
    root: Root, probed: Probed, program: Program
) -> None:
    root.pci(CARD, "8086:56a2", "030000", "xe")
    root.file(f"{FOLDER}/tile0/physical_vram_size_bytes", f"{8 << 30}\n")
    (one,) = probed(path=program("xpumcli", f'printf "%s" "{DETAILS}"'))["accelerators"]
    assert one["memory_gib"] == 4.949


def test_a_tool_without_its_runtime_says_so(root: Root, probed: Probed, program: Program) -> None:
    root.pci(CARD, "8086:56a2", "030000", "xe")
    root.file(f"{FOLDER}/tile0/physical_vram_size_bytes", f"{8 << 30}\n")
    path = program("xpu-smi", "echo 'Error: Level Zero Initialization Error'; exit 1")
    found = probed(path=path)
    assert found["accelerators"][0]["memory_gib"] == 8.0
    assert rules(found["problems"]) == ["probe.intel.driver"]


def test_a_node_that_is_denied_names_the_group(
    root: Root, probed: Probed, monkeypatch: pytest.MonkeyPatch
) -> None:
    allowed = os.access
    monkeypatch.setattr(
        os, "access", lambda path, mode: "renderD" not in str(path) and allowed(path, mode)
    )
    root.pci(CARD, "8086:56a2", "030000", "xe")
    root.file(f"{FOLDER}/tile0/physical_vram_size_bytes", f"{8 << 30}\n")
    root.files({f"{FOLDER}/drm/renderD128/dev": "226:128\n", "dev/dri/renderD128": ""})
    (problem,) = probed()["problems"]
    assert problem["rule"] == "probe.intel.permission"
    assert "usermod -aG render" in problem["fix"]


def contained(root: Root, *nodes: str, node: bool = False) -> Findings:
    cards = ("0000:0b:00.0", "0000:0f:00.0")
    for number, address in enumerate(cards):
        root.pci(address, "8086:e20b", "030000", "xe")
        root.file(f"sys/bus/pci/devices/{address}/drm/renderD{128 + number}/dev", "226:128\n")
    root.files({f"dev/dri/{node}": "" for node in nodes})
    bus = tuple(
        PciDevice(
            vendor="intel", pci_id="8086:e20b", bus_id=address, driver="xe", driver_bound=True
        )
        for address in cards
    )
    context = Context(files=Files(root.path), os=Os(container="docker"), pci=bus, node=node)
    return intel.probe(context)


def test_a_container_counts_the_cards_that_it_was_given(root: Root) -> None:
    found = contained(root, "renderD129")
    assert [one.bus_id for one in found.accelerators] == ["0000:0f:00.0"]
    assert found.not_ours == ("0000:0b:00.0",)


def test_a_container_without_nodes_is_told_how_to_get_them(root: Root) -> None:
    found = contained(root)
    assert [one.usable_gib for one in found.accelerators] == [0.0, 0.0]
    assert rules(found.problems) == ["probe.intel.devices"]
    assert "/dev/dri" in (found.problems[0].fix or "")


def test_a_container_that_tells_of_its_node_needs_no_nodes_of_devices(root: Root) -> None:
    found = contained(root, node=True)
    assert [one.usable_gib for one in found.accelerators] == [None, None]
    assert "probe.intel.devices" not in rules(found.problems)


def test_versions_are_read_from_the_names_of_libraries(root: Root, probed: Probed) -> None:
    root.pci(CARD, "8086:e20b", "030000", "xe")
    root.file("sys/module/xe/version", "1.0.7\n")
    for name, target in (
        ("libze_loader.so.1", "libze_loader.so.1.28.0"),
        ("libze_intel_gpu.so.1", "somewhere-else"),
    ):
        folder = root.path / "usr/lib64"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).symlink_to(target)
    software = probed()["software"]
    assert software["level_zero"] == "1.28.0"
    assert software["versions"]["xe"] == "1.0.7"
    assert "compute-runtime" not in software["versions"]
