"""Machines to examine, and what the doctor finds in them."""

from collections.abc import Mapping
from typing import Any

from recommender.facts import Machine, Workload
from recommender.facts.checkup import Finding, Remedies, Standing
from recommender.facts.codec import decode
from recommender.knowledge import document, load
from recommender.rules.checkup import examine
from recommender.rules.grouping import groups
from recommender.rules.question import Question
from recommender.words import Words

REMEDIES = decode(Remedies, document("remedies"))
GPU = {
    "vendor": "nvidia",
    "name": "NVIDIA L40S",
    "memory_gib": 44.5,
    "compute_capability": "8.9",
    "driver_bound": True,
}
SERVER = {
    "os": {
        "family": "linux",
        "distro": "ubuntu",
        "version": "24.04",
        "libc": "glibc",
        "libc_version": "2.39",
        "wsl": False,
        "container": "none",
    },
    "arch": "x86_64",
    "cpu": {"vendor": "amd", "model": "AMD EPYC 9334", "flags": ["avx2", "avx512f"]},
    "memory": {"total_gib": 256.0},
    "disk_free_gib": 900.0,
    "shm_gib": 128.0,
    "accelerators": [GPU],
    "software": {
        "nvidia_driver": "590.44.01",
        "python": "3.12.4",
        "docker": True,
        "versions": {"nvidia-container-toolkit": "1.19.0"},
        "absent": ["rocm", "cann"],
    },
}
SMALL = {**GPU, "name": "NVIDIA L4", "memory_gib": 8.0}
OLD = {"nvidia_driver": "515.65.01"}
UNBOUND = {"vendor": "nvidia", "pci_id": "10de:2684", "driver": "nouveau", "driver_bound": False}


def merged(left: Mapping[str, Any], right: Mapping[str, Any]) -> dict[str, Any]:
    """``left`` with what ``right`` changes in it; an empty mapping replaces."""
    both = {
        key: merged(left[key], value)
        if value and isinstance(value, dict) and isinstance(left.get(key), dict)
        else value
        for key, value in right.items()
    }
    return {**left, **both}


def computer(**changes: Any) -> Machine:
    """The server with changes."""
    return decode(Machine, merged(SERVER, changes))


def complaint(rule: str | None, what: str = "Something is wrong.") -> dict[str, Any]:
    """A problem of the probe."""
    return {"rule": rule, "what": what, "fix": "Mend it."}


def examined(
    machine: Machine, *frameworks: str, lang: str = "en"
) -> tuple[tuple[Finding, ...], tuple[Standing, ...]]:
    """What is found for these frameworks, or for all."""
    known = load()
    question = Question(
        frameworks=load().heads,
        knowledge=known,
        machine=machine,
        workload=Workload(),
        model=None,
        rules=known.rules,
        words=Words(table=known.words, lang=lang),
    )
    asked = [head for head in known.heads if not frameworks or head.id in frameworks]
    return examine(question, groups(machine), REMEDIES, asked)


def found_in(machine: Machine, *frameworks: str) -> dict[str, Finding]:
    """Findings by their rule."""
    return {finding.rule: finding for finding in examined(machine, *frameworks)[0]}


def offered(machine: Machine, framework: str, platform: str) -> tuple[str, ...]:
    """The ways to install that are offered on one platform."""
    standings = examined(machine, framework)[1]
    return next(s.methods for s in standings if s.platform == platform)
