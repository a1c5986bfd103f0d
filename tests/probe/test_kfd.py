"""The kernel's lists of AMD-like GPUs: KFD nodes, DRM cards, and what they make together."""

import pytest

from recommender.facts.machine import Link, Os
from recommender.probe import drm, kfd
from recommender.probe.context import Context, PciDevice
from recommender.probe.files import Files
from recommender.probe.rocm import devices, gfx, links
from tests.probe.conftest import Root

AMD = "1002"
NODES = f"{kfd.FOLDER}"


def node(root: Root, number: int, **facts: int) -> None:
    usual = {"simd_count": 256, "simd_per_cu": 4, "vendor_id": 0x1002, "device_id": 0x740F}
    lines = "".join(f"{name} {value}\n" for name, value in {**usual, **facts}.items())
    root.file(f"{NODES}/{number}/properties", lines)


def bank(root: Root, number: int, size: object, heap: int = 1, used: str | None = None) -> None:
    folder = f"{NODES}/{number}/mem_banks/{heap}"
    root.file(f"{folder}/properties", f"heap_type {heap}\nsize_in_bytes {size}\nflags 0\n")
    if used is not None:
        root.file(f"{folder}/used_memory", f"{used}\n")


def linked(root: Root, start: int, end: int, kind: int) -> None:
    text = f"type {kind}\nnode_from {start}\nnode_to {end}\n"
    root.file(f"{NODES}/{start}/io_links/{end}/properties", text)


def read(root: Root) -> tuple[kfd.Node, ...]:
    return kfd.nodes(Files(root.path), AMD)


@pytest.mark.parametrize(
    ("version", "target"),
    [
        (90402, "gfx942"),
        (90010, "gfx90a"),
        (90012, "gfx90c"),
        (80003, "gfx803"),
        (100306, "gfx1036"),
        (110501, "gfx1151"),
        (120001, "gfx1201"),
        (0, None),
        (None, None),
    ],
)
def test_instruction_set_in_the_kernels_number(version: int | None, target: str | None) -> None:
    assert gfx.of_version(version) == target


@pytest.mark.parametrize(
    ("setting", "target"),
    [
        ("10.3.0", "gfx1030"),
        ("9.0.10", "gfx90a"),
        (" 11.0.0 ", "gfx1100"),
        ("11.0", None),
        ("gfx1100", None),
        ("", None),
        (None, None),
    ],
)
def test_instruction_set_that_is_pretended(setting: str | None, target: str | None) -> None:
    assert gfx.of_override(setting) == target


@pytest.mark.parametrize(
    ("target", "pci_id", "name", "inside"),
    [
        ("gfx1151", None, None, True),
        ("gfx1201", None, "AMD Radeon Graphics", False),
        ("gfx942", "1002:74a0", None, True),
        ("gfx942", "1002:74a1", None, False),
        (None, None, "AMD Radeon 890M Graphics", True),
        (None, None, "Radeon 8060S Graphics", True),
        (None, None, "AMD Radeon RX 6800M", None),
        (None, None, "AMD Radeon RX 7700S", None),
        (None, None, None, None),
    ],
)
def test_gpus_in_processors(
    target: str | None, pci_id: str | None, name: str | None, inside: bool | None
) -> None:
    assert gfx.in_processor(target, pci_id, name) is inside


def test_nodes_are_the_gpus_of_one_vendor_in_the_order_of_their_numbers(root: Root) -> None:
    node(root, 10, device_id=0x744C)
    node(root, 2)
    node(root, 0, simd_count=0, vendor_id=0, cpu_cores_count=32)
    node(root, 3, vendor_id=0x1D94)
    root.file(f"{NODES}/readme/properties", "simd_count 1\n")
    assert [(found.number, found.pci_id) for found in read(root)] == [
        (2, "1002:740f"),
        (10, "1002:744c"),
    ]


def test_facts_of_a_node(root: Root) -> None:
    node(root, 1, simd_count=192, simd_per_cu=2, location_id=0xC500, domain=2, unique_id=7)
    bank(root, 1, 8 << 30, heap=1, used=str(1 << 30))
    bank(root, 1, 16 << 30, heap=2, used="0")
    bank(root, 1, 64 << 30, heap=0)
    (found,) = read(root)
    assert (found.units, found.memory, found.used) == (96, 24 << 30, 1 << 30)
    assert (found.address(), found.render_minor, found.unique_id) == ("0002:c5:00.0", None, 7)


@pytest.mark.parametrize("size", [0, -5, "9" * 100, "many"])
def test_memory_that_is_no_size_is_unknown(root: Root, size: object) -> None:
    node(root, 1)
    bank(root, 1, size)
    (found,) = read(root)
    assert found.memory is None
    assert found.used is None


@pytest.mark.parametrize("text", ["", "simd_count\n", "simd_count x\n", "\0\1", "simd_count -4\n"])
def test_garbage_is_no_node(root: Root, text: str) -> None:
    root.file(f"{NODES}/1/properties", text)
    assert read(root) == ()


def test_without_lanes_the_compute_units_are_unknown(root: Root) -> None:
    node(root, 1, simd_per_cu=0)
    assert read(root)[0].units is None
    assert read(root)[0].address() is None


def card(root: Root, folder: str, **files: object) -> None:
    root.files({f"{folder}/{name}": f"{value}\n" for name, value in files.items()})


def test_cards_on_the_bus_and_cards_that_only_drm_shows(root: Root) -> None:
    bus = "sys/bus/pci/devices/0000:03:00.0"
    card(root, bus, vendor="0x1002", device="0x744c", revision="0xc8", mem_info_vram_total=24 << 30)
    root.file(f"{bus}/drm/renderD129/dev", "226:129\n")
    other = "sys/devices/pci0000:00/0000:0a:00.0"
    card(root, other, vendor="0x1002", device="0x7550", mem_info_vram_total=16 << 30)
    card(root, "sys/devices/x", vendor="0x8086", mem_info_vram_total=1)
    drm_class = root.path / "sys/class/drm"
    for name, target in (("card1", other), ("renderD130", other), ("card2", "sys/devices/x")):
        (drm_class / name).mkdir(parents=True)
        (drm_class / name / "device").symlink_to(root.path / target)
    (drm_class / "card1-DP-1").mkdir()
    found = drm.cards(Files(root.path), AMD, ["0000:03:00.0"])
    assert [(one.bus_id, one.device, one.vram) for one in found] == [
        ("0000:03:00.0", "744c", 24 << 30),
        ("0000:0a:00.0", "7550", 16 << 30),
    ]
    assert (found[0].revision, found[0].render_minor) == (0xC8, 129)


def test_a_card_without_an_address_is_counted_once(root: Root) -> None:
    for name in ("card0", "renderD128"):
        card(root, f"sys/class/drm/{name}/device", mem_info_vram_total=8 << 30)
    (found,) = drm.cards(Files(root.path), AMD, [])
    assert (found.vendor, found.vram, found.bus_id) == (AMD, 8 << 30, None)


def test_an_address_may_stand_in_the_event_file(root: Root) -> None:
    folder = "sys/class/drm/card0/device"
    card(
        root,
        folder,
        mem_info_vram_total=1 << 30,
        uevent="DRIVER=amdgpu\nPCI_SLOT_NAME=0001:0A:00.0",
    )
    assert drm.cards(Files(root.path), AMD, [])[0].bus_id == "0001:0a:00.0"


def context(root: Root, *bus_ids: str, kernel: str | None = None) -> Context:
    bound = [PciDevice(vendor="amd", pci_id="1002:1", bus_id=b, driver_bound=True) for b in bus_ids]
    return Context(files=Files(root.path), live=False, pci=tuple(bound), os=Os(kernel=kernel))


@pytest.mark.parametrize("partition_bits", [0, 28])
def test_partitions_of_one_gpu_share_board_and_address(root: Root, partition_bits: int) -> None:
    for number in range(4):
        place = 0x0A00 | number << partition_bits
        node(root, 2 + number, location_id=place, unique_id=5, num_xcc=2)
        bank(root, 2 + number, 48 << 30)
    node(root, 9, location_id=0x2200, unique_id=6)
    found = devices.read(context(root), AMD)
    assert [gpu.board for gpu in found] == [0, 0, 0, 0, 1]
    assert {gpu.bus_id for gpu in found} == {"0000:0a:00.0", "0000:22:00.0"}
    assert [gpu.parts for gpu in found] == [4, 4, 4, 4, 1]


def test_the_only_visible_partition_lies_where_the_bus_has_the_gpu(root: Root) -> None:
    node(root, 4, location_id=0x0A03, unique_id=5)
    (found,) = devices.read(context(root, "0000:0a:00.0"), AMD)
    assert found.bus_id == "0000:0a:00.0"


@pytest.mark.parametrize(
    ("told", "dies", "parts", "mode"),
    [
        (None, 1, 4, "CPX"),
        (None, 4, 2, "DPX"),
        (None, 2, 4, "QPX"),
        (None, 3, 5, "XCP"),
        (None, 8, 1, None),
        ("TPX", 2, 1, "TPX"),
        ("SPX", 8, 1, None),
    ],
)
def test_mode_of_partitions(
    root: Root, told: str | None, dies: int, parts: int, mode: str | None
) -> None:
    for number in range(parts):
        node(root, number, location_id=0x0A00, unique_id=5, num_xcc=dies, drm_render_minor=128)
    card(root, "sys/class/drm/renderD128/device", mem_info_vram_total=64 << 30)
    if told:
        card(root, "sys/class/drm/renderD128/device", current_compute_partition=told)
    found = devices.read(context(root), AMD)
    assert len(found) == parts
    facts = [dict(part.facts) for part in devices.parts(found[0], "amd", context(root))]
    assert [fact["partition"] for fact in facts if "partition" in fact] == [mode]


def test_gpus_without_a_unique_id_are_boards_of_their_own(root: Root) -> None:
    for number in (1, 2):
        node(root, number, location_id=number << 8, unique_id=0)
    assert [gpu.board for gpu in devices.read(context(root), AMD)] == [0, 1]


def integrated(root: Root, kernel: str | None = None) -> bool | None:
    (gpu,) = devices.read(context(root, kernel=kernel), AMD)
    told = list(devices.parts(gpu, "amd", context(root, kernel=kernel)))
    value: bool | None = told[-1].facts["integrated"]
    return value


@pytest.mark.parametrize(
    ("files", "kernel", "inside"),
    [
        ({"vram": 512 << 20, "gtt": 30 << 30}, "5.0.0-generic", True),
        ({"vram": 48 << 30, "gtt": 40 << 30}, "6.14.0", True),
        ({"vram": 48 << 30, "gtt": 40 << 30}, None, True),
        ({"vram": 16 << 30, "gtt": 40 << 30}, "4.19.0-20-amd64", None),
        ({"vram": 16 << 30, "gtt": 40 << 30, "vram_vendor": "samsung"}, "6.14.0", False),
        ({"vram": 16 << 30}, "6.14.0", None),
    ],
)
def test_cards_of_which_only_drm_tells(
    root: Root, files: dict[str, object], kernel: str | None, inside: bool | None
) -> None:
    names = {"vram": "mem_info_vram_total", "gtt": "mem_info_gtt_total"}
    told = {names.get(name, f"mem_info_{name}"): value for name, value in files.items()}
    card(root, "sys/class/drm/card0/device", **told)
    assert integrated(root, kernel) is inside


def test_an_old_kernels_node_with_processor_cores_is_integrated(root: Root) -> None:
    node(root, 0, cpu_cores_count=8)
    assert integrated(root) is True


def test_joined_by_xgmi_as_the_hives_say(root: Root) -> None:
    for number, hive in ((1, 71), (2, 72), (3, 71), (4, 72), (5, 0)):
        node(root, number, hive_id=hive)
    assert links.read(Files(root.path), read(root)) == (
        Link(kind="xgmi", devices=(0, 2)),
        Link(kind="xgmi", devices=(1, 3)),
        Link(kind="pcie", devices=(0, 1, 2, 3, 4)),
    )


def test_joined_by_xgmi_link_by_link_on_older_kernels(root: Root) -> None:
    for number in (1, 2, 3):
        node(root, number)
    linked(root, 1, 2, 11)
    linked(root, 2, 3, 11)
    linked(root, 3, 0, 2)
    linked(root, 3, 9, 11)
    assert links.read(Files(root.path), read(root)) == (Link(kind="xgmi", devices=(0, 1, 2)),)


@pytest.mark.parametrize(("count", "kinds"), [(0, []), (1, []), (3, ["pcie"])])
def test_without_xgmi_there_is_pcie_from_two_gpus_on(
    root: Root, count: int, kinds: list[str]
) -> None:
    for number in range(count):
        node(root, number)
    assert [link.kind for link in links.read(Files(root.path), read(root))] == kinds
