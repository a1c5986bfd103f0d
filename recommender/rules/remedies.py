"""Which remedy is for which cause, and its commands for this system."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from recommender.facts import Accelerator, Line, Machine
from recommender.facts.checkup import Family, Remedies, Remedy
from recommender.rules.conditions import holds
from recommender.rules.situation import Situation
from recommender.rules.ways import Cause
from recommender.versions import parts
from recommender.words import placeholders, replace_names

_GIB_IN_MIB = 1024
# macOS and its programs keep an eighth of the memory, 8 GiB at least.
_MAC_SHARE, _MAC_LEAST_GIB = 1 / 8, 8
# What a value may be that becomes part of a command: numbers and versions need no quotes.
_PLAIN = re.compile(r"\d+(\.\d+)*")
FACTS = frozenset(
    (
        *("finding.rule", "finding.advice", "finding.facts", "problem.rules"),
        *("software.container_toolkit", "os.vm", "memory.total_gib", "memory.limit_share"),
        *("memory.limit_gib", "memory.available_gib", "accelerators.unbound_vendors"),
        *("accelerators.least_capability", "mac.wired_mb", "mac.wired_more_mb"),
    )
)


def machine_facts(machine: Machine) -> dict[str, Any]:
    """Facts that only remedies ask for; sizes in GiB, the Metal limits in MiB as macOS has them."""
    memory, devices = machine.memory, machine.accelerators
    bound = [device.vendor for device in devices if device.driver_bound is False]
    return {
        "problem.rules": [problem.rule for problem in machine.problems if problem.rule],
        "software.container_toolkit": _toolkit(machine),
        "os.vm": machine.os.vm,
        "memory.total_gib": memory.total_gib,
        "memory.available_gib": memory.available_gib,
        "memory.limit_gib": memory.limit_gib,
        "memory.limit_share": _share(memory.limit_gib, memory.total_gib),
        "accelerators.unbound_vendors": sorted({vendor for vendor in bound if vendor}),
        "accelerators.least_capability": _least_capability(devices),
        **_metal(devices),
    }


def _toolkit(machine: Machine) -> str | bool | None:
    """Version of NVIDIA's container toolkit; False where it was looked for in vain."""
    name = "nvidia-container-toolkit"
    found = machine.software.versions.get(name)
    return False if found is None and name in machine.software.absent else found


def _share(limit: float | None, total: float | None) -> float | None:
    return limit / total if limit is not None and total else None


def _least_capability(devices: Sequence[Accelerator]) -> str | None:
    known = [found for device in devices if (found := device.compute_capability)]
    return min(known, key=lambda text: parts(text) or (), default=None)


def _metal(devices: Sequence[Accelerator]) -> dict[str, int | None]:
    """What the GPU of a Mac may take now (0 is macOS's own choice), and what it could take."""
    mac = next((device for device in devices if device.vendor == "apple"), Accelerator())
    limit, memory = mac.details.get("wired_limit_mb"), mac.memory_gib
    kept = max(_MAC_LEAST_GIB, (memory or 0) * _MAC_SHARE)
    more = int((memory - kept) * _GIB_IN_MIB) if memory and memory > 2 * kept else None
    return {
        "mac.wired_mb": limit if isinstance(limit, int) else None,
        "mac.wired_more_mb": more if isinstance(limit, int) and more and limit < more else None,
    }


def finding_facts(cause: Cause) -> dict[str, Any]:
    """Facts about a cause that looks for its remedy."""
    return {
        "finding.rule": cause.rule,
        "finding.advice": cause.advice,
        "finding.facts": cause.facts,
    }


def remedy_for(cause: Cause, facts: Situation, remedies: Sequence[Remedy]) -> Remedy | None:
    """The first remedy that recognizes the cause."""
    known = facts.extend(finding_facts(cause))
    return next((remedy for remedy in remedies if holds(remedy.when, known) is True), None)


def rank_without_blocks(rule: str, remedies: Remedies) -> str:
    """The severity of a cause that blocks nothing: that of the longest beginning of its rule."""
    known = [begin for begin in remedies.severities if rule.startswith(begin)]
    return remedies.severities[max(known, key=len)] if known else "hint"


def commands(remedy: Remedy, families: Sequence[Family], facts: Situation) -> tuple[str, ...]:
    """The command lines of a remedy for this system; none where its family is not known."""
    chain = ("container",) if remedy.host and contained(facts) else tuple(_chain(families, facts))
    lines = next((remedy.commands[name] for name in chain if name in remedy.commands), ())
    standing = (line for line in lines if holds(line.when, facts) is True)
    return tuple(text for line in standing if (text := _filled(line, facts)))


def contained(facts: Situation) -> bool:
    """Whether a container is around."""
    return facts.fact("os.container") not in {None, "none"}


def _chain(families: Sequence[Family], facts: Situation) -> Iterator[str]:
    for family in families:
        if holds(family.when, facts) is True:
            yield from (family.id, *family.like)


def _filled(line: Line, facts: Situation) -> str | None:
    """The line with its values; None where one is unknown or would need quotes."""
    text = line.raw or ""
    values: Mapping[str, str] = {name: str(facts.fact(name)) for name in placeholders(text)}
    if not all(_PLAIN.fullmatch(value) for value in values.values()):
        return None
    return replace_names(text, values.__getitem__)
