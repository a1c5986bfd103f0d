"""What the probe saw, for people."""

from rich.console import Console
from rich.text import Text

from recommender.facts import Machine
from recommender.render.lines import visible
from recommender.render.summary import devices_line
from recommender.words import Words


def show(machine: Machine, words: Words, console: Console) -> None:
    """Print one line a fact; what is unknown is said to be unknown."""
    rows = {key: visible(text) for key, text in _rows(machine, words).items()}
    width = max(Text(words.key(f"probe.{key}")).cell_len for key in rows)
    for key, text in rows.items():
        label = Text(words.key(f"probe.{key}"), style="bold")
        label.pad_right(width - label.cell_len + 2)
        console.print(Text.assemble(label, text))
    for problem in machine.problems:
        fix = f" → {problem.fix}" if problem.fix else ""
        console.print(Text.assemble(("! ", "yellow"), visible(problem.what), (visible(fix), "dim")))


def _rows(machine: Machine, words: Words) -> dict[str, str]:
    system, cpu, memory, software = machine.os, machine.cpu, machine.memory, machine.software
    show_value = words.show
    installed = [f"{name} {version}" for name, version in software.installed.items()]
    return {
        "accelerators": devices_line(machine, words) if machine.accelerators else words.key("table.no-accelerator"),
        "system": f"{show_value(system.distro or system.family)} {system.version or ''}".strip(),
        "kernel": f"{show_value(system.kernel)} · {show_value(system.libc)} {system.libc_version or ''}".strip(),
        "container": f"{show_value(system.container)} · WSL {show_value(system.wsl)}",
        "cpu": f"{show_value(cpu.model)} · {show_value(machine.arch)} · x86-64-v{cpu.x86_level}"
        if cpu.x86_level
        else f"{show_value(cpu.model)} · {show_value(machine.arch)}",
        "cores": words.key(
            "probe.cores-value",
            physical=cpu.physical_cores,
            logical=cpu.logical_cores,
            sockets=cpu.sockets,
            numa=cpu.numa_nodes,
        ),
        "memory": words.key(
            "probe.memory-value",
            total=memory.total_gib,
            available=memory.available_gib,
            limit=memory.limit_gib if memory.limit_gib is not None else words.key("value.none"),
        ),
        "disk": f"{show_value(machine.disk_free_gib)} GiB",
        "drivers": f"NVIDIA {show_value(software.nvidia_driver or _absent(machine, 'nvidia_driver'))} · CUDA {show_value(software.cuda or _absent(machine, 'cuda'))}",
        "python": f"{show_value(software.python)} ({show_value(software.python_arch)})",
        "engines": f"Docker {show_value(software.docker)} · Podman {show_value(software.podman)}",
        "installed": ", ".join(installed) or words.key("value.none"),
    }


def _absent(machine: Machine, name: str) -> bool | None:
    return False if name in machine.software.absent else None
