"""Parts of a machine, and several machines, as one server has them."""

from dataclasses import replace

from recommender.facts import Accelerator, Candidate, Machine
from recommender.rules.grouping import groups


def spanning(machine: Machine, nodes: int) -> Machine:
    """So many equal machines."""
    return replace(machine, nodes=machine.nodes * nodes)


def members(machine: Machine, leader: Candidate) -> tuple[Accelerator, ...]:
    """The equal devices on which a candidate serves; none where it is the processor."""
    if leader.device is None:
        return ()
    found = (group.members for group in groups(machine) if group.first.name == leader.device)
    return next(found, ())


def part(machine: Machine, leader: Candidate, size: int) -> Machine:
    """So many of the devices on which a candidate serves, with their part of the machine."""
    return share(machine, members(machine, leader)[:size])


def share(machine: Machine, devices: tuple[Accelerator, ...]) -> Machine:
    """Some devices of a machine, with as large a part of its main memory and cores."""
    part, memory, cpu = len(devices) / len(machine.accelerators), machine.memory, machine.cpu
    sizes = {
        name: None if (value := getattr(memory, name)) is None else value * part
        for name in ("total_gib", "available_gib", "limit_gib")
    }
    return replace(
        machine,
        accelerators=devices,
        memory=replace(memory, **sizes),
        cpu=replace(
            cpu,
            physical_cores=_cores(cpu.physical_cores, part),
            logical_cores=_cores(cpu.logical_cores, part),
        ),
    )


def _cores(count: int | None, part: float) -> int | None:
    return None if count is None else max(int(count * part), 1)
