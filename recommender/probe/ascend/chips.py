"""Ascend chips as facts, whichever answer tells of them. One NPU (a board) has one chip or more."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from typing import Any

from recommender.facts.machine import Problem
from recommender.facts.noun import noun
from recommender.probe.files import clean
from recommender.probe.parts import Device, Part, completed, device

VENDOR = "huawei"
# Far above any machine: a bound for texts that are no answer.
MOST_CHIPS = 512
_MOST_MIB = 1 << 40
_MIB_PER_GIB = 1024

# Families by the names that the driver prints; the first that fits. A bare 910B is of the first
# generation (torch_npu numbers its chip 104, those of 910B1 to 910B4 from 220 on); 710 is an early
# name of 310P, I2 and A2G3 are those of 310P and 910B3 in one edition of the driver. Atlas A3
# modules call themselves Ascend910 in one word, which the first generation never does.
_FAMILIES = (
    ("950", re.compile(r"950")),
    ("310p", re.compile(r"310[\s_-]?P|(?<!\d)710|\bI2\b", re.IGNORECASE)),
    ("310b", re.compile(r"310[\s_-]?B", re.IGNORECASE)),
    ("310", re.compile(r"310(?!\d)")),
    ("910b", re.compile(r"910[\s_-]?B\d|\bA2G\d", re.IGNORECASE)),
    ("a3", re.compile(r"910_?93|910C|\bAscend910$", re.IGNORECASE)),
    ("910", re.compile(r"910(?!\d)")),
)
# PCI device -> family; source: the ids that Huawei's open driver binds to, by its own names.
_PCI_FAMILIES = {
    "d100": "310",
    "d105": "310b",
    "d500": "310p",
    "d801": "910",
    "d802": "910b",
    "d803": "a3",
    "d806": "950",
}
# A slice of a chip is named after its template: 310Pvir02, 910B3vir05_1c_16g.
_SLICE = re.compile(r"vir\d\w*$")
_NO_VALUE = {"", "-", "NA", "N/A", "NOT SUPPORT"}
# States of health, in lower case: the good one, and those in which a chip does not compute. With
# the two others (Warning, Alarm) it still does.
_GOOD = "ok"
_UNUSABLE = {"critical", "unknown"}


@noun
class Chip:
    """One chip as one answer tells of it: where it is, fields of Accelerator, vendor's details."""

    npu_id: int | None = None
    chip_id: int | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)


def family(name: str) -> str | None:
    """The family of a chip of this name (``310p``, ``910b``, ``a3``, ...)."""
    return next((word for word, pattern in _FAMILIES if pattern.search(name)), None)


def pci_family(pci_id: str) -> str | None:
    """The family of a device on the bus (``19e5:d802``)."""
    return _PCI_FAMILIES.get(pci_id.partition(":")[2])


def said(text: str | None) -> str | None:
    """A value as printed; None for what stands for no value."""
    value = clean(text or "")
    return None if value.upper() in _NO_VALUE else value


def named(name: str | None) -> dict[str, Any]:
    """What a name tells: the family, and the template if the chip is a slice of another."""
    part = _SLICE.search(name or "")
    return {
        "name": name,
        "chip": family(name) if name else None,
        "partition": part[0] if part else None,
    }


def sizes(total_mib: int | None, used_mib: int | None, health: str | None) -> dict[str, Any]:
    """Memory in GiB of MiB (npu-smi prints MB and means MiB); a total of 0 is no total."""
    total = total_mib if 0 < (total_mib or 0) < _MOST_MIB else None
    used = used_mib if used_mib is not None and 0 <= used_mib <= (total or -1) else None
    dead = (health or "").lower() in _UNUSABLE
    return {
        "memory_gib": _gib(total),
        "usable_gib": 0.0 if dead else _gib(total),
        "used_gib": _gib(used),
    }


def devices(source: str, chips: Sequence[Chip]) -> tuple[Device, ...]:
    """One device a chip. Those of one NPU have one ``card``: its place among the NPUs."""
    chips = chips[:MOST_CHIPS]
    npus = dict.fromkeys(chip.npu_id for chip in chips if chip.npu_id is not None)
    cards: dict[int | None, int] = {npu: card for card, npu in enumerate(npus)}
    return tuple(device(_part(source, chip, cards)) for chip in chips)


def joined(answers: Iterable[Sequence[Device]]) -> tuple[Device, ...]:
    """The chips of several answers, each once; answers named first are believed."""
    known: dict[object, Device] = {}
    for answer in answers:
        for place, told in enumerate(answer):
            key = _key(told, place)
            known[key] = _completed(known[key], told) if key in known else told
    return tuple(known.values())


def problems(told: Sequence[Device]) -> tuple[Problem, ...]:
    """What is wrong with the chips: bad health by state, sizes that no answer told."""
    states: dict[str, list[Device]] = {}
    for one in told:
        health = one.accelerator.details.get("health")
        if health and health.lower() != _GOOD:
            states.setdefault(health, []).append(one)
    unknown = [one for one in told if one.accelerator.memory_gib is None]
    ill = tuple(_ill(health, those) for health, those in states.items())
    return (*ill, *([_unsized(unknown)] if unknown else []))


def _part(source: str, chip: Chip, cards: Mapping[int | None, int]) -> Part:
    details = {"npu_id": chip.npu_id, "chip_id": chip.chip_id, **chip.details}
    if chip.facts.get("partition"):
        details["virtual_function"] = True
    facts = {"vendor": VENDOR, "driver_bound": True, "card": cards.get(chip.npu_id)}
    return Part(source=source, facts={**facts, **chip.facts, "details": details})


def _key(told: Device, place: int) -> object:
    details = told.accelerator.details
    npu = details.get("npu_id")
    return ("place", place) if npu is None else (npu, details.get("chip_id") or 0)


def _completed(known: Device, told: Device) -> Device:
    source = next(iter(told.evidence.values()), "")
    names = told.accelerator.__dataclass_fields__
    facts = {name: getattr(told.accelerator, name) for name in names}
    return completed(known, Part(source=source, facts=facts))


def _ill(health: str, those: Sequence[Device]) -> Problem:
    where = f"-i {those[0].accelerator.details.get('npu_id', 0)}"
    effect = ", so nothing can run on them" if health.lower() in _UNUSABLE else ""
    return Problem(
        what=f"The driver reports health {health} of Ascend {_which(those)}{effect}.",
        fix=f"Read why (npu-smi info -t health {where}) and look into the kernel log; "
        "a reset of the NPU or a reboot may help.",
        rule="probe.ascend.health",
    )


def _unsized(those: Sequence[Device]) -> Problem:
    return Problem(
        what=f"The driver does not tell how much memory Ascend {_which(those)} has.",
        fix="Look at npu-smi info, or describe the machine with --gpu.",
        rule="probe.ascend.memory",
    )


def _which(those: Sequence[Device]) -> str:
    places = [one.accelerator.details for one in those]
    known = [f"{d.get('npu_id', '?')}/{d.get('chip_id', 0)}" for d in places]
    return f"chip {', '.join(known)} (NPU/chip)"


def _gib(mib: int | None) -> float | None:
    return None if mib is None else round(mib / _MIB_PER_GIB, 3)
