"""What the keys of a truth about processors, systems and versions mean."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from recommender.facts import Machine
from tests.acceptance.comparing import Check, Outcome, one
from tests.acceptance.recordings import Recording

_HYPERVISORS = {"oracle virtualbox": "oracle", "hyper-v": "microsoft", "virtualbox": "oracle"}


def has(*flags: str) -> Callable[[Machine], bool]:
    """Whether the processors have any of these flags."""
    return lambda machine: any(flag in machine.cpu.flags for flag in flags)


def amx(expected: Any, found: set[str]) -> bool:
    """The AMX flags, or whether there are any."""
    return found == set(expected) if isinstance(expected, list) else bool(found) is expected


def vm(expected: Any, found: str | None) -> bool:
    """A hypervisor by name, or whether there is one."""
    if isinstance(expected, bool):
        return (found not in {None, "none"}) is expected
    word = _HYPERVISORS.get(expected.casefold(), expected.casefold())
    return bool(found == word)


def isa(machine: Machine) -> str | None:
    """The letters of a RISC-V instruction set."""
    letters = "".join(flag for flag in machine.cpu.flags if len(flag) == 1)
    return f"rv{(machine.arch or '')[-2:]}{letters}" if letters else None


def clusters(recording: Recording, key: str, expected: Mapping[str, int]) -> Iterator[Outcome]:
    """Cores by their part number."""
    kinds = recording.machine.cpu.core_kinds
    found = {kind.part.rpartition("/")[2]: kind.count for kind in kinds if kind.part}
    wanted = {name.split()[0]: count for name, count in expected.items()}
    yield key, found == wanted, expected, repr(found)


def part(place: int) -> Check:
    """The implementer (0) or the part (1) of the cores."""

    def read(machine: Machine) -> str | None:
        parts = {k.part.split("/")[place] for k in machine.cpu.core_kinds if k.part}
        return " ".join(sorted(parts)) or None

    return one(read, lambda expected, found: expected.split()[0] in (found or "").split())


def core(machine: Machine) -> str:
    """Names of the cores."""
    return " ".join(
        [machine.cpu.model or "", *(kind.name or "" for kind in machine.cpu.core_kinds)]
    )


DRIVERS = ("amdgpu", "i915", "xe", "kmd")


def drivers(machine: Machine) -> set[str]:
    """Versions of the kernel drivers."""
    software = machine.software
    named = {
        version
        for name, version in software.versions.items()
        if name.endswith("driver") or name in DRIVERS
    }
    return named | {v for v in (software.nvidia_driver, software.habana, software.neuron) if v}


def version(name: str) -> Check:
    """Version of a tool."""
    return one(lambda machine: machine.software.versions.get(name))


def among(expected: str | None, found: set[str]) -> bool:
    """One of them; None where none may be known."""
    return not found if expected is None else expected in found
