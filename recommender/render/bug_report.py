"""A machine as text for a bug report, without what tells whose it is or which one."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from recommender import __version__
from recommender.errors import printable
from recommender.facts import Accelerator, Machine, Software
from recommender.facts.checkup import Finding

_MOST = 200
# A shorter word would stand in the names of systems and devices as well.
_SHORTEST = 3
_RULE = re.compile(r"[a-z]+(?:\.[a-z0-9-]{1,40}){1,3}")
_HEX = "[0-9a-fA-F]"
_SECRETS = (
    # Home folders, with the name of the user.
    (re.compile(r"[A-Za-z]:\\+Users\\+(?:[^\\/:*?\"<>|]+(?=\\)|[^\\/:*?\"<>|\s]+)"), "~"),
    (re.compile(r"/(?:home|Users|export/home|var/home|data/home)/[^/\s:;,'\"]+|/root\b"), "~"),
    # user@host, UUIDs, addresses of network cards and on the PCI bus, serial numbers.
    (re.compile(r"[\w.+-]+@[\w.-]+"), "<id>"),
    # Other paths, names and addresses of computers, tokens.
    (re.compile(r"\\\\[\w.$-]+(?:\\[^\s\\]+)+|(?<![\w.~])/(?:[\w.~+-]+/)+[\w.~+-]*"), "<path>"),
    (re.compile(r"~[\w-]+"), "~"),
    (
        re.compile(r"\b(?:10|127|192\.168|172\.(?:1[6-9]|2\d|3[01]))(?:\.\d{1,3}){2,3}(?![\w.-])"),
        "<host>",
    ),
    (re.compile(rf"\b(?:{_HEX}{{0,4}}:){{3,7}}{_HEX}{{0,4}}(?!\w)"), "<host>"),
    (re.compile(r"(?<![\w.])[A-Za-z][\w-]*(?:\.[\w-]+)+\.[A-Za-z]{2,}(?![\w.])"), "<host>"),
    (re.compile(r"\b(?:hf|sk|ghp|gho|glpat)[_-]\w{8,}|\bS/N\W*\w+"), "<id>"),
    (re.compile(rf"(?:\b[A-Z]{{3,4}}-)?\b{_HEX}{{8}}(?:-{_HEX}{{4}}){{3}}-{_HEX}{{12}}\b"), "<id>"),
    (re.compile(rf"\b(?:GPU|MIG)-{_HEX}[0-9a-fA-F-]{{5,}}"), "<id>"),
    (re.compile(rf"\b{_HEX}{{2}}(?:[:-]{_HEX}{{2}}){{5}}\b"), "<id>"),
    (re.compile(rf"\b(?:{_HEX}{{4,8}}:)?{_HEX}{{2}}:{_HEX}{{2}}\.[0-7]\b"), "<id>"),
    # Versions may end in the day and the second of their making.
    (re.compile(rf"\b0x{_HEX}{{9,}}\b|\b(?!dev\d)(?=[A-Za-z]*\d)[0-9A-Za-z]{{12,}}\b"), "<id>"),
)
_VERSIONS = ("nvidia_driver", "cuda", "rocm", "cann", "level_zero", "habana", "neuron", "jetpack")
_MORE_VERSIONS = ("maca", "neuware", "musa", "python", "python_arch", "docker", "podman")


def report(machine: Machine, findings: Sequence[Finding], date: str, private: Iterable[str]) -> str:
    """Lines of ``name: value``; English whatever the reader's language, for those who mend bugs.

    Args:
        machine: what was probed or read.
        findings: what is wrong with it; their rules are given, not their sentences.
        date: that of the knowledge (ISO 8601).
        private: words that name this user or this computer.

    """
    named = (*private, *([machine.name] if machine.name else ()))
    kept = {word for word in named if len(word) >= _SHORTEST and word not in _public(machine)}
    words = sorted(kept, key=len, reverse=True)
    facts = (*_system(machine), *_hardware(machine), *_software(machine.software))
    rows = (
        ("llmpick", f"{__version__}, knowledge of {date}"),
        *((name, redacted(value, words)) for name, value in facts),
        ("problems", _counted(_rule(problem.rule) for problem in machine.problems)),
        ("findings", _counted(f"{_rule(item.rule)} ({item.severity})" for item in findings)),
    )
    return "\n".join(f"{name}: {value}" for name, value in rows)


def _public(machine: Machine) -> set[str]:
    """Words that may be a user's name (``ubuntu``, ``nvidia``) and yet must stand in a report."""
    system, devices = machine.os, machine.accelerators
    makers = (name for device in devices for name in (device.vendor, device.driver))
    words = (system.family, system.distro, machine.arch, machine.cpu.vendor, *makers)
    return {word for word in words if word}


def redacted(text: str, private: Iterable[str] = ()) -> str:
    """``text`` on one line, without what names a person, a computer or a single device."""
    plain = printable(text, 4 * _MOST)
    for pattern, instead in _SECRETS:
        plain = pattern.sub(instead, plain)
    for word in private:
        plain = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", "~", plain, flags=re.IGNORECASE)
    # A fence of Markdown around the report must not end early.
    return printable(plain.replace("`", "'"), _MOST)


def _system(machine: Machine) -> Iterator[tuple[str, str]]:
    system = machine.os
    yield "system", _joined(system.family, system.distro, system.version, machine.arch)
    yield "kernel", _shown(system.kernel)
    yield "libc", _joined(system.libc, system.libc_version)
    yield "container", _shown(system.container)
    yield "vm", _shown(system.vm)
    yield "wsl", _shown(system.wsl)


def _hardware(machine: Machine) -> Iterator[tuple[str, str]]:
    cpu, memory = machine.cpu, machine.memory
    cores = f"{_shown(cpu.physical_cores)} cores, {_shown(cpu.logical_cores)} threads"
    yield "cpu", f"{_shown(cpu.model)}, {cores}, {_shown(cpu.sockets)} sockets"
    sizes = (("available", memory.available_gib), ("limit", memory.limit_gib))
    more = "".join(f", {name} {_gib(size)}" for name, size in sizes if size is not None)
    yield "memory", f"{_gib(memory.total_gib)}{more}"
    yield "disk free", _gib(machine.disk_free_gib)
    yield "shared memory", _gib(machine.shm_gib)
    counts = Counter(map(_device, machine.accelerators))
    for text, count in counts.items() or [("none", 1)]:
        yield "accelerator", f"{count} x {text}" if count > 1 else text


def _device(device: Accelerator) -> str:
    name = device.name or f"{_shown(device.vendor)} {device.pci_id or ''}".strip()
    kinds = (device.compute_capability, device.gfx, device.chip, device.partition)
    known = [f"{_gib(device.memory_gib)}", *(kind for kind in kinds if kind)]
    driver = "no driver" if device.driver_bound is False else f"driver {_shown(device.driver)}"
    return ", ".join((name, *known, driver))


def _software(software: Software) -> Iterator[tuple[str, str]]:
    versions = ((name, getattr(software, name)) for name in (*_VERSIONS, *_MORE_VERSIONS))
    told = ", ".join(f"{name} {_shown(v)}" for name, v in versions if v is not None)
    yield "software", told or "unknown"
    for name, found in (("versions", software.versions), ("installed", software.installed)):
        yield name, ", ".join(f"{key} {value}" for key, value in found.items()) or "none"
    yield "absent", ", ".join(software.absent) or "none"


def _rule(rule: str | None) -> str:
    """What is no rule of llmpick's is not repeated: a file may hold anything."""
    return rule if rule and _RULE.fullmatch(rule) else "unnamed"


def _counted(words: Iterable[str]) -> str:
    counts = Counter(words)
    shown = (f"{word} x{count}" if count > 1 else word for word, count in sorted(counts.items()))
    return ", ".join(shown) or "none"


def _joined(*values: object) -> str:
    shown = dict.fromkeys(_shown(value) for value in values if value is not None)
    return " ".join(shown) or "unknown"


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "unknown" if value is None else str(value)


def _gib(size: float | None) -> str:
    if size is None:
        return "unknown"
    return f"{size:.1f} GiB" if size >= 1 else f"{size:.2f} GiB"
