"""Targets of the probe: each vendor's reader, the host's, and the whole of it."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from io import StringIO
from typing import Any

from recommender.facts import Machine, Memory, Os
from recommender.facts.codec import encode
from recommender.knowledge import load
from recommender.probe import merging, pci, signs, survey
from recommender.probe.context import Context, Findings, PciDevice
from recommender.probe.plausible import plausible
from recommender.probe.signs import READERS
from tests.fuzz import seeds
from tests.fuzz.computers import Computer, asked, computer
from tests.fuzz.properties import BrokenError, Once, numbers, quickly, shown
from tests.fuzz.target import NASTY, Target

# PCI ids of one device of each vendor, and its word where that is not the reader's name.
_DEVICES = {
    "nvidia": ("10de:2330", "nvidia"),
    "amd": ("1002:74a1", "amd"),
    "hygon": ("1d94:6210", "hygon"),
    "intel": ("8086:e20b", "intel"),
    "gaudi": ("1da3:1060", "habana"),
    "ascend": ("19e5:d802", "huawei"),
    "neuron": ("1d0f:7364", "aws"),
    "tpu": ("1ae0:0063", "google"),
    "cambricon": ("cabc:0370", "cambricon"),
    "moore_threads": ("1ed5:0323", "moore-threads"),
    "metax": ("9999:4001", "metax"),
    "iluvatar": ("1e3e:0002", "iluvatar"),
    "t_head": ("1ded:6001", "t-head"),
    "qualcomm": ("17cb:a100", "qualcomm"),
}
# Variables that hide devices, which a text may set by a file of this name.
_ENV = "ENV"
_MOST_PROBLEMS = 5000
_seen = Once()


def _environment(made: Computer) -> dict[str, str]:
    lines = made.contents.pop(_ENV, "").splitlines()
    pairs = (line.partition("=") for line in lines if "\0" not in line)
    return {name: value for name, _, value in pairs if name}


def _held(machine: Machine) -> None:
    """A machine that was probed can be written, shown, and read where it was sent."""
    machine = plausible(machine)
    from rich.console import Console

    from recommender.render import machine as rendering
    from recommender.render.document import as_json
    from recommender.schema import read_machine

    text = as_json(machine, indent=False)
    if _seen(text):
        return
    shown(text)
    numbers(text)
    read_machine(text, "probe")
    if len(machine.problems) > _MOST_PROBLEMS:
        message = f"{len(machine.problems)} problems"
        raise BrokenError(message)
    console = Console(file=StringIO(), width=80, highlight=False, markup=False, emoji=False)
    rendering.show(machine, load().speak("en"), console)
    rendering.evidence(machine, load().speak("zh"), console)
    shown(console.file.getvalue())  # type: ignore[attr-defined]  # a StringIO


def _vendor(name: str, data: bytes) -> None:
    """One vendor's reader, with a device of its own on the bus."""
    made = computer(data.decode(errors="replace"))
    ids, vendor = _DEVICES.get(name, ("", name))
    device = PciDevice(vendor=vendor, pci_id=ids, bus_id="0000:3b:00.0", driver_bound=True)
    family = {"apple": "macos"}.get(name, "linux")
    context = made.context(_environment(made), family=family, pci=(device,) if ids else ())
    module = import_module(f"recommender.probe.{name}")
    with quickly(), asked(made):
        found = module.probe(context)
        _held(_machine(found, context))
        read = getattr(module, "understood", None)
        if read is not None:
            told = read(made.otherwise or data.decode(errors="replace"))
            if isinstance(told, Findings):
                _held(_machine(told, context))


def _machine(found: Findings, context: Context) -> Machine:
    merged = merging.merged({"one": found}, context.pci)
    machine = merging.machine(Machine(os=Os(family=context.family)), merged)
    return Machine(**{**vars_of(machine), "evidence": merging.evidence(merged)})


def vars_of(machine: Machine) -> dict[str, Any]:
    """Its fields."""
    return {name: getattr(machine, name) for name in type(machine).__dataclass_fields__}


def _whole(family: str, data: bytes) -> None:
    """Every reader, as the survey runs them but one after another, so that errors are seen."""
    from dataclasses import replace

    made = computer(data.decode(errors="replace"))
    context = made.context(_environment(made), family=family)
    with quickly(), asked(made):
        system = survey._os(context)  # noqa: SLF001  # its steps, without threads
        bus = survey._pci(context)  # noqa: SLF001
        memory: Memory = survey._memory(context)  # noqa: SLF001
        full = replace(context, os=system, memory=memory, pci=bus)
        vendors = {name: survey._vendor(name, full) for name in signs.seen(full)}  # noqa: SLF001
        processor, arch = survey._cpu(context)  # noqa: SLF001
        merged = merging.merged(vendors, bus)
        machine = merging.machine(
            Machine(os=system, arch=arch, cpu=processor, memory=memory), merged
        )
        _held(machine)


def _text(module: str, data: bytes) -> None:
    """A reader of one form that is given a text."""
    found = import_module(f"recommender.probe.{module}").understood(data.decode(errors="replace"))
    if isinstance(found, Findings):
        _held(_machine(found, Computer().context()))
    elif isinstance(found, tuple) and found and hasattr(found[0], "__dataclass_fields__"):
        numbers(json.dumps([encode(part) for part in found]))
    elif isinstance(found, pci.Bus):
        numbers(json.dumps(encode(found), default=str))


def _seeds_of(name: str) -> Iterator[bytes]:
    words = {"gaudi": "gaudi", "t_head": "t-head", "moore_threads": "moore-threads"}
    part = words.get(name, name)
    for family in ("linux", "wsl", "jetson", "macos", "windows"):
        yield from seeds.machines(f"{family}-{part}")
        yield from seeds.answers(f"{family}-{part}")
    pattern = {"amd": "test_amd*.py", "intel": "test_intel*.py"}.get(name, f"test_{name}*.py")
    yield from seeds.texts(f"probe/{pattern}")
    if name in {"amd", "hygon"}:
        yield from seeds.texts("probe/test_kfd.py")


def _target(name: str) -> Target:
    return Target(
        name=f"probe-{name.replace('_', '-')}",
        check=partial(_vendor, name),
        seeds=partial(_seeds_of, name),
        words=NASTY,
    )


def _host_seeds() -> Iterator[bytes]:
    yield from seeds.machines("linux-")
    yield from seeds.machines("wsl")
    yield from seeds.machines("jetson")


def _text_target(name: str, *tests: str) -> Target:
    read: Callable[[bytes], None] = partial(_text, name)
    return Target(
        name=f"probe-{name}",
        check=read,
        seeds=lambda: seeds.texts(*(f"probe/{test}" for test in tests)),
        words=NASTY,
    )


TARGETS = (
    Target(name="probe-linux", check=partial(_whole, "linux"), seeds=_host_seeds, words=NASTY),
    Target(
        name="probe-macos",
        check=partial(_whole, "macos"),
        seeds=lambda: (*seeds.machines("macos-"), *seeds.texts("probe/test_macos.py")),
        words=NASTY,
    ),
    *map(_target, (*READERS, "apple")),
    _text_target("windows", "test_windows*.py"),
    _text_target("lscpu", "test_lscpu.py"),
    _text_target("lspci", "test_lspci.py"),
)
