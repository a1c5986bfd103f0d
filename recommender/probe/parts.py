"""Devices put together from what several sources tell of them; the source of each fact is kept."""

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from recommender.facts.machine import Accelerator
from recommender.facts.noun import build, noun

_DETAILS = "details"


@noun
class Part:
    """What one source tells of one device: fields of Accelerator; one that is None tells nothing.

    ``source`` names a file, a program with its arguments or a function, as ``--evidence`` shows it.
    """

    source: str
    facts: Mapping[str, Any]


@noun
class Device:
    """A device and, by field (``details.npu_id`` for those inside), where it was read."""

    accelerator: Accelerator
    evidence: Mapping[str, str] = field(default_factory=dict)


def device(*parts: Part) -> Device:
    """One device of its parts; the first source that tells a fact is believed."""
    facts: dict[str, Any] = {}
    details: dict[str, Any] = {}
    evidence: dict[str, str] = {}
    for part in parts:
        for name, value in part.facts.items():
            if name == _DETAILS:
                _take(details, value, evidence, part.source, f"{_DETAILS}.")
            else:
                _take(facts, {name: value}, evidence, part.source)
    return Device(accelerator=build(Accelerator, {**facts, _DETAILS: details}), evidence=evidence)


def completed(known: Device, *parts: Part) -> Device:
    """``known`` with what further parts tell where it says nothing."""
    own = {name: getattr(known.accelerator, name) for name in Accelerator.__dataclass_fields__}
    whole = device(Part(source="", facts=own), *parts)
    added = {name: source for name, source in whole.evidence.items() if source}
    return Device(accelerator=whole.accelerator, evidence={**added, **known.evidence})


def _take(
    target: dict[str, Any],
    told: Mapping[str, Any],
    evidence: dict[str, str],
    source: str,
    prefix: str = "",
) -> None:
    for name, value in told.items():
        if value is not None and name not in target:
            target[name] = value
            evidence[f"{prefix}{name}"] = source
