"""Which processors share a core, a package and a node of memory."""

from recommender.probe import probe
from tests.probe.conftest import Root


def test_cores_of_several_dies_that_share_a_number(root: Root) -> None:
    for number in range(4):
        folder = f"sys/devices/system/cpu/cpu{number}/topology"
        root.file(f"{folder}/physical_package_id", "0").file(
            f"{folder}/thread_siblings_list", str(number)
        )
    block = "processor : {}\nphysical id : 0\ncore id : {}\nsiblings : 4\ncpu cores : 4\n\n"
    root.file("proc/cpuinfo", "".join(block.format(n, n % 2) for n in range(4)))
    cpu = probe(root.path, env={}).cpu
    assert (cpu.physical_cores, cpu.logical_cores, cpu.sockets) == (4, 4, 1)


def test_threads_of_a_core_without_a_package(root: Root) -> None:
    for number in range(2):
        root.file(f"sys/devices/system/cpu/cpu{number}/topology/thread_siblings_list", "0-1")
    root.file("proc/cpuinfo", "processor : 0\ncpu : Cell\n\nprocessor : 1\ncpu : Cell\n")
    cpu = probe(root.path, env={}).cpu
    assert (cpu.physical_cores, cpu.sockets) == (1, None)


def test_a_list_of_the_kernels_that_ends_with_a_nul(root: Root) -> None:
    root.file("proc/cpuinfo", "processor : 0\nflags : lm\n\nprocessor : 1\nflags : lm\n")
    root.file("sys/devices/system/node/node0/cpumap", "00000000,00000003\n\0")
    root.file("sys/devices/system/node/node1/cpulist", "\n\0")
    assert probe(root.path, env={}).cpu.numa_node_ids == (0,)
