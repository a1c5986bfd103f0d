"""``describe``: what people type for ``--gpu`` and its companions."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.devices.described import describe
from recommender.errors import InputError
from recommender.facts import Link, Machine

# typed text, name in the table, count, GiB of one device, capability or gfx target, link
TYPED = [
    ("H100 80GB:8", "H100 SXM 80GB", 8, 80, "9.0", "nvlink"),
    ("H100 80GB HBM3:8", "H100 SXM 80GB", 8, 80, "9.0", "nvlink"),
    ("8*H100", "H100 SXM 80GB", 8, 80, "9.0", "nvlink"),
    ("8xH100", "H100 SXM 80GB", 8, 80, "9.0", "nvlink"),
    ("8 x A100 80GB", "A100 SXM 80GB", 8, 80, "8.0", "nvlink"),
    ("H100 SXM x8", "H100 SXM 80GB", 8, 80, "9.0", "nvlink"),
    ("H100 (8)", "H100 SXM 80GB", 8, 80, "9.0", "nvlink"),
    ("H100（8卡）", "H100 SXM 80GB", 8, 80, "9.0", "nvlink"),  # full width
    ("H100 (x8)", "H100 SXM 80GB", 8, 80, "9.0", "nvlink"),
    ("Ascend 910B3 (in an Atlas server):8", "Ascend 910B3", 8, 64, None, "hccs"),
    ("H100 8x", "H100 SXM 80GB", 8, 80, "9.0", "nvlink"),
    ("8 H100", "H100 SXM 80GB", 8, 80, "9.0", "nvlink"),
    ("8卡H100", "H100 SXM 80GB", 8, 80, "9.0", "nvlink"),
    ("h100 pcie:2", "H100 PCIe 80GB", 2, 80, "9.0", "pcie"),
    ("H100 NVL:2", "H100 NVL 94GB", 2, 94, "9.0", "nvlink"),
    ("H200:8", "H200 SXM 141GB", 8, 141, "9.0", "nvlink"),
    ("B200 x8", "B200 SXM 180GB", 8, 180, "10.0", "nvlink"),
    ("GB200:4", "GB200 (per GPU)", 4, 185, "10.0", "nvlink"),
    ("4090x2", "GeForce RTX 4090", 2, 24, "8.9", "pcie"),
    ("2x RTX 4090", "GeForce RTX 4090", 2, 24, "8.9", "pcie"),
    ("4090*2", "GeForce RTX 4090", 2, 24, "8.9", "pcie"),
    ("2张4090", "GeForce RTX 4090", 2, 24, "8.9", "pcie"),
    ("2 块 3090", "GeForce RTX 3090", 2, 24, "8.6", "pcie"),
    ("双4090", "GeForce RTX 4090", 2, 24, "8.9", "pcie"),
    ("四卡 4090", "GeForce RTX 4090", 4, 24, "8.9", "pcie"),
    ("４０９０×２", "GeForce RTX 4090", 2, 24, "8.9", "pcie"),  # full width
    ("RTX 3090 x 4 24GB", "GeForce RTX 3090", 4, 24, "8.6", "pcie"),
    ("rtx4070tisuper", "GeForce RTX 4070 Ti SUPER", 1, 16, "8.9", None),
    ("4070 Laptop 8GB", "GeForce RTX 4070 Laptop", 1, 8, "8.9", None),
    ("5090D", "GeForce RTX 5090 D", 1, 32, "12.0", None),
    ("A100-80G", "A100 SXM 80GB", 1, 80, "8.0", None),
    ("NVIDIA A100-SXM4-80GB", "A100 SXM 80GB", 1, 80, "8.0", None),
    ("A100 81920MiB", "A100 SXM 80GB", 1, 80, "8.0", None),
    ("4x A10 24GB", "A10", 4, 24, "8.6", "pcie"),
    ("Tesla T4", "Tesla T4", 1, 16, "7.5", None),
    ("V100 32GB:4", "Tesla V100 SXM2 32GB", 4, 32, "7.0", "nvlink"),
    ("Tesla V100-PCIE-16GB", "Tesla V100 PCIe 16GB", 1, 16, "7.0", None),
    ("L40S 48GB", "L40S", 1, 48, "8.9", None),
    ("RTX 6000 Ada", "RTX 6000 Ada", 1, 48, "8.9", None),
    ("A6000", "RTX A6000", 1, 48, "8.6", None),
    ("GH200 480GB", "GH200 96GB", 1, 96, "9.0", None),
    ("单卡 L20", "L20", 1, 48, "8.9", None),
    ("8卡 A800 80G", "A800 SXM 80GB", 8, 80, "8.0", "nvlink"),
    ("DGX Spark", "DGX Spark / GB10", 1, 128, "12.1", None),
    ("Jetson AGX Orin 64GB", "Jetson AGX Orin 64GB", 1, 64, "8.7", None),
    ("MI50", "Instinct MI50 16GB", 1, 16, "gfx906", None),
    ("MI300X x8", "Instinct MI300X", 8, 192, "gfx942", "xgmi"),
    ("MI300Xx8", "Instinct MI300X", 8, 192, "gfx942", "xgmi"),
    ("7900xtx", "Radeon RX 7900 XTX", 1, 24, "gfx1100", None),
    ("RX 580 8GB", "Radeon RX 580", 1, 8, "gfx803", None),
    ("RX 580", "Radeon RX 580", 1, None, "gfx803", None),
    ("Strix Halo 128GB", "Ryzen AI Max+ 395 (Strix Halo, Radeon 8060S)", 1, 128, "gfx1151", None),
    ("M4 Max 128GB", "Apple M4 Max 40-core", 1, 128, None, None),
    ("MacBook Pro M4 16GB", "Apple M4", 1, 16, None, None),
    ("Mac Studio M3 Ultra 512GB", "Apple M3 Ultra", 1, 512, None, None),
    ("Arc B580", "Intel Arc B580", 1, 12, None, None),
    ("Gaudi 3:8", "Intel Gaudi 3", 8, 128, None, None),
    ("昇腾910B3 8卡", "Ascend 910B3", 8, 64, None, "hccs"),
    ("Ascend 910B3:8", "Ascend 910B3", 8, 64, None, "hccs"),
    ("八卡昇腾910B", "Ascend 910B3", 8, 64, None, "hccs"),
    ("华为 昇腾 910C x16", "Ascend 910C", 16, 64, None, "hccs"),
    ("Atlas 300I Duo", "Atlas 300I Duo", 1, 48, None, None),
    ("MLU370-X8:8", "Cambricon MLU370-X8", 8, 24, None, None),
    ("MLU370 X8 x8", "Cambricon MLU370-X8", 8, 24, None, None),
    ("摩尔线程 MTT S4000:8", "Moore Threads MTT S4000", 8, 48, None, None),
    ("沐曦 C500", "MetaX C500", 1, 64, None, None),
    ("trn2:16", "AWS Trainium2 (per chip)", 16, 96, None, "neuronlink"),
    ("TPU v5e:8", "TPU v5e", 8, 16, None, "ici"),
]


@pytest.mark.parametrize(("text", "name", "count", "memory", "target", "link"), TYPED)
def test_typed_text_becomes_devices(
    text: str, name: str, count: int, memory: float | None, target: str | None, link: str | None
) -> None:
    machine = describe([text])

    assert [device.index for device in machine.accelerators] == list(range(count))
    for device in machine.accelerators:
        assert device.name == name
        assert device.memory_gib == memory
        assert (device.compute_capability or device.gfx) == target
        assert device.driver_bound is True
        assert device.usable_gib is None
    expected = (Link(kind=link, devices=tuple(range(count))),) if link else ()
    assert machine.links == expected


@pytest.mark.parametrize("text", ["none", "CPU", "无"])
def test_no_accelerator(text: str) -> None:
    assert describe([text]) == describe([])
    assert describe([text]).accelerators == ()


@pytest.mark.parametrize(
    ("text", "arch", "system"),
    [
        ("4090", "x86_64", "linux"),
        ("DGX Spark", "aarch64", "linux"),
        ("GH200", "aarch64", "linux"),
        ("Jetson Orin NX 16GB", "aarch64", "linux"),
        ("910B3", None, "linux"),
        ("M4", "aarch64", "macos"),
        ("none", "x86_64", "linux"),
    ],
)
def test_what_comes_with_the_device(text: str, arch: str | None, system: str) -> None:
    machine = describe([text])
    assert (machine.arch, machine.os.family) == (arch, system)


def test_what_was_not_said_is_unknown() -> None:
    machine = describe(["4090"])
    assert machine.memory.total_gib is None
    assert machine.os.libc_version is None
    assert machine.software == type(machine.software)()
    assert machine.cpu == type(machine.cpu)()


def test_the_processor_decides_the_architecture() -> None:
    assert describe(["910B3:8"], cpu="Kunpeng 920").arch == "aarch64"
    assert describe(["910B3:8"], cpu="Intel Xeon Gold 6430").arch == "x86_64"
    assert describe(["910B3:8"], cpu="Kunpeng 920", arch="x64").arch == "x86_64"


def test_shared_memory_is_the_memory_of_the_host() -> None:
    assert describe(["M4 Max 128GB"]).memory.total_gib == 128
    sized = describe(["M4 Max"], ram_gib=36)
    assert sized.accelerators[0].memory_gib == 36
    assert describe(["Strix Halo"], ram_gib=64).accelerators[0].memory_gib == 64
    assert describe(["4090"], ram_gib=64).accelerators[0].memory_gib == 24


def test_computers_are_counted_as_nodes() -> None:
    machine = describe(["DGX Spark x2"], nodes=3)
    assert (len(machine.accelerators), machine.nodes) == (1, 6)
    assert [problem.rule for problem in machine.problems] == ["device.computer"]


@pytest.mark.parametrize(
    ("text", "rule", "says"),
    [
        ("A100", "name.ambiguous", "A100 SXM 40GB"),
        ("H100", "name.ambiguous", "H100 NVL 94GB"),
        ("4060 Ti", "name.ambiguous", "8GB"),
        ("Ascend 910B", "name.ambiguous", "910B4"),
        ("4090 48GB", "name.memory", "24 GiB"),
        ("M4 24GB:1", None, ""),
        ("M3 Ultra", "memory.unsaid", "512"),
        ("Strix Halo", "memory.unsaid", "128"),
        ("910C:16", "device.per-card", "2 devices"),
        ("Tesla T4", None, ""),
        ("V100 32GB:4", None, ""),
    ],
)
def test_what_is_uncertain_is_said(text: str, rule: str | None, says: str) -> None:
    problems = describe([text]).problems
    assert [problem.rule for problem in problems] == ([rule] if rule else [])
    assert all(says in problem.what for problem in problems)


def test_devices_of_two_kinds() -> None:
    machine = describe(["4090x2, 3090", "H100 SXM:2"])
    names = [device.name for device in machine.accelerators]
    assert names == ["GeForce RTX 4090"] * 2 + ["GeForce RTX 3090"] + ["H100 SXM 80GB"] * 2
    assert machine.links == (
        Link(kind="pcie", devices=(0, 1, 2)),
        Link(kind="nvlink", devices=(3, 4)),
    )


@pytest.mark.parametrize(
    "text",
    [
        "H100:0",
        "H100:-1",
        "-2x H100",
        "H100:1e3",
        "H100:abc",
        "H100:",
        "H100:" + "1" + "0" * 30,
        "4097x H100",
        "4000x4090, 4000x3090",
        "H100 0GB",
        "H100 99999999GB",
        "H1000",
        "AMD 4090",
        "MI300X8",
        "",
        ":8",
        "4090, none",
        "Radeon Graphics",
        "x" * 10_000,
    ],
)
def test_wrong_text_is_an_input_error(text: str) -> None:
    with pytest.raises(InputError, match=r"^--gpu '"):
        describe([text])


def test_a_near_miss_names_candidates() -> None:
    with pytest.raises(InputError, match=r"did you mean .*H100"):
        describe(["H1000"])


def test_control_characters_are_not_echoed() -> None:
    with pytest.raises(InputError) as caught:
        describe(["\x1b[31mX\x07"])
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "flags",
    [
        {"ram_gib": 0.0},
        {"ram_gib": float("nan")},
        {"ram_gib": -1.0},
        {"nodes": 0},
        {"nodes": 10**30},
        {"cores": -4},
        {"python": "three"},
        {"os": "beos"},
        {"os": "windows wsl2"},
        {"arch": "z80"},
        {"driver": "abc"},
        {"driver": "foo=1"},
    ],
)
def test_wrong_flags_are_input_errors(flags: dict[str, object]) -> None:
    name = {"ram_gib": "ram"}.get(next(iter(flags)), next(iter(flags)))
    with pytest.raises(InputError, match=f"^--{name} "):
        describe(["4090"], **flags)  # type: ignore[arg-type]


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60) | st.from_regex(r"[0-9xX:*A-Za-z 卡张.+-]{0,30}", fullmatch=True))
def test_any_text_gives_a_machine_or_an_input_error(text: str) -> None:
    try:
        machine = describe([text])
    except InputError as error:
        assert str(error).isprintable()  # noqa: PT017  # either outcome is right
    else:
        assert isinstance(machine, Machine)
        assert len(machine.accelerators) <= 4096
