"""A machine and a wish in one line each."""

from collections import Counter

from recommender.facts import Accelerator, Machine, Model, Workload
from recommender.words import Words


def machine_line(machine: Machine, words: Words) -> str:
    """For example: 8 x NVIDIA H100 80GB HBM3 (80 GiB, 9.0), nvlink · driver 580.95 · 128 cores."""
    parts = [devices_line(machine, words)]
    if machine.software.nvidia_driver:
        parts.append(words.key("table.driver", version=machine.software.nvidia_driver))
    cores = machine.cpu.physical_cores or machine.cpu.logical_cores
    if cores:
        parts.append(words.key("table.cores", count=cores))
    if machine.memory.total_gib:
        parts.append(words.key("table.memory", size=machine.memory.total_gib))
    system = " ".join(filter(None, (machine.os.distro or machine.os.family, machine.os.version)))
    parts += [part for part in (system, machine.arch) if part]
    if machine.nodes > 1:
        parts.append(words.key("table.nodes", count=machine.nodes))
    return " · ".join(parts)


def devices_line(machine: Machine, words: Words) -> str:
    """The accelerators, equal ones counted, or that there is none."""
    if not machine.accelerators:
        return machine.cpu.model or words.key("table.no-accelerator")
    counts = Counter(_device(device, words) for device in machine.accelerators)
    shown = [f"{count} x {name}" if count > 1 else name for name, count in counts.items()]
    links = sorted({link.kind for link in machine.links}) if len(machine.accelerators) > 1 else []
    return ", ".join((*shown, *links))


def _device(device: Accelerator, words: Words) -> str:
    details = [
        f"{device.memory_gib:.0f} GiB" if device.memory_gib else None,
        f"GTT {device.gtt_gib:.0f} GiB" if device.gtt_gib and device.integrated else None,
        device.compute_capability,
        device.gfx,
        device.partition,
        _state(device, words),
    ]
    known = ", ".join(detail for detail in details if detail)
    name = (
        device.name
        or f"{device.vendor or words.key('value.unknown')} {device.pci_id or ''}".strip()
    )
    return f"{name} ({known})" if known else name


def _state(device: Accelerator, words: Words) -> str | None:
    """Why nothing can use the device."""
    if device.driver_bound is False:
        return words.key("table.no-driver")
    if device.visible is False:
        return words.key("table.hidden")
    return words.key("table.unusable") if device.usable_gib == 0 else None


def use_case(work: Workload, words: Words) -> str:
    """What the work is for: the word of ``--use-case``, or what that means in another language."""
    return work.use_case if words.lang == "en" else words.key(f"use-case.{work.use_case}")


def workload_line(work: Workload, model: Model | None, words: Words) -> str:
    """For example: production · 200 users · 8192 tokens of context · Qwen/Qwen3-32B (bf16)."""
    parts = [
        use_case(work, words),
        words.key("table.users", count=work.concurrency),
        words.key("table.context", tokens=work.context_tokens),
    ]
    if model:
        size = f", {model.weights_gib:.1f} GiB" if model.weights_gib else ""
        parts.append(f"{model.id} ({model.quantization or 'bf16'}{size})")
    return " · ".join(parts)
