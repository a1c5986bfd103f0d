"""Which remedy is for which cause, and its commands for this system."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from recommender.facts import Accelerator, Line, Machine, Text
from recommender.facts.checkup import Family, Remedies, Remedy
from recommender.rules.conditions import holds
from recommender.rules.situation import Group, Situation
from recommender.rules.ways import Cause
from recommender.versions import parts
from recommender.words import placeholders, replace_names

_GIB_IN_MIB = 1024
# The open kernel modules serve Turing and newer; the numbers of PCI devices grow with the
# architectures, and those of Turing begin here.
_TURING, _TURING_PCI = "7.5", 0x1E00
# Boards with more GPUs than this have NVSwitches between them, from Ampere on.
_WITHOUT_SWITCH, _AMPERE = 4, "8.0"
_BOARD = re.compile(r"SXM|HGX", re.IGNORECASE)
# macOS and its programs keep an eighth of the memory, 8 GiB at least.
_MAC_SHARE, _MAC_LEAST_GIB = 1 / 8, 8
_PCI_NUMBER = re.compile(r"[0-9a-fA-F]{4}")
# What a value may be that becomes part of a command: numbers and versions need no quotes.
_PLAIN = re.compile(r"\d+(\.\d+)*")
FACTS = frozenset(
    (
        *("finding.rule", "finding.advice", "finding.facts", "problem.rules"),
        *("software.container_toolkit", "os.vm", "memory.total_gib", "memory.limit_share"),
        *("memory.limit_gib", "memory.available_gib", "accelerators.unbound_vendors"),
        *("accelerators.unbound_count", "accelerators.unbound_among", "device.spare"),
        *("accelerators.unbound_partly", "nvidia.open_modules", "nvidia.nvswitch"),
        *("software.ascend_driver", "mac.wired_mb", "mac.wired_more_mb"),
    )
)


def machine_facts(machine: Machine, groups: Sequence[Group]) -> dict[str, Any]:
    """Facts that only remedies ask for; sizes in GiB, the Metal limits in MiB as macOS has them."""
    memory = machine.memory
    devices = [device for group in groups for device in group.members]
    nvidia = [device for device in devices if device.vendor == "nvidia"]
    return {
        "problem.rules": [problem.rule for problem in machine.problems if problem.rule],
        "software.container_toolkit": _toolkit(machine),
        "software.ascend_driver": _version(machine, "ascend-driver"),
        "os.vm": machine.os.vm,
        "memory.total_gib": memory.total_gib,
        "memory.available_gib": memory.available_gib,
        "memory.limit_gib": memory.limit_gib,
        "memory.limit_share": _share(memory.limit_gib, memory.total_gib),
        "nvidia.open_modules": _open_modules(nvidia),
        "nvidia.nvswitch": _nvswitch(machine, nvidia),
        **_unbound(groups),
        **_metal(devices),
    }


def _toolkit(machine: Machine) -> str | bool | None:
    """Version of NVIDIA's container toolkit; what a container lacks says nothing of the host."""
    found = _version(machine, "nvidia-container-toolkit")
    inside = machine.os.container not in {None, "none"}
    return None if inside and found is False else found


def _version(machine: Machine, name: str) -> str | bool | None:
    """The version of a driver or tool; False where it was looked for in vain."""
    found = machine.software.versions.get(name)
    return False if found is None and name in machine.software.absent else found


def _share(limit: float | None, total: float | None) -> float | None:
    return limit / total if limit is not None and total else None


def spare(group: Group, groups: Sequence[Group]) -> bool:
    """Whether it is unusable beside others of its maker that serve."""
    serving = (g.first for g in groups if not g.first.unusable and g.first.integrated is not True)
    return group.first.unusable and group.first.vendor in {device.vendor for device in serving}


def _unbound(groups: Sequence[Group]) -> dict[str, Any]:
    """How many devices no driver holds, among how many of the same makers."""
    bare = [group for group in groups if group.first.driver_bound is False]
    vendors = {group.first.vendor for group in bare}
    among = [group for group in groups if group.first.vendor in vendors]
    return {
        "accelerators.unbound_vendors": sorted(vendor for vendor in vendors if vendor),
        "accelerators.unbound_count": sum(len(group.members) for group in bare),
        "accelerators.unbound_among": sum(len(group.members) for group in among),
        "accelerators.unbound_partly": bool(bare) and all(spare(group, groups) for group in bare),
    }


def _open_modules(devices: Sequence[Accelerator]) -> bool | None:
    """Whether NVIDIA's open kernel modules serve all these GPUs."""
    known = [_turing(device) for device in devices]
    return False if False in known else (True if known and None not in known else None)


def _turing(device: Accelerator) -> bool | None:
    if device.compute_capability:
        return _at_least(device.compute_capability, _TURING)
    number = (device.pci_id or "").rpartition(":")[2]
    return int(number, 16) >= _TURING_PCI if _PCI_NUMBER.fullmatch(number) else None


def _at_least(version: str, wanted: str) -> bool:
    return (parts(version) or ()) >= (parts(wanted) or ())


def _nvswitch(machine: Machine, devices: Sequence[Accelerator]) -> bool:
    """Whether these GPUs reach each other by NVSwitches, which the Fabric Manager sets up."""
    linked = (link for link in machine.links if link.kind == "nvlink")
    wide = any(not link.devices or len(link.devices) > _WITHOUT_SWITCH for link in linked)
    named = any(_BOARD.search(device.name or "") for device in devices)
    new = all(_at_least(device.compute_capability or _AMPERE, _AMPERE) for device in devices)
    return len(devices) > _WITHOUT_SWITCH and new and (wide or named)


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


def advice(remedy: Remedy, facts: Situation) -> Text | str | None:
    """What to do, as it is here."""
    fitting = (special.text for special in remedy.fixes if holds(special.when, facts) is True)
    return next(fitting, remedy.fix)


def commands(remedy: Remedy, remedies: Remedies, facts: Situation) -> tuple[str, ...]:
    """The command lines for this system, with those that follow."""
    own = own_commands(remedy, remedies.families, facts)
    wanted = {sequel.id for sequel in remedy.then if holds(sequel.when, facts) is True}
    later = (check for check in remedies.checks if own and check.id in wanted)
    more = (line for check in later for line in own_commands(check, remedies.families, facts))
    return (*own, *more)


def own_commands(remedy: Remedy, families: Sequence[Family], facts: Situation) -> tuple[str, ...]:
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
