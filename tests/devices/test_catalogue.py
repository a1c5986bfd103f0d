"""The table of accelerators, and what a reported name says."""

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.devices import catalogue
from recommender.devices.catalogue import complete, find, names, series_of
from recommender.facts import Accelerator
from recommender.knowledge import document


@pytest.mark.parametrize("name", names())
def test_every_row_is_found_by_its_own_name(name: str) -> None:
    assert [row.name for row in find(name).rows] == [name]


def test_every_alias_finds_its_row() -> None:
    for row in document("accelerators")["accelerators"]:
        for alias in row.get("aliases", ()):
            assert row["name"] in [found.name for found in find(alias).rows], alias


def test_rows_are_consistent() -> None:
    rows = document("accelerators")["accelerators"]
    fields = set(catalogue.Spec.__dataclass_fields__)
    vendors = document("core")["devices"]["vendors"]
    for row in rows:
        assert set(row) <= fields, row["name"]
        assert row["vendor"] in vendors
        assert row["source"]
        assert (row["vendor"] == "nvidia") == ("compute_capability" in row), row["name"]
        assert re.fullmatch(r"\d+\.\d", row.get("compute_capability", "0.0"))
        assert 0 < row.get("memory_gib", 1) < 512
    assert len({row["name"] for row in rows}) == len(rows)


# a name as drivers print it, the capability or gfx target that follows, whether memory is shared
REPORTED = [
    ("NVIDIA A100-SXM4-80GB", "8.0", False),
    ("NVIDIA H100 80GB HBM3", "9.0", False),
    ("NVIDIA GeForce RTX 4070 Laptop GPU", "8.9", False),
    ("NVIDIA GH200 480GB", "9.0", False),
    ("NVIDIA GB10", "12.1", True),
    ("Orin (nvgpu)", "8.7", True),
    ("NVIDIA A100", "8.0", False),
    ("Radeon RX 7900 XTX (RADV NAVI31)", "gfx1100", False),
    ("AMD RYZEN AI MAX+ 395 w/ Radeon 8060S", "gfx1151", True),
    ("AMD Instinct MI300X OAM", "gfx942", False),
    ("Intel(R) Arc(TM) B580 Graphics", None, False),
    ("Apple M4 Max", None, True),
    ("NVIDIA Graphics Device", None, None),
    ("AMD Radeon 8060S (Strix Halo)", "gfx1151", True),
    ("GA102 [GeForce RTX 3090]", "8.6", False),
    ("AMD Radeon Graphics", None, None),
    ("GRID A100-40C", None, None),
    ("NVIDIA GeForce RTX 9999", None, None),
    ("", None, None),
]


@pytest.mark.parametrize(("name", "target", "unified"), REPORTED)
def test_complete_takes_what_the_name_says(
    name: str, target: str | None, unified: bool | None
) -> None:
    full = complete(Accelerator(name=name))
    assert (full.compute_capability or full.gfx) == target
    assert full.unified is unified
    assert full.memory_gib is None


def test_complete_does_not_overrule_the_device() -> None:
    said = Accelerator(name="NVIDIA A100", compute_capability="9.9", unified=True, memory_gib=3)
    assert complete(said) == said


def test_complete_ignores_a_name_of_another_vendor() -> None:
    assert complete(Accelerator(vendor="amd", name="A100")).compute_capability is None


def test_complete_leaves_open_what_rows_disagree_on() -> None:
    rows = find("RTX 6000").rows
    assert {row.compute_capability for row in rows} == {"8.9", "7.5"}
    assert complete(Accelerator(name="RTX 6000")).compute_capability is None


SERIES = [
    ("huawei", "Ascend910", "ascend-910c"),
    ("huawei", "Ascend 910_9362", "ascend-910c"),
    ("huawei", "Ascend 910C", "ascend-910c"),
    ("huawei", "910B4-1", "ascend-910b"),
    ("huawei", "Ascend 910B2C", "ascend-910b"),
    ("huawei", "910A", "ascend-910a"),
    ("huawei", "910ProB", "ascend-910a"),
    ("huawei", "Ascend 910 ProA", "ascend-910a"),
    ("huawei", "310P3", "ascend-310p"),
    ("huawei", "Atlas 300I Duo", "ascend-310p"),
    ("huawei", "310B4", "ascend-310b"),
    ("huawei", "310", "ascend-310"),
    ("huawei", "Ascend 950PR", "ascend-950"),
    ("intel", "HL-205", "gaudi1"),
    ("intel", "HL-225", "gaudi2"),
    ("intel", "Intel Gaudi 3", "gaudi3"),
    ("intel", "HL-325L", "gaudi3"),
    ("intel", "Intel(R) Arc(TM) A770 Graphics", "arc-a"),
    ("intel", "Intel(R) Arc(TM) B580 Graphics", "arc-b"),
    ("intel", "Intel Arc Pro B60", "arc-b"),
    ("intel", "Intel Panther Lake Arc B390", "intel-igpu"),
    ("intel", "Intel(R) Arc(TM) 140V GPU", "intel-igpu"),
    ("intel", "Intel(R) Arc(TM) Graphics", "intel-igpu"),
    ("intel", "Intel Arc Graphics (iGPU)", "intel-igpu"),
    ("intel", "Intel UHD Graphics 630", "intel-igpu"),
    ("intel", "Intel(R) Data Center GPU Max 1550", "intel-max"),
    ("intel", "Intel(R) Data Center GPU Flex Series 170", "intel-flex"),
    ("aws", "AWS Trainium1", "trn1"),
    ("aws", "Trainium2", "trn2"),
    ("aws", "trn3", "trn3"),
    ("aws", "inf2.48xlarge", "inf2"),
    ("aws", "Inferentia", "inf1"),
    ("google", "TPU v4", "tpu-v4"),
    ("google", "TPU v5 lite", "tpu-v5e"),
    ("google", "TPU v5p", "tpu-v5p"),
    ("google", "TPU v6e", "tpu-v6e"),
    ("google", "TPU v7x", "tpu-v7"),
    ("nvidia", "Orin (nvgpu)", "jetson-orin"),
    ("nvidia", "NVIDIA Thor", "jetson-thor"),
    ("nvidia", "Jetson AGX Xavier", "jetson-xavier"),
    ("nvidia", "NVIDIA H100 80GB HBM3", None),
    ("moore-threads", "MTT S80", "mtt-s80"),
    ("moore-threads", "MTT S4000", "mtt-s4000"),
    ("moore-threads", "MTT S5000", "mtt-s5000"),
    ("metax", "MXC500", "metax-c500"),
    ("metax", "MetaX C550", "metax-c550"),
    ("cambricon", "MLU370-X8", "mlu370"),
    ("cambricon", "MLU590", "mlu590"),
    ("apple", "Apple M3 Ultra", "apple-silicon"),
    ("amd", "AMD Radeon Pro 5500M", "intel-mac"),
    ("amd", "AMD Radeon RX 7900 XTX", None),
]


@pytest.mark.parametrize(("vendor", "name", "series"), SERIES)
def test_series(vendor: str, name: str, series: str | None) -> None:
    assert series_of(Accelerator(vendor=vendor, name=name)) == series


def test_series_of_an_unnamed_device_comes_from_its_chip() -> None:
    assert series_of(Accelerator(vendor="huawei", chip="910B3")) == "ascend-910b"
    assert series_of(Accelerator()) is None


@pytest.mark.parametrize(
    ("name", "series"),
    [
        ("Radeon Instinct MI50 32GB", None),
        ("Intel(R) Xeon(R) Platinum 8480+", None),
        ("Apple M2 Max", "apple-silicon"),
        ("Ascend910", "ascend-910c"),
    ],
)
def test_series_of_a_device_of_unknown_vendor(name: str, series: str | None) -> None:
    assert series_of(Accelerator(name=name)) == series


def test_a_name_is_found_quickly() -> None:
    find("H100")
    start = time.process_time()
    for name in names()[:50]:
        find(name)
    assert time.process_time() - start < 50 * 0.005


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80))
def test_find_takes_any_text(text: str) -> None:
    assert all(row.name in names() for row in find(text).rows)


@pytest.mark.parametrize(
    ("name", "capability"),
    [
        ("NVIDIA RTX A2000 Laptop GPU", "8.6"),
        ("NVIDIA RTX 3500 Ada Gene...", "8.9"),
        ("NVIDIA RTX PRO 4500 Blac...", "12.0"),
        ("Tesla P100-PCIE...", "6.0"),
        ("GRID A100D-1-20C", "8.0"),
        ("NVIDIA A10-24Q", "8.6"),
        ("GRID V100D-8Q", "7.0"),
        ("NVIDIA H100XM-80C", "9.0"),
        ("Quadro M4000", "5.2"),
        ("Quadro M4000M", "5.0"),
        ("Quadro T2000 with Max-Q Design", "7.5"),
        ("NVIDIA GeForce RTX 2050", "8.6"),
        ("NVIDIA GeForce GTX 960M", "5.0"),
        ("NVIDIA GeForce RTX ...", None),
        ("NVIDIA Graphics Device", None),
        ("NVIDIA TITAN X", None),
    ],
)
def test_a_compute_capability_by_name(name: str, capability: str | None) -> None:
    device = complete(Accelerator(vendor="nvidia", name=name))
    assert device.compute_capability == capability


def test_a_compute_capability_is_nvidias_alone() -> None:
    assert complete(Accelerator(vendor="amd", name="RTX A2000")).compute_capability is None
    told = Accelerator(vendor="nvidia", name="Tesla P100-PCIE...", compute_capability="6.1")
    assert complete(told).compute_capability == "6.1"


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("M2 Ultra 76-Core GPU 192GB", "Apple M2 Ultra"),
        ("M1 Max 32\u2011Core GPU 64GB", "Apple M1 Max"),
        ("AMD Instinct MI300X 192GB HBM3", "Instinct MI300X"),
        ("AMD Instinct MI325X 256GB HBM3e", "Instinct MI325X"),
        ("Intel PVC GPU", "Intel Data Center GPU Max 1550"),
        ("AMD Ryzen 7 8745H w/ Radeon 780M Graphics", "Ryzen 7 8840U/7840U (Radeon 780M)"),
        ("NVIDIA H100 80GB HBM3", "H100 SXM 80GB"),
        ("M2 Air", "Apple M2"),
        ('MacBook Pro 14" M3 Pro', "Apple M3 Pro"),
        ("MacBook Pro 16-inch M1 Max", "Apple M1 Max"),
        (
            "Strix Halo \u00b7 Radeon 8060S \u00b7 128 GiB",
            "Ryzen AI Max+ 395 (Strix Halo, Radeon 8060S)",
        ),
    ],
)
def test_details_that_the_table_does_not_have_are_passed_over(name: str, row: str) -> None:
    found = find(name).row
    assert found
    assert found.name == row


def test_names_of_several_devices_are_none() -> None:
    assert find("RTX 4090 | RTX 3090").row is None
