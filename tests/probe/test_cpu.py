"""Processors: texts of all architectures, counts, NUMA nodes, levels."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.probe import cpu, cpuinfo, probe
from recommender.probe.context import Context
from recommender.probe.cpu import cpu_list, x86_level
from recommender.probe.files import Files
from tests.probe.conftest import Root

V1 = "fpu cx8 cmov mmx fxsr sse sse2 syscall lm"
V2 = f"{V1} cx16 lahf_lm popcnt sse4_1 sse4_2 ssse3"
V3 = f"{V2} abm avx avx2 bmi1 bmi2 f16c fma movbe xsave"
V4 = f"{V3} avx512f avx512bw avx512cd avx512dq avx512vl"


def x86(number: int, socket: int, core: int, flags: str = V3) -> str:
    return (
        f"processor\t: {number}\nvendor_id\t: GenuineIntel\nmodel name\t: Made  Up\tCPU @ 2GHz\n"
        f"physical id\t: {socket}\ncore id\t\t: {core}\nflags\t\t: {flags}\n\n"
    )


@pytest.mark.parametrize(
    ("flags", "level"), [(V1, 1), (V2, 2), (V3, 3), (V4, 4), ("fp asimd", None), ("", None)]
)
def test_levels(flags: str, level: int | None) -> None:
    assert x86_level(flags.split()) == level


@pytest.mark.parametrize(
    ("text", "arch", "vendor", "model", "flag"),
    [
        (x86(0, 0, 0), "x86_64", "intel", "Made Up CPU @ 2GHz", "avx2"),
        (
            (
                "processor : 0\nFeatures : fp asimd i8mm bf16 sve\nCPU implementer : 0x41\n"
                "CPU architecture: 8\nCPU part : 0xd4f\n"
            ),
            *("aarch64", "arm", "Neoverse-V2", "i8mm"),
        ),
        (
            (
                "processor : 0\nFeatures : fp asimd\nCPU implementer : 0x48\nCPU architecture: 8\n"
                "CPU part : 0xd01\n"
            ),
            *("aarch64", "hisilicon", "Kunpeng-920", "asimd"),
        ),
        (
            (
                "Processor : ARMv6-compatible processor rev 7\nFeatures : swp vfp\n"
                "CPU implementer : 0x41\nCPU architecture: 7\nCPU part : 0xb76\n"
            ),
            *("armv6l", "arm", "ARM1176", "vfp"),
        ),
        (
            "processor : 0\nhart : 1\nisa : rv64imafdcv_zicsr_zba\nuarch : thead,c920\n",
            *("riscv64", None, "thead,c920", "v"),
        ),
        (
            (
                "system type : generic\n\nprocessor : 0\nModel Name : Loongson-3C6000\n"
                "ISA : loongarch32 loongarch64\nFeatures : cpucfg lsx lasx\n"
            ),
            *("loongarch64", "loongson", "Loongson-3C6000", "lasx"),
        ),
        (
            "processor : 0\ncpu : POWER9, altivec supported\nclock : 3800MHz\n",
            *("ppc64le", "ibm", "POWER9, altivec supported", "altivec"),
        ),
        (
            (
                "vendor_id : IBM/S390\n# processors : 1\nfeatures : esan3 zarch vx\n"
                "processor 0: version = 00,  identification = 0A1B2C,  machine = 8561\n"
            ),
            *("s390x", "ibm", "machine 8561", "vx"),
        ),
        (
            (
                "system type : generic\nprocessor : 0\ncpu model : ICT Loongson-3 V0.12\n"
                "isa : mips1 mips64r2\nASEs implemented : vz msa\n"
            ),
            *("mips64", "loongson", "ICT Loongson-3 V0.12", "msa"),
        ),
    ],
)
def test_texts(text: str, arch: str | None, vendor: str | None, model: str, flag: str) -> None:
    info = cpuinfo.parse(text)
    assert (info.arch, info.vendor, info.model) == (arch, vendor, model)
    assert flag in info.flags
    assert list(info.cores) == [0]


@pytest.mark.parametrize(
    ("lines", "arch"),
    [
        # A 64-bit kernel, a 32-bit one on the same processor, a 32-bit processor.
        ("vendor_id : GenuineIntel\nflags : fpu lm", "x86_64"),
        ("vendor_id : GenuineIntel\nfdiv_bug : no\nflags : fpu lm", "i686"),
        ("vendor_id : GenuineIntel\nflags : fpu tsc", "i686"),
        # A 32-bit program's view of a 64-bit kernel; kernels of Android 6.
        ("Features : half neon\nCPU implementer : 0x41\nCPU architecture: 8", "aarch64"),
        ("Features : fp asimd\nCPU implementer : 0x41\nCPU architecture: AArch64", "aarch64"),
        # 32-bit kernels: of version 7 on a 64-bit core, of version 6 by name, of version 5.
        ("model name : ARMv7 Processor rev 4 (v7l)\nCPU implementer : 0x41", "armv7l"),
        ("CPU implementer : 0x41\nCPU architecture: 7\nCPU part : 0xd03", "armv7l"),
        ("model name : ARMv6 rev 7 (v6l)\nCPU implementer : 0x41\nCPU architecture: 7", "armv6l"),
        ("CPU implementer : 0x56\nCPU architecture: 5TE\nCPU part : 0x131", "armv5tel"),
        ("isa : rv32imac", "riscv32"),
        ("isa : mips1 mips2 mips32r2", "mips"),
        ("cpu : POWER7 (architected), altivec supported", "ppc64"),
        ("cpu : POWER10, altivec supported", "ppc64le"),
        ("cpu : PPC970MP, altivec supported", "ppc64"),
        ("cpu : 7447A, altivec supported\nrevision : 1.2 (pvr 8003 0102)", "ppc"),
        ("cpu : UltraSparc T2\ntype : sun4v", "sparc64"),
        ("cpu : Fujitsu MB86904\ntype : sun4m", "sparc"),
        ("vendor_id : E2K MACHINE\nmodel name : E8C", None),
        ("cpu family : 6", None),
    ],
)
def test_architectures(lines: str, arch: str | None) -> None:
    assert cpuinfo.parse(f"processor : 0\n{lines}\n").arch == arch


@pytest.mark.parametrize(("order", "arch"), [("big", "ppc64"), ("little", "ppc64le")])
def test_the_order_of_bytes_decides_on_power(root: Root, order: str, arch: str) -> None:
    root.file("proc/cpuinfo", "processor : 0\ncpu : POWER8 (raw), altivec supported\n")
    root.file("sys/kernel/cpu_byteorder", f"{order}\n")
    assert probe(root.path, env={}).arch == arch


def test_lines_after_all_processors_are_of_each(root: Root) -> None:
    text = "processor : 0\n\nprocessor : 1\n\nFeatures : neon\nCPU implementer : 0x41\n"
    root.file("proc/cpuinfo", f"{text}CPU architecture: 7\nCPU part : 0xc0e\n")
    machine = probe(root.path, env={})
    assert (machine.arch, machine.cpu.logical_cores) == ("armv7l", 2)
    (kind,) = machine.cpu.core_kinds
    assert (kind.name, kind.count, kind.part) == ("Cortex-A17", 2, "0x41/0xc0e")


def test_loongarch_and_mips_tell_package_and_core() -> None:
    block = "processor : {0}\npackage : 0\ncore : {0}\nModel Name : Loongson-3C6000\n\n"
    info = cpuinfo.parse(block.format(0) + block.format(1))
    assert info.cores == {0: (0, 0), 1: (0, 1)}


def test_a_mainframe_tells_its_cores_further_below() -> None:
    text = (
        "vendor_id : IBM/S390\nfeatures : vx\n"
        "processor 0: version = 00,  identification = 1,  machine = 9175\n"
        "processor 1: version = 00,  identification = 1,  machine = 9175\n\n"
        "cpu number : 0\nphysical id : 3\ncore id : 5\n\n"
        "cpu number : 1\nphysical id : 3\ncore id : 5\n"
    )
    info = cpuinfo.parse(text)
    assert (info.model, info.cores) == ("machine 9175", {0: (3, 5), 1: (3, 5)})


def test_unlike_cores_are_all_named_and_only_their_common_flags_count() -> None:
    part = "processor : {}\nFeatures : fp {}\nCPU implementer : 0x41\nCPU part : {}\n\n"
    text = part.format(0, "sve bf16", "0xd46") + part.format(1, "bf16", "0xd4e")
    info = cpuinfo.parse(text)
    assert info.model == "Cortex-A510 + Cortex-X3"
    assert info.flags == ("fp", "bf16")


def test_counts_of_two_sockets_with_hyperthreads(root: Root) -> None:
    places = [(socket, core) for _ in range(2) for socket in (0, 1) for core in (0, 1)]
    root.file("proc/cpuinfo", "".join(x86(i, *place) for i, place in enumerate(places)))
    root.files(
        {
            "sys/devices/system/node/node0/cpulist": "0-1,4-5\n",
            "sys/devices/system/node/node2/cpumap": "000000cc\n",
            "sys/devices/system/node/node3/cpulist": "\n",
            "sys/devices/system/node/online": "0,2-3\n",
        }
    )
    found = probe(root.path, env={}).cpu
    assert (found.sockets, found.physical_cores, found.logical_cores) == (2, 4, 8)
    assert (found.numa_nodes, found.numa_node_ids) == (2, (0, 2))
    assert found.x86_level == 3


def test_long_lists_are_read_to_their_end(root: Root) -> None:
    evens, odds = (",".join(map(str, range(start, 512, 2))) for start in (0, 1))
    root.file("sys/devices/system/cpu/online", f"{evens},{odds}\n")
    root.file("sys/devices/system/node/node0/cpulist", f"{evens}\n")
    root.file("sys/devices/system/node/node1/cpulist", "511\n")
    root.file("sys/fs/cgroup/cpuset.cpus.effective", f"{odds}\n")
    found = probe(root.path, env={}).cpu
    assert (found.logical_cores, found.numa_node_ids) == (256, (1,))


@pytest.mark.parametrize(
    ("files", "count"),
    [
        ({"proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/cpuset.cpus.effective": "1-2"}, 2),
        ({"sys/fs/cgroup/cpuset.cpus.effective": "0,3"}, 2),
        (
            {
                "proc/self/cgroup": "7:cpuset:/box\n0::/\n",
                "sys/fs/cgroup/cpuset/box/cpuset.cpus": "3\n",
            },
            1,
        ),
        ({"sys/fs/cgroup/cpuset.cpus.effective": "\n"}, 4),
        # A group of another computer than the list of processors.
        ({"sys/fs/cgroup/cpuset.cpus.effective": "64-127\n"}, 4),
    ],
)
def test_a_group_may_use_some_processors(root: Root, files: dict[str, str], count: int) -> None:
    root.file("sys/devices/system/cpu/online", "0-3\n").files(files)
    assert probe(root.path, env={}).cpu.logical_cores == count


def test_arm_counts_come_from_the_siblings(root: Root) -> None:
    root.file("proc/cpuinfo", "".join(f"processor : {i}\nFeatures : fp\n\n" for i in range(4)))
    root.file("sys/devices/system/cpu/online", "0-3\n")
    for number in range(4):
        folder = f"sys/devices/system/cpu/cpu{number}/topology"
        root.files(
            {
                f"{folder}/physical_package_id": "0\n",
                f"{folder}/core_id": f"{number % 2}\n",
                f"{folder}/thread_siblings_list": f"{number}\n",
            }
        )
    found = probe(root.path, env={}).cpu
    assert (found.sockets, found.physical_cores, found.logical_cores) == (1, 4, 4)


def test_nothing_to_read_is_unknown_and_not_0(root: Root) -> None:
    found = cpu.read(Context(files=Files(root.path), live=False), cpuinfo.parse(""))
    assert (found.sockets, found.physical_cores, found.logical_cores) == (None, None, None)
    assert (found.numa_nodes, found.model, found.vendor, found.x86_level) == (None,) * 4


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("0-3,8", {0, 1, 2, 3, 8}),
        ("5", {5}),
        ("", set()),
        (None, set()),
        ("3-1,x,-4,0-99999999999", set()),
        ("0-6:2,9", {0, 2, 4, 6, 9}),
        ("0-2:x,4-5:-1", {0, 1, 2, 4, 5}),
        ("0-8191," * 9999, set(range(8192))),
    ],
)
def test_lists_of_processors(text: str | None, numbers: set[int]) -> None:
    assert cpu_list(text) == numbers


LINES = st.one_of(
    st.text(max_size=30),
    st.builds(
        "{}: {}".format,
        st.sampled_from(
            [
                "processor",
                "flags",
                "Features",
                "isa",
                "physical id",
                "CPU part",
                "CPU implementer",
                "cpu",
                "vendor_id",
                "model name",
                "processor 0",
            ]
        ),
        st.one_of(st.text(max_size=20), st.integers(-5, 10**6).map(str), st.just("9" * 5000)),
    ),
)


@given(st.lists(LINES, max_size=12).map("\n".join))
def test_no_text_breaks_the_reader(text: str) -> None:
    info = cpuinfo.parse(text)
    assert all(number >= 0 for number in info.cores)
    assert all(flag.isprintable() for flag in info.flags)
    assert info.model is None or info.model.isprintable()
    assert x86_level(info.flags) in {None, 1, 2, 3, 4}
