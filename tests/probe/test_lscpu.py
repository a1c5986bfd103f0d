"""What lscpu prints, in all its forms."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.probe import lscpu
from tests.probe.conftest import Root

SERVER = """\
Architecture:             x86_64
  CPU op-mode(s):         32-bit, 64-bit
  Byte Order:             Little Endian
CPU(s):                   128
  On-line CPU(s) list:    0-127
Vendor ID:                AuthenticAMD
  BIOS Vendor ID:         Advanced Micro Devices, Inc.
  Model name:             AMD EPYC 9555 64-Core Processor
    BIOS Model name:      AMD EPYC 9555 64-Core Processor   Unknown CPU @ 3.2GHz
    Thread(s) per core:   1
    Core(s) per socket:   64
    Socket(s):            2
    Flags:                fpu lm avx2 avx512f avx512_vnni
Virtualization features:
  Virtualization:         AMD-V
NUMA:
  NUMA node(s):           3
  NUMA node0 CPU(s):      0-63
  NUMA node2 CPU(s):      64-127
  NUMA node5 CPU(s):
"""
PHONE = """\
Architecture:          aarch64
CPU(s):                9
On-line CPU(s) list:   0-8
Vendor ID:             ARM
Model name:            Cortex-A520
Thread(s) per core:    1
Core(s) per socket:    4
Socket(s):             1
Flags:                 fp asimd i8mm
Model name:            Cortex-A720
Thread(s) per core:    1
Core(s) per socket:    3
Socket(s):             1
Model name:            Cortex-X4
Thread(s) per core:    1
Core(s) per socket:    2
Socket(s):             1
"""
OLD = """\
Architecture:          x86_64
CPU(s):                8
Thread(s) per core:    2
Core(s) per socket:    2
CPU socket(s):         2
Vendor ID:             GenuineIntel
Hypervisor vendor:     VMware
"""


def test_a_server_of_today() -> None:
    cpu, arch = lscpu.understood(SERVER)
    assert (arch, cpu.vendor, cpu.model) == ("x86_64", "amd", "AMD EPYC 9555 64-Core Processor")
    assert (cpu.sockets, cpu.physical_cores, cpu.logical_cores) == (2, 128, 128)
    # Nodes without processors (memory alone) are not counted.
    assert (cpu.numa_nodes, cpu.numa_node_ids) == (2, (0, 2))
    assert cpu.flags == ("fpu", "lm", "avx2", "avx512f", "avx512_vnni")
    assert cpu.core_kinds == ()
    assert lscpu.hypervisor(SERVER) is None


def test_several_kinds_of_cores() -> None:
    cpu, _ = lscpu.understood(PHONE)
    assert cpu.model == "Cortex-A520 + Cortex-A720 + Cortex-X4"
    assert [(kind.name, kind.count) for kind in cpu.core_kinds] == [
        ("Cortex-X4", 2),
        ("Cortex-A720", 3),
        ("Cortex-A520", 4),
    ]
    assert (cpu.performance_cores, cpu.efficiency_cores) == (5, 4)
    assert (cpu.sockets, cpu.physical_cores) == (1, 9)
    assert cpu.flags == ("fp", "asimd", "i8mm")


def test_an_old_release() -> None:
    cpu, _ = lscpu.understood(OLD)
    assert (cpu.sockets, cpu.physical_cores, cpu.logical_cores) == (2, 4, 8)
    assert (cpu.model, cpu.numa_nodes, cpu.numa_node_ids, cpu.flags) == (None, None, (), ())
    assert lscpu.hypervisor(OLD) == "vmware"


def nested(text: str) -> list[dict[str, Any]]:
    """The rows of a text as the JSON of today has them: by their indentation."""
    rows: list[dict[str, Any]] = []
    levels: list[tuple[int, list[dict[str, Any]]]] = [(-1, rows)]
    for line in text.splitlines():
        field, _, data = line.strip().partition(":")
        row: dict[str, Any] = {"field": f"{field}:", "data": data.strip() or None}
        depth = len(line) - len(line.lstrip())
        while levels[-1][0] >= depth:
            levels.pop()
        levels[-1][1].append(row)
        levels.append((depth, row.setdefault("children", [])))
    return rows


@pytest.mark.parametrize("text", [SERVER, PHONE, OLD])
def test_json_tells_the_same(text: str) -> None:
    plain = "\n".join(line.strip() for line in text.splitlines())
    assert lscpu.understood(json.dumps({"lscpu": nested(plain)})) == lscpu.understood(text)
    assert lscpu.understood(json.dumps({"lscpu": nested(text)})) == lscpu.understood(text)
    assert lscpu.hypervisor(json.dumps({"lscpu": nested(text)})) == lscpu.hypervisor(text)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        # Where the firmware has no table of sockets, clusters stand in their place.
        (
            "CPU(s): 96\nCore(s) per cluster: 48\nSocket(s): -\nCluster(s): 2\n",
            {"sockets": None, "physical_cores": 96},
        ),
        # Two steppings of one processor.
        (
            (
                "CPU(s): 4\nModel name: X\nCore(s) per socket: 2\nSocket(s): 1\n"
                "Model name: X\nCore(s) per socket: 2\nSocket(s): 1\n"
            ),
            {"sockets": 2, "physical_cores": 4, "core_kinds": ()},
        ),
        # An Intel hybrid: six cores of two threads and eight of one.
        (
            (
                "CPU(s): 20\nVendor ID: GenuineIntel\nModel name: i5\nThread(s) per core: 2\n"
                "Core(s) per socket: 14\nSocket(s): 1\n"
            ),
            {"performance_cores": 6, "efficiency_cores": 8, "physical_cores": 14},
        ),
        # Processors that are switched off.
        (
            (
                "CPU(s): 64\nOn-line CPU(s) list: 0-30:2\nOff-line CPU(s) list: 1-63:2\n"
                "Thread(s) per core: 1\nCore(s) per socket: 32\nSocket(s): 1\n"
            ),
            {"logical_cores": 16, "physical_cores": 16},
        ),
        (
            (
                "CPU(s): 24\nVendor ID: IBM/S390\nMachine type: 9175\nModel name: -\n"
                "Thread(s) per core: 2\nCore(s) per socket: 3\nSocket(s) per book: 1\n"
                "Book(s) per drawer: 2\nDrawer(s): 2\n"
            ),
            {"vendor": "ibm", "model": "machine 9175", "sockets": 4, "physical_cores": 12},
        ),
        (
            "CPU(s): 2\nVendor ID: HiSilicon\nModel name: -\nBIOS Model name: Kunpeng 940\n",
            {"vendor": "hisilicon", "model": "Kunpeng 940"},
        ),
        ("CPU(s): 8\nModel name: Loongson-3C6000\n", {"vendor": "loongson"}),
        ("CPU(s): 8\nVendor ID: 0x710\nISA: rv64imafdcv zba zvfh\n", {"vendor": None}),
    ],
)
def test_processors(lines: str, expected: dict[str, object]) -> None:
    cpu, _ = lscpu.understood(lines)
    assert {name: getattr(cpu, name) for name in expected} == expected


def test_the_letters_of_risc_v() -> None:
    cpu, _ = lscpu.understood("ISA: rv64imafdcv zba zvfh\n")
    assert cpu.flags == (*"imafdcv", "zba", "zvfh")


FLAGS = "fpu lm hypervisor sse4_2 popcnt movbe avx2 abm bmi1 avx512_vnni"


def broken(width: int) -> str:
    """The flags as a terminal breaks them; spaces at the ends of lines are lost."""
    pieces = [FLAGS[start : start + width] for start in range(0, len(FLAGS), width)]
    first, *rest = (f"{'':20}{piece}".rstrip() for piece in pieces)
    return "\n".join([f"  Flags:{first[8:]}", *rest])


@pytest.mark.parametrize(
    "lines",
    [
        *(broken(width) for width in (8, 13, 14, 17, 18, 23, 31)),
        # At words, by whoever posted it.
        "Flags: fpu lm hypervisor\n sse4_2 popcnt movbe avx2 abm\n bmi1\n avx512_vnni",
        "  Flags:  fpu lm hypervisor sse4_2 popcnt\nmovbe avx2 abm bmi1 avx512_vnni\n\nand more\n",
    ],
)
def test_flags_that_were_broken_into_lines(lines: str) -> None:
    text = f"Architecture: x86_64\n{lines}\nVirtualization features:\n  Hypervisor vendor: KVM\n"
    cpu, _ = lscpu.understood(text)
    assert " ".join(cpu.flags) == FLAGS
    assert lscpu.hypervisor(text) == "kvm"


@pytest.mark.parametrize(
    ("lines", "kind"),
    [
        ("Hypervisor vendor: KVM", "kvm"),
        ("Hypervisor vendor: Oracle", "oracle"),
        ("Hypervisor vendor: Microsoft", "microsoft"),
        ("Hypervisor vendor: pHyp", "powervm"),
        ("Hypervisor: z/VM 7.3.0\nHypervisor vendor: IBM", "zvm"),
        ("Hypervisor: PR/SM\nHypervisor vendor: IBM", "none"),
        ("Flags: fpu lm hypervisor", "vm"),
        ("Flags: fpu lm", None),
    ],
)
def test_the_hypervisor(lines: str, kind: str | None) -> None:
    assert lscpu.hypervisor(lines) == kind


@given(
    st.one_of(
        st.text(max_size=300),
        st.lists(
            st.sampled_from(
                [
                    *(SERVER + PHONE + OLD).splitlines(),
                    *("CPU(s): -1", "Socket(s): 99999999999", "On-line CPU(s) list: 9-1", "Flags:"),
                    *('{"lscpu": [{"field": 1}, 2]}', '{"lscpu": 3}', "ISA: rv64", "\x00", ":"),
                    "NUMA node99 CPU(s): x",
                ]
            ),
            max_size=12,
        ).map("\n".join),
    )
)
def test_no_text_breaks_the_reader(text: str) -> None:
    cpu, arch = lscpu.understood(text)
    lscpu.hypervisor(text)
    assert all(word is None or word.isprintable() for word in (cpu.model, cpu.vendor, arch))
    assert all(count is None or count > 0 for count in (cpu.physical_cores, cpu.logical_cores))


def test_the_program_is_asked_where_the_kernels_text_tells_nothing(
    root: Root, probed: Callable[..., dict[str, Any]], program: Callable[[str, str], Path]
) -> None:
    root.file("proc/cpuinfo", "")
    folder = program("lscpu", f"cat <<'END'\n{PHONE}END")
    found = probed(path=folder)["cpu"]
    assert (found["vendor"], found["efficiency_cores"]) == ("arm", 4)
    root.file("proc/cpuinfo", "processor : 0\nmodel name : Made Up\n")
    assert probed(path=folder)["cpu"]["model"] == "Made Up"
    assert probed(path=folder)["cpu"]["efficiency_cores"] is None


def test_counts_that_stand_before_the_name() -> None:
    text = (
        "Architecture: x86_64\nCPU(s): 24\nThread(s) per core: 2\nCore(s) per socket: 6\n"
        "Socket(s): 2\nVendor ID: GenuineIntel\nModel name: Made Up\n"
    )
    cpu, _ = lscpu.understood(text)
    assert (cpu.sockets, cpu.physical_cores, cpu.logical_cores) == (2, 12, 24)
