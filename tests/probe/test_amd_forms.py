"""Parts of what AMD's tools print, as people quote them, and odd words; all texts are made up."""

import textwrap

import pytest

from recommender.facts.machine import Accelerator
from recommender.probe.amd import understood
from recommender.probe.context import Context
from recommender.probe.files import Files
from recommender.probe.rocm import devices as kernel
from recommender.probe.rocm import gfx
from tests.probe.conftest import Root


def devices(text: str) -> list[Accelerator]:
    return list(understood(text).accelerators)


@pytest.mark.parametrize(
    ("word", "target"),
    [
        ("gfx90a", "gfx90a"),
        ("GFX942:sramecc+:xnack-", "gfx942"),
        ("gfx1010", "gfx1010"),
        ("gfx1201", "gfx1201"),
        ("gfx9000", "gfx900"),
        ("gfx9008", "gfx908"),
        ("gfx9010", "gfx90a"),
        ("gfx9012", "gfx90c"),
        ("gfx8003", "gfx803"),
        ("gfx11003", "gfx1103"),
        ("gfx12001", "gfx1201"),
        ("gfx90012", "gfx90c"),
        ("gfx110501", "gfx1151"),
        ("gfx9016", None),
        ("gfx9110", None),
        ("gfx11016", None),
        ("gfx909900", None),
        ("gfx115", None),
        ("gfx90abc", None),
        ("gfx9-4-generic", None),
        ("gfx18446744073709551615", None),
        ("N/A", None),
        (None, None),
    ],
)
def test_instruction_sets_are_named_as_compilers_name_them(
    word: str | None, target: str | None
) -> None:
    assert gfx.in_text(word) == target


@pytest.mark.parametrize(("version", "setting"), [(5, "0.0.5"), (90016, "9.0.16")])
def test_a_version_that_no_name_can_have_is_unknown(version: int, setting: str) -> None:
    assert gfx.of_version(version) is None
    assert gfx.of_override(setting) is None


PRODUCT = """\
GPU[3]\t\t: Card Series: \t\t{series}
GPU[3]\t\t: Card Model: \t\t0x7460
GPU[3]\t\t: Card Vendor: \t\tAdvanced Micro Devices, Inc. [AMD/ATI]
"""


@pytest.mark.parametrize("subsystem", ["0x0e41", "N/A", "Radeon PRO V710"])
def test_the_model_is_the_device_where_the_subsystem_is_told(subsystem: str) -> None:
    text = f"{PRODUCT.format(series='0x7460')}GPU[3]\t\t: Subsystem ID: \t{subsystem}\n"
    (device,) = devices(text)
    assert (device.pci_id, device.name) == ("1002:7460", None)


def test_the_model_of_older_releases_is_the_subsystem() -> None:
    (device,) = devices(PRODUCT.format(series="Instinct MI60"))
    assert (device.pci_id, device.name) == (None, "Instinct MI60")


STATIC = """\
GPU: 4
    ASIC:
        MARKET_NAME: AMD Radeon RX 7700 XT
        DEVICE_ID: 0x747e
        TARGET_GRAPHICS_VERSION: gfx11001
    BUS:
        BDF: 0000:0a:00.0
    VRAM:
        SIZE: 12272 MB
GPU: 7
    BUS:
        BDF: 0000:0d:00.0
"""


@pytest.mark.parametrize("margin", ["", "      ", "\t", "> ", "# "])
def test_lines_may_be_indented_or_quoted(margin: str) -> None:
    text = f"$ amd-smi static\n{textwrap.indent(STATIC, margin)}"
    first, second = devices(text)
    assert (first.name, first.gfx, first.pci_id) == (
        "AMD Radeon RX 7700 XT",
        "gfx1101",
        "1002:747e",
    )
    assert (first.memory_gib, second.bus_id) == (11.984, "0000:0d:00.0")
    assert [device.details["index"] for device in (first, second)] == [4, 7]


def test_a_deeper_line_that_names_a_gpu_is_no_device() -> None:
    text = STATIC.replace("    VRAM:", "    PEERS:\n        GPU: 9\n    VRAM:")
    assert [device.details["index"] for device in devices(text)] == [4, 7]


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("...Radeon AI PRO R9600D", "Radeon AI PRO R9600D"),
        ("...Instinct MI355X OAM", "Instinct MI355X OAM"),
        ("...n PRO W7900 DualSlt", None),
        ("...Radeon RX 7600 XT]", None),
    ],
)
def test_a_name_whose_maker_is_cut_off_is_legible(cell: str, name: str | None) -> None:
    rows = f"| 0000:03:00.0 {cell} | 0 % |\n|   5       0     N/A   N/A | 161/16304 MB |\n"
    (device,) = devices(rows)
    assert (device.name, device.details["index"]) == (name, 5)


CONCISE = """\
Device  [Model : Revision]    Temp    Power  Partitions      SCLK    MCLK     Fan  Perf
        Name (20 chars)       (Edge)  (Avg)  (Mem, Compute)
=======================================================================
2       [0x1e4c : 0xc1]       34.0°C  43.0W  N/A, N/A        800Mhz  1600Mhz  0%   auto
        {name}
=======================================================================
"""


@pytest.mark.parametrize(
    ("column", "name"),
    [
        ("Vega 12 [Radeon Pro]", "Vega 12 [Radeon Pro]"),
        ("Polaris [Radeon RX 4", None),
        ("] Odd name of twenty", None),
        ("AMD INSTINCT MI200 (", None),
        ("Instinct MI60", "Instinct MI60"),
    ],
)
def test_a_name_that_just_fits_its_column(column: str, name: str | None) -> None:
    (device,) = devices(CONCISE.format(name=column))
    assert (device.name, device.index, device.details["index"]) == (name, 2, 2)


NAMES = """\
  Name:                    AMD Ryzen 9 7940HS w/ Radeon 780M Graphics
  Marketing Name:          AMD Ryzen 9 7940HS w/ Radeon 780M Graphics
  Name:                    gfx1103
  Marketing Name:          AMD Radeon 780M
      Name:                    amdgcn-amd-amdhsa--gfx1103
      Name:                    amdgcn-amd-amdhsa--gfx11-generic
  Name:                    gfx1102
  Marketing Name:          AMD Radeon RX 7600
  Name:                    aie2
  Marketing Name:          AIE-ML
"""
IDS = """\
Agent 1
  Name:                    AMD EPYC 9354P 32-Core Processor
  Uuid:                    CPU-XX
  Vendor Name:             CPU
--
Agent 2
  Name:                    gfx1201
  Uuid:                    GPU-00ffee0000000001
  Marketing Name:          AMD Radeon AI PRO R9700
  Vendor Name:             AMD
--
Agent 3
  Name:                    aie2
  Uuid:                    AIE-XX
  Marketing Name:          aie2
"""


def test_agents_of_which_only_names_are_left() -> None:
    first, second = devices(NAMES)
    assert [(d.name, d.gfx) for d in (first, second)] == [
        ("AMD Radeon 780M", "gfx1103"),
        ("AMD Radeon RX 7600", "gfx1102"),
    ]
    assert (first.details["cpu_agents"], first.memory_gib) == (1, None)


def test_agents_of_which_the_type_is_left_out() -> None:
    (device,) = devices(IDS)
    assert (device.name, device.gfx) == ("AMD Radeon AI PRO R9700", "gfx1201")
    assert device.details["cpu_agents"] == 1


def test_names_of_instruction_sets_alone_are_agents() -> None:
    lines = "  Name:                    gfx906\n      Name:     amdgcn-amd-amdhsa--gfx906\n"
    assert [device.gfx for device in devices(lines * 2)] == ["gfx906", "gfx906"]


def test_processors_alone_are_no_devices() -> None:
    assert devices(NAMES.partition("  Name:                    gfx")[0]) == []


@pytest.mark.parametrize(("head", "wsl"), [("WSL environment detected.\n", True), ("", None)])
def test_rocminfo_tells_wsl(head: str, wsl: bool | None) -> None:
    assert [device.details.get("wsl") for device in devices(head + IDS)] == [wsl]


def test_a_missing_module_explains_a_missing_device() -> None:
    text = (
        "ROCk module is NOT loaded, possibly no GPU devices\n"
        "Unable to open /dev/kfd read-write: No such file or directory\n"
    )
    assert [problem.rule for problem in understood(text).problems] == ["probe.amd.not-loaded"]


@pytest.mark.parametrize(("card", "pci_id"), [("0x13c0", "1002:13c0"), (None, None)])
def test_the_card_tells_the_id_that_its_node_does_not(
    root: Root, card: str | None, pci_id: str | None
) -> None:
    root.file(
        "sys/class/kfd/kfd/topology/nodes/1/properties",
        "simd_count 4\nvendor_id 4098\nlocation_id 4096\ndrm_render_minor 129\n",
    )
    if card:
        folder = "sys/class/drm/renderD129/device"
        facts = {"vendor": "0x1002", "device": card, "mem_info_vram_total": "536870912"}
        root.files({f"{folder}/{name}": f"{value}\n" for name, value in facts.items()})
    (gpu,) = kernel.read(Context(files=Files(root.path)), "1002")
    assert gpu.pci_id == pci_id


def test_an_unnamed_series_and_a_share_of_a_card() -> None:
    old = "GPU[0]\t\t: Card series: \t\t0x738c\nGPU[0]\t\t: Card model: \t\t0xc34\n"
    (device,) = understood(old).accelerators
    assert device.pci_id == "1002:738c"
    new = (
        "GPU[0]\t\t: Card Series: \t\tAMD Instinct MI300X VF\n"
        "GPU[0]\t\t: Card Model: \t\t0x74b5\nGPU[0]\t\t: GFX Version: \t\tgfx942\n"
    )
    (device,) = understood(new).accelerators
    assert (device.pci_id, device.details["virtual_function"]) == ("1002:74b5", True)
