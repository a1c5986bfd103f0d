"""What the probe saw, for people."""

from typing import Any

from rich.console import Console
from rich.text import Text

from recommender.errors import visible
from recommender.facts import Machine
from recommender.render.layout import hanging
from recommender.render.summary import devices_line
from recommender.render.terminal import problem_text
from recommender.words import Words

# Field of Software -> what its vendor calls it.
_STACKS = {
    "nvidia_driver": "NVIDIA",
    "cuda": "CUDA",
    "rocm": "ROCm",
    "cann": "CANN",
    "level_zero": "Level Zero",
    "habana": "Gaudi",
    "neuron": "Neuron",
    "jetpack": "JetPack",
    "maca": "MACA",
    "neuware": "Neuware",
    "musa": "MUSA",
}


def show(machine: Machine, words: Words, console: Console) -> None:
    """Print one line a fact; what is unknown is said to be unknown."""
    rows = {key: visible(text) for key, text in _rows(machine, words).items()}
    width = max(Text(words.key(f"probe.{key}")).cell_len for key in rows)
    for key, text in rows.items():
        label = Text(words.key(f"probe.{key}"), style="bold")
        label.pad_right(width - label.cell_len + 2)
        console.print(hanging(Text.assemble(label, text), 0, width + 2, console))
    for problem in machine.problems:
        console.print(hanging(problem_text(problem, words), 0, 2, console))


def evidence(machine: Machine, words: Words, console: Console) -> None:
    """Print each known fact with its value and where it was read."""
    from recommender.facts.codec import encode

    document = encode(machine)
    shown = [(path, _at(document, path), source) for path, source in machine.evidence.items()]
    for path, value, source in shown:
        said = visible(words.said(source))
        line = Text.assemble((visible(path), "bold"), f" = {visible(value)}  ", (said, "dim"))
        console.print(hanging(line, 0, 4, console))


def _at(document: Any, path: str) -> str:
    """The value at a path such as ``accelerators.0.memory_gib``; a name may hold dots."""
    for position, part in enumerate(parts := path.split(".")):
        if isinstance(document, list):
            document = document[int(part)]
        elif part in document:
            document = document[part]
        else:
            return _text(document.get(".".join(parts[position:])))
    return _text(document)


def _text(value: Any) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _rows(machine: Machine, words: Words) -> dict[str, str]:
    software = machine.software
    installed = [f"{name} {version}" for name, version in software.installed.items()]
    found = bool(machine.accelerators)
    return {
        "accelerators": devices_line(machine, words)
        if found
        else words.key("table.no-accelerator"),
        **_system(machine, words),
        **_processor(machine, words),
        "drivers": _drivers(machine) or words.key("value.none"),
        "python": f"{words.show(software.python)} ({words.show(software.python_arch)})",
        "engines": " · ".join(
            f"{name} {words.key('value.absent') if version is False else words.show(version)}"
            for name, version in (("Docker", software.docker), ("Podman", software.podman))
        ),
        "installed": ", ".join(installed) or words.key("value.none"),
    }


def _system(machine: Machine, words: Words) -> dict[str, str]:
    system = machine.os
    name = words.show(system.distro or system.family)
    libc = f"{words.show(system.libc)} {system.libc_version or ''}"
    return {
        "system": f"{name} {system.version or ''}".strip(),
        "kernel": f"{words.show(system.kernel)} · {libc}".strip(),
        "container": f"{words.show(system.container)} · VM {words.show(system.vm)}"
        f" · WSL {words.show(system.wsl)}",
    }


def _processor(machine: Machine, words: Words) -> dict[str, str]:
    cpu, memory = machine.cpu, machine.memory
    level = f" (x86-64-v{cpu.x86_level})" if cpu.x86_level else ""
    cores = {"physical": cpu.physical_cores, "logical": cpu.logical_cores}
    none = words.key("value.none")
    return {
        "cpu": f"{words.show(cpu.model)} · {words.show(machine.arch)}{level}",
        "cores": words.key("probe.cores-value", **cores, sockets=cpu.sockets, numa=cpu.numa_nodes),
        "memory": words.key(
            "probe.memory-value",
            total=memory.total_gib,
            available=memory.available_gib,
            limit=none if memory.limit_gib is None else f"{words.show(memory.limit_gib)} GiB",
        ),
        "disk": f"{words.show(machine.disk_free_gib)} GiB",
    }


def _drivers(machine: Machine) -> str:
    """Versions of the vendors' drivers, stacks and tools, those that are known."""
    software = machine.software
    stacks = {label: getattr(software, name) for name, label in _STACKS.items()}
    told = {**stacks, **software.versions}
    return " · ".join(f"{name} {version}" for name, version in told.items() if version)
