"""Neuron devices as facts, whichever source told of them."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from recommender.facts.machine import Link
from recommender.facts.noun import noun
from recommender.probe import parts
from recommender.probe.context import Findings
from recommender.probe.parts import Part

# How an instance type begins: trn2n.48xlarge, Trn2, inf2.xlarge.
_FAMILY = re.compile(r"(trn|inf)(\d)", re.IGNORECASE)
_FAMILIES = {"trn": "Trainium", "inf": "Inferentia"}
# PCI device id -> family: neuron_device.h of the driver (aws-neuron-driver).
_BY_ID = {
    **dict.fromkeys(("7064", "7065", "7066", "7067"), "inf1"),
    **dict.fromkeys(("7564", "7565"), "trn3"),
    "7164": "trn1",
    "7264": "inf2",
    "7364": "trn2",
}
_RANGE = re.compile(r"(\d{1,6})(?:\s*-\s*(\d{1,6}))?")
_MOST_IN_RANGE = 1 << 12


@noun
class Seen:
    """One device as one source tells of it, by the driver's numbers."""

    number: int
    part: Part
    connected: tuple[int, ...] = ()


def part(source: str, number: int, facts: Mapping[str, Any], details: Mapping[str, Any]) -> Part:
    """What a source tells; ``nc_count`` in ``details`` counts the cores that programs see."""
    own = {"vendor": "aws", "driver_bound": True, "unified": False, "integrated": False}
    named = _named(family(details.get("instance_type")))
    kept = {"compute_units": details.get("nc_count"), "details": {"device_id": number, **details}}
    return Part(source=source, facts={**own, **named, **kept, **facts})


def by_pci_id(pci_id: str) -> dict[str, str | None]:
    """Name and chip of a device on the bus (``1d0f:7364``)."""
    return _named(_BY_ID.get(pci_id.partition(":")[2]))


def family(text: str | None) -> str | None:
    """``trn2`` of an instance type."""
    match = _FAMILY.match(text or "")
    return f"{match[1]}{match[2]}".lower() if match else None


def joined(seen: Iterable[Seen]) -> Findings:
    """The devices in the order of their numbers, and which of them NeuronLink joins."""
    ordered = sorted({one.number: one for one in seen}.values(), key=lambda one: one.number)
    places = {one.number: place for place, one in enumerate(ordered)}
    groups = {place: {place} for place in places.values()}
    for place, one in enumerate(ordered):
        for other in (places[number] for number in one.connected if number in places):
            whole = groups[place] | groups[other]
            groups.update(dict.fromkeys(whole, whole))
    found = sorted({tuple(sorted(group)) for group in groups.values() if len(group) > 1})
    return Findings(
        devices=tuple(parts.device(one.part) for one in ordered),
        links=tuple(Link(kind="neuronlink", devices=group) for group in found),
    )


def numbers(value: object) -> tuple[int, ...]:
    """Numbers of a JSON list or of a text such as ``0-3, 8``; other words are left out."""
    words = value if isinstance(value, list) else str(value or "").split(",")
    found: list[int] = []
    for match in filter(None, (_RANGE.fullmatch(str(one).strip()) for one in words)):
        first, last = int(match[1]), int(match[2] or match[1])
        found += range(first, min(last, first + _MOST_IN_RANGE) + 1)
    return tuple(found)


def _named(chip: str | None) -> dict[str, str | None]:
    return {"chip": chip, "name": f"{_FAMILIES[chip[:3]]}{chip[3:]}" if chip else None}
