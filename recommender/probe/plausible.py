"""A probed machine within the limits that one described in a file has to keep.

What tools and files tell may be anything. A number that no machine has is unknown, so that whatever
``llmpick probe --json`` prints can be read by ``--machine``.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from recommender.facts.limits import LARGEST, LONGEST_WORD, MOST_DEVICES, MOST_KINDS
from recommender.facts.machine import Accelerator, Machine, Problem
from recommender.facts.noun import changed

# Far more than any reader tells of a healthy machine; each is a line for people.
_MOST_PROBLEMS = 500


def plausible(machine: Machine) -> Machine:
    """The machine without numbers, texts and devices that no machine has."""
    devices = tuple(_devices(machine.accelerators))
    problems = machine.problems[:_MOST_PROBLEMS]
    if len(devices) < len(machine.accelerators):
        problems = (*problems, _more(len(machine.accelerators) - len(devices)))
    links = (one for one in machine.links if all(at < len(devices) for at in one.devices))
    whole = changed(machine, accelerators=devices, links=tuple(links), problems=problems)
    kept: Machine = _kept(whole)
    return kept


def _more(count: int) -> Problem:
    return Problem(
        what=f"{count} more devices were told of than any machine has; they are left out.",
        fix="Describe the machine with --gpu; please report this with the output of probe.",
        rule="probe.too-many",
    )


def _devices(found: tuple[Accelerator, ...]) -> Iterator[Accelerator]:
    """The first devices, until there are too many or too many kinds of them."""
    kinds = set()
    for device in found[:MOST_DEVICES]:
        kinds.add((device.vendor, device.name))
        if len(kinds) > MOST_KINDS:
            return
        yield device


def _kept(value: Any) -> Any:
    """``value`` where it can be, else None; what holds others holds those of them that can be."""
    if isinstance(value, (bool, str)):
        return value[:LONGEST_WORD] if isinstance(value, str) else value
    if isinstance(value, (int, float)):
        return value if 0 <= value < LARGEST else None
    if isinstance(value, Mapping):
        return {str(name): kept for name, one in value.items() if (kept := _kept(one)) is not None}
    if isinstance(value, (tuple, list)):
        return type(value)(kept for one in value if (kept := _kept(one)) is not None)
    return _noun(value) if hasattr(value, "__dataclass_fields__") else value


def _noun(value: Any) -> Any:
    own = vars(value)
    kept = {name: _kept(one) for name, one in own.items()}
    # A field that must hold a number has a default.
    defaults = value.__values__
    lost = {name: defaults.get(name) for name, one in kept.items() if one is None}
    return changed(value, **{**kept, **lost})
