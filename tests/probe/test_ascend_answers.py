"""What npu-smi prints: tables of all widths, maps, listings, matrices, complaints; made up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.facts.machine import Accelerator
from recommender.probe.ascend import chips, understood

TOP = """\
+-------------------------------+-----------------+---------------------------------------------+
| npu-smi 24.1.rc3                        Version: 24.1.rc3.1                                    |
"""
PLAIN = """\
+---------------+------------+-----------------------------------------+
| NPU     Name  | Health     | Power(W)    Temp(C)    Hugepages-Usage  |
| Chip    Device| Bus-Id     | AICore(%)   Memory-Usage(MB)            |
+===============+============+=========================================+
"""
HBM = """\
+---------------+------------+-----------------------------------------+
| NPU     Name  | Health     | Power(W)    Temp(C)    Hugepages-Usage  |
| Chip          | Bus-Id     | AICore(%)   Memory-Usage(MB)  HBM-Usage(MB) |
+===============+============+=========================================+
"""
APART = """\
+--------+--------------+----------+-----------------------------------------+
| NPU ID | Name         | Health   | Power(W)    Temp(C)    Hugepages-Usage  |
|        |              | Bus-Id   | NPU Util(%) Memory-Usage(MB)  HBM-Usage(MB) |
+========+==============+==========+=========================================+
"""
DUO = """\
| 8       310P3 | OK | NA    51     12  / 12   |
| 0       0     | 0000:05:00.0 | 3    7301/ 44278 |
+---------------+----
| 8       310P3 | OK | NA    50     0   / 0    |
| 1       1     | 0000:05:00.0 | 0    1400 / 43690 |
+===============+====
+---------------+----
| NPU     Chip  | Process id | Process name | Process memory(MB) |
+===============+====
| 8       0     | 5151       | python       | 5120               |
| 8       0     | 5152       | python       | 512                |
"""


def found(text: str) -> list[Accelerator]:
    return list(understood(text).accelerators)


def rules(text: str) -> list[str | None]:
    return [problem.rule for problem in understood(text).problems]


def test_two_chips_of_one_card_share_an_address() -> None:
    devices = found(TOP + PLAIN + DUO)
    assert [d.bus_id for d in devices] == ["0000:05:00.0"] * 2
    assert [d.card for d in devices] == [0, 0]
    assert [d.memory_gib for d in devices] == [43.24, 42.666]
    assert [d.used_gib for d in devices] == [7.13, 1.367]
    assert [d.details["logic_id"] for d in devices] == [0, 1]
    assert {(d.name, d.chip, d.unified, d.details["hbm"]) for d in devices} == {
        ("310P3", "310p", False, False)
    }


def test_versions_of_tool_and_driver() -> None:
    versions = {name: value for name, (value, _) in understood(TOP + PLAIN).software.items()}
    assert versions == {"versions.npu-smi": "24.1.rc3", "versions.ascend-driver": "24.1.rc3.1"}


def test_hbm_is_the_memory_of_a_chip_that_has_it() -> None:
    row = "| 6  910A | OK | 70.1 40 |\n| 0 | 0000:C2:00.0 | 0   1500 / 15100   2048/ 32768 |\n"
    (device,) = found(HBM + row)
    assert (device.memory_gib, device.used_gib, device.usable_gib) == (32.0, 2.0, 32.0)
    assert device.details["hbm"] is True


def test_a_chip_whose_hbm_has_no_size_is_not_given_another_memory() -> None:
    row = "| 6  910A | OK | 70.1 40 |\n| 0 | 0000:C2:00.0 | 0   1500 / 15100   0   / 0 |\n"
    assert [d.memory_gib for d in found(HBM + row)] == [None]
    assert rules(HBM + row) == ["probe.ascend.memory"]


def test_name_and_number_in_cells_of_their_own_and_no_chip_id() -> None:
    rows = (
        "| 3 | Ascend950PR | OK | 199.0 51 0 / 0 |\n"
        "|   |             | 0000:E1:00.0 | 5  0 / 0  7000 / 131072 |\n"
        "+---+\n| NPU ID | Process id | Process name | Process memory(MB) |\n"
        "| 3 | 411 | python | 80 |\n| 3 | 412 | vllm | 90 |\n"
    )
    (device,) = found(APART + rows)
    assert (device.name, device.chip, device.memory_gib) == ("Ascend950PR", "950", 128.0)
    assert (device.bus_id, device.details["npu_id"]) == ("0000:e1:00.0", 3)


def test_a_chip_that_is_the_processor_shares_the_main_memory() -> None:
    rows = "| 0  310B1 | OK | 9.0 50 15 / 15 |\n| 0 0 | NA | 0  NA / 11500 |\n"
    (device,) = found(PLAIN + rows)
    assert (device.unified, device.bus_id, device.chip) == (True, None, "310b")
    assert (device.memory_gib, device.used_gib) == (11.23, None)


def test_slices_of_a_chip() -> None:
    rows = "| 2  910B2vir12_3c_32g | OK | 90 40 |\n| 0 | 0000:42:00.5 | 0  0 / 0  40 / 32768 |\n"
    (device,) = found(HBM + rows)
    assert (device.chip, device.partition) == ("910b", "vir12_3c_32g")
    assert device.details["virtual_function"] is True


@pytest.mark.parametrize(
    ("name", "family"),
    [
        *[("310", "310"), ("310P1", "310p"), ("Ascend 310P5", "310p"), ("710", "310p")],
        *[("310B4", "310b"), ("I2", "310p"), ("A2G3", "910b")],
        *[("910A", "910"), ("910ProB", "910"), ("910B", "910"), ("910PremiumA", "910")],
        *[("910B2C", "910b"), ("910B4-1", "910b"), ("Ascend 910B1", "910b")],
        *[("Ascend910", "a3"), ("Ascend910_9382", "a3"), ("Ascend 910", "910")],
        *[("Ascend950DT", "950"), ("Mcu", None), ("RTX 4090", None)],
    ],
)
def test_families(name: str, family: str | None) -> None:
    assert chips.family(name) == family


@pytest.mark.parametrize(
    ("health", "usable", "reported"),
    [("OK", 64.0, []), ("Warning", 64.0, ["probe.ascend.health"])]
    + [(word, 0.0, ["probe.ascend.health"]) for word in ("Critical", "UNKNOWN")],
)
def test_health(health: str, usable: float, reported: list[str]) -> None:
    rows = f"| 1  910B3 | {health} | 90 40 |\n| 0 | 0000:42:00.0 | 0  0 / 0  40 / 65536 |\n"
    (device,) = found(HBM + rows)
    assert (device.usable_gib, device.memory_gib) == (usable, 64.0)
    assert rules(HBM + rows) == reported


def test_bad_health_is_said_once_with_the_command_that_tells_more() -> None:
    rows = "".join(
        f"| {n}  910B3 | Alarm | 90 40 |\n| 0 | 0000:4{n}:00.0 | 0  0 / 0  40 / 65536 |\n"
        for n in (1, 5)
    )
    (problem,) = understood(HBM + rows).problems
    assert "1/0, 5/0" in problem.what
    assert "npu-smi info -t health -i 1" in (problem.fix or "")


@pytest.mark.parametrize("keep", ["65", "65536", "65536 "])
def test_a_row_that_is_cut_tells_no_size(keep: str) -> None:
    (device,) = found(f"| 0  910B3 | OK | 90 |\n| 0 | 0000:42:00.0 | 0  0 / 0  40 / {keep}")
    assert (device.name, device.bus_id, device.memory_gib) == ("910B3", "0000:42:00.0", None)


@pytest.mark.parametrize("sizes", [f"5 / {'9' * 350}", "-1 / -5", "70000 / 65536", "NA / NA"])
def test_sizes_that_cannot_be(sizes: str) -> None:
    (device,) = found(HBM + f"| 0  910B3 | OK | 90 |\n| 0 | 0000:42:00.0 | 0  0 / 0  {sizes} |\n")
    assert device.used_gib is None


def test_rows_without_their_second_line() -> None:
    rows = "| 0  910B3 | OK | 90 |\n| 1  910B3 | OK | 90 |\n"
    assert [d.details["npu_id"] for d in found(HBM + rows)] == [0, 1]


@pytest.mark.parametrize(
    ("text", "rule", "words"),
    [
        ("dcmi module initialize failed. ret is -8005", "probe.ascend.driver", "reboot"),
        ("dcmi module initialize failed. ret is -8012", "probe.ascend.driver", "HwHiAiUser"),
        ("npu get board type failed. ret is -8005", "probe.ascend.driver", "/dev/devmm_svm"),
        (
            "dcmi model initialized failed, because the device is used. ret is -8020",
            "probe.ascend.occupied",
            "container",
        ),
        (
            "npu-smi: error while loading shared libraries: libc_sec.so: cannot open it",
            "probe.ascend.library",
            "/usr/local/Ascend/driver",
        ),
        ("There is no NPU card on this server.", "probe.ascend.none", "dmesg"),
    ],
)
def test_complaints(text: str, rule: str, words: str) -> None:
    told = understood(f"DrvMngGetConsoleLogLevel failed. (ret=4)\n{text}\n")
    assert [problem.rule for problem in told.problems] == [rule]
    assert words in (told.problems[0].fix or "")
    assert told.devices == ()


def test_a_warning_below_a_good_answer() -> None:
    row = "| 4  910B3 | OK | 90 |\n| 0 | 0000:42:00.0 | 0  0 / 0  40 / 65536 |\n"
    warning = "[WARNING]The driver package may not be completely installed, which may\n"
    assert rules(HBM + row + warning) == ["probe.ascend.install"]


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("npu-smi version: 25.2.1\n", ("versions.npu-smi", "25.2.1")),
        ("Version=7.6\nversion_dir=8.0.RC3\n", ("cann", "8.0.RC3")),
        ("package_name=Ascend-cann-nnrt\nversion=7.0.0\n", ("cann", "7.0.0")),
        (
            "Version=24.1.0\nascendhal_version=7.35\npackage_version=24.1.0.1\n",
            ("versions.ascend-driver", "24.1.0.1"),
        ),
        (
            "Version=7.5.0.9\npackage_version=24.1\ncompatible_version_drv=[24]\n",
            ("versions.ascend-firmware", "7.5.0.9"),
        ),
    ],
)
def test_versions(text: str, version: tuple[str, str]) -> None:
    assert [(name, value) for name, (value, _) in understood(text).software.items()] == [version]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Usage: npu-smi <Command|-h|-v> [Options...]",
        "| 0   NVIDIA H100 | Off | 00000000:1A:00.0 Off |\n| N/A  30C | 4MiB / 81559MiB |",
        "| 0   MXC500 | Enabled | 0000:08:00.0 |\n| 35C | 858/65536 MiB |\n",
        '{"gpu": [{"name": "910B3"}]}',
        "PATH=/usr/bin\nHOME=/root\n",
        "This device does not support querying topo.\n",
    ],
)
def test_other_texts_tell_nothing(text: str) -> None:
    told = understood(text)
    assert (told.devices, told.links, dict(told.software), told.problems) == ((), (), {}, ())


@given(st.text(alphabet="|+=- \n\x00/:0129NPUABCDOKHealthBus-Id.()", max_size=400))
def test_garbage_never_raises(text: str) -> None:
    understood(HBM + text)
    understood("NPU ID : " + text)


@given(st.integers(0, 600))
def test_an_answer_cut_anywhere_tells_no_wrong_size(end: int) -> None:
    whole = PLAIN + DUO
    sizes = {device.memory_gib for device in found(whole[:end])}
    assert sizes <= {43.24, 42.666, None}


@pytest.mark.parametrize("health", ["NA", "-", "", "0K", "General Warning", "Major Alarm", "Fault"])
def test_no_chip_vanishes_because_of_what_its_health_is_called(health: str) -> None:
    chips = found(HBM.replace("| OK ", f"| {health} "))
    assert len(chips) == len(found(HBM))
    assert [chip.memory_gib for chip in chips] == [chip.memory_gib for chip in found(HBM)]
