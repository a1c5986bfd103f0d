"""Processors that mix kinds of cores."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.facts.machine import CoreKind
from recommender.probe import core_kinds, probe
from tests.probe.conftest import Root

CPU = "sys/devices/system/cpu"


def arm(*parts: str) -> str:
    """The text of a processor with these cores."""
    block = "processor : {}\nFeatures : fp asimd\nCPU implementer : {}\nCPU part : {}\n\n"
    pairs = (part.split("/") for part in parts)
    return "".join(block.format(number, *pair) for number, pair in enumerate(pairs))


def speeds(root: Root, *capacities: int) -> Root:
    for number, capacity in enumerate(capacities):
        root.file(f"{CPU}/cpu{number}/cpu_capacity", f"{capacity}\n")
    return root


def test_the_slowest_kind_is_the_efficient_one(root: Root) -> None:
    parts = ["0x41/0xd80"] * 2 + ["0x41/0xd81"] * 3 + ["0x41/0xd82"]
    root.file("proc/cpuinfo", arm(*parts))
    speeds(root, 300, 300, 870, 870, 900, 1024)
    for number in range(6):
        folder = f"{CPU}/cpu{number}/topology"
        root.file(f"{folder}/physical_package_id", f"{max(0, number - 2)}\n")
        root.file(f"{folder}/thread_siblings_list", f"{number}\n")
    found = probe(root.path, env={}).cpu
    assert [(k.name, k.count, k.part, k.capacity) for k in found.core_kinds] == [
        ("Cortex-X4", 1, "0x41/0xd82", 1024),
        ("Cortex-A720", 3, "0x41/0xd81", 900),
        ("Cortex-A520", 2, "0x41/0xd80", 300),
    ]
    assert (found.performance_cores, found.efficiency_cores) == (4, 2)
    # Kernels without a table of sockets call each cluster one.
    assert (found.sockets, found.physical_cores) == (1, 6)


@pytest.mark.parametrize(
    ("parts", "performance", "efficiency"),
    [
        (("0x41/0xd03", "0x41/0xd03", "0x41/0xd08"), 1, 2),
        (("0x41/0xd87", "0x41/0xd85", "0x41/0xd85"), 2, 1),
        (("0x41/0xd05", "0x48/0xd40"), 1, 1),
        (("0x61/0x032", "0x61/0x033"), 1, 1),
        (("0x51/0x803", "0x51/0x802"), 1, 1),
        # Nothing tells which of two large ones is slower, nor of one that has no name.
        (("0x4e/0x003", "0x41/0xd07"), None, None),
        (("0x41/0xd05", "0x99/0x001"), None, None),
    ],
)
def test_names_tell_where_the_kernel_gives_no_figures(
    root: Root, parts: tuple[str, ...], performance: int | None, efficiency: int | None
) -> None:
    found = probe(root.file("proc/cpuinfo", arm(*parts)).path, env={}).cpu
    assert (found.performance_cores, found.efficiency_cores) == (performance, efficiency)
    assert len(found.core_kinds) == 2


def test_one_kind_at_two_speeds(root: Root) -> None:
    root.file("proc/cpuinfo", arm(*["0x41/0xd03"] * 4))
    found = probe(speeds(root, 1024, 1024, 620, 620).path, env={}).cpu
    assert [(kind.count, kind.capacity) for kind in found.core_kinds] == [(2, 1024), (2, 620)]
    assert (found.performance_cores, found.efficiency_cores) == (2, 2)


def test_cores_that_are_all_alike(root: Root) -> None:
    root.file("proc/cpuinfo", arm(*["0x41/0xd4f"] * 3))
    found = probe(speeds(root, 1024, 1024, 1024).path, env={}).cpu
    assert [(kind.name, kind.count) for kind in found.core_kinds] == [("Neoverse-V2", 3)]
    assert (found.performance_cores, found.efficiency_cores) == (None, None)


def test_registers_tell_the_parts_where_the_text_does_not(root: Root) -> None:
    text = "processor : {}\nFeatures : fp asimd\nCPU implementer : 0x41\nCPU architecture: 8\n\n"
    root.file("proc/cpuinfo", text.format(0) + text.format(1))
    for number, register in enumerate(("0x00000000411fd461", "0x00000000411fd4d0")):
        root.file(f"{CPU}/cpu{number}/regs/identification/midr_el1", f"{register}\n")
    found = probe(root.path, env={}).cpu
    assert [kind.part for kind in found.core_kinds] == ["0x41/0xd4d", "0x41/0xd46"]
    assert found.model == "Cortex-A715 + Cortex-A510"


def test_figures_alone_make_kinds_on_risc_v(root: Root) -> None:
    root.file("proc/cpuinfo", "".join(f"processor : {n}\nisa : rv64imafdcv\n\n" for n in range(3)))
    found = probe(speeds(root, 500, 1024, 1024).path, env={}).cpu
    assert [(k.name, k.count, k.capacity) for k in found.core_kinds] == [
        (None, 2, 1024),
        (None, 1, 500),
    ]
    assert (found.performance_cores, found.efficiency_cores) == (2, 1)


def intel(root: Root, cores: int, threads: int) -> Root:
    """A processor whose first cores have two threads each."""
    twice = threads - cores
    places = [n // 2 if n < 2 * twice else n - twice for n in range(threads)]
    block = (
        "processor : {}\nvendor_id : GenuineIntel\nphysical id : 0\ncore id : {}\nflags : lm\n\n"
    )
    return root.file("proc/cpuinfo", "".join(block.format(*p) for p in enumerate(places)))


def test_the_kernel_tells_the_kinds_of_an_intel_hybrid(root: Root) -> None:
    # Without hyper-threading nothing but these lists tells them apart.
    intel(root, 8, 8).files(
        {
            "sys/devices/cpu_core/cpus": "0-3\n",
            "sys/devices/cpu_atom/cpus": "4-5\n",
            "sys/devices/cpu_lowpower/cpus": "6-7\n",
        }
    )
    found = probe(root.path, env={}).cpu
    assert [(kind.name, kind.count) for kind in found.core_kinds] == [
        ("P-core", 4),
        ("E-core", 2),
        ("LP E-core", 2),
    ]
    assert (found.performance_cores, found.efficiency_cores) == (4, 4)


def test_threads_of_one_core_are_counted_once(root: Root) -> None:
    intel(root, 6, 8).file("sys/devices/cpu_core/cpus", "0-3\n")
    found = probe(root.file("sys/devices/cpu_atom/cpus", "4-7\n").path, env={}).cpu
    assert (found.performance_cores, found.efficiency_cores) == (2, 4)


@pytest.mark.parametrize(
    ("cores", "threads", "performance", "efficiency"),
    [(14, 20, 6, 8), (5, 6, 1, 4), (8, 16, None, None), (4, 4, None, None)],
)
def test_a_recorded_hybrid_is_told_by_its_threads(
    root: Root, cores: int, threads: int, performance: int | None, efficiency: int | None
) -> None:
    found = probe(intel(root, cores, threads).path, env={}).cpu
    assert (found.physical_cores, found.logical_cores) == (cores, threads)
    assert (found.performance_cores, found.efficiency_cores) == (performance, efficiency)


def test_processors_that_are_switched_off_leave_it_open(root: Root) -> None:
    intel(root, 4, 8).file("sys/devices/system/cpu/online", "0-4,6\n")
    found = probe(root.path, env={}).cpu
    assert (found.physical_cores, found.logical_cores) == (4, 6)
    assert (found.performance_cores, found.core_kinds) == (None, ())


@given(
    st.lists(
        st.builds(
            CoreKind,
            name=st.none() | st.sampled_from(["Cortex-A53", "Cortex-X4", "Made up"]),
            count=st.integers(1, 9),
            capacity=st.none() | st.integers(1, 1024),
        ),
        max_size=5,
    )
)
def test_both_numbers_are_known_or_neither(kinds: list[CoreKind]) -> None:
    performance, efficiency = core_kinds.split(kinds)
    if performance is None or efficiency is None:
        assert performance is efficiency
    else:
        assert min(performance, efficiency) > 0
        assert performance + efficiency == sum(kind.count for kind in kinds)
