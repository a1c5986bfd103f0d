"""What a server may take of a device's memory, and of the main memory beside it."""

from dataclasses import replace

import pytest

from recommender.facts import Accelerator, Machine, Memory
from recommender.rules.memory import device_gib, spare_ram_gib, usable_gib
from recommender.rules.situation import Group

MACHINE = Machine(memory=Memory(total_gib=100.0))
BOARD = Accelerator(vendor="nvidia", memory_gib=80.0)
SPARK = Accelerator(vendor="nvidia", unified=True)
HALO = Accelerator(vendor="amd", integrated=True, unified=True, memory_gib=4.0, gtt_gib=60.0)


def _of(*devices: Accelerator) -> Group:
    return Group(members=devices)


def test_a_box_of_80_gb_shows_as_much_as_its_driver_does() -> None:
    assert device_gib(BOARD, MACHINE) == pytest.approx(79.2, abs=0.5)
    assert device_gib(replace(BOARD, memory_gib=40.0), MACHINE) == pytest.approx(39.5, abs=0.3)


def test_what_was_measured_goes_before_every_share() -> None:
    assert device_gib(replace(BOARD, usable_gib=71.5), MACHINE) == 71.5


def test_unified_memory_is_that_of_the_machine_and_shared_with_its_system() -> None:
    spark = Machine(memory=Memory(total_gib=121.7))
    assert device_gib(SPARK, spark) == pytest.approx(0.8 * 121.7)
    assert device_gib(replace(SPARK, vendor="amd"), spark) == pytest.approx(0.985 * 121.7)
    assert device_gib(replace(SPARK, memory_gib=64.0), spark) == pytest.approx(0.8 * 64)
    assert device_gib(SPARK, Machine()) is None


def test_memory_of_its_own_that_nobody_knows_is_not_the_machines() -> None:
    assert device_gib(replace(BOARD, memory_gib=None), MACHINE) is None


@pytest.mark.parametrize(("memory", "share"), [(16, 0.74), (95, 0.74), (96, 0.80), (512, 0.80)])
def test_metal_gives_the_larger_macs_a_larger_share(memory: int, share: float) -> None:
    mac = Accelerator(vendor="apple", unified=True, memory_gib=memory)
    assert device_gib(mac, MACHINE) == pytest.approx(share * memory)


def test_a_processor_leaves_the_system_a_fifth() -> None:
    assert usable_gib(_of(), MACHINE) == pytest.approx(80.0)
    assert usable_gib(_of(), Machine()) is None


def test_graphics_of_a_processor_reach_mapped_memory_where_the_platform_maps_it() -> None:
    maps = ("maps-gtt",)
    assert usable_gib(_of(HALO), MACHINE, maps) == pytest.approx(0.985 * 64)
    assert usable_gib(_of(HALO), MACHINE) == pytest.approx(0.985 * 4)
    for other in ({"integrated": False}, {"gtt_gib": None}, {"memory_gib": None}):
        device = replace(HALO, **other)
        assert usable_gib(_of(device), MACHINE, maps) == device_gib(device, MACHINE)


def test_weights_overflow_into_main_memory_only_where_it_is_another() -> None:
    assert spare_ram_gib(_of(BOARD), MACHINE) == pytest.approx(80.0)
    assert spare_ram_gib(_of(SPARK), MACHINE) == 0.0
    assert spare_ram_gib(_of(), MACHINE) == 0.0
    assert spare_ram_gib(_of(BOARD), Machine()) == 0.0
