"""A computer from words: ``H100 80GB:8``, ``昇腾910B3 8卡``, ``M4 Max 128GB``."""

import math
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from recommender.devices import software, spelling
from recommender.devices.catalogue import Found, Spec, find, names, series_of
from recommender.errors import InputError, near, printable
from recommender.facts import Accelerator, Cpu, Link, Machine, Memory, Os, Problem, Software
from recommender.facts.noun import noun
from recommender.patterns import lazily

MOST_DEVICES = 4096
_MOST_NODES = 100_000
_MOST_GIB = 2**20
_LONGEST = 200
_NONE = frozenset(("none", "no", "cpu", "cpu only", "no gpu", "无", "没有"))
_ITEMS = lazily(r"[,;、]")


@noun
class _Item:
    """So many devices of one kind, as somebody typed them."""

    text: str
    spec: Spec
    found: Found
    count: int


def describe(  # noqa: PLR0913  # one parameter a flag of the command line
    gpus: Sequence[str],
    *,
    ram_gib: float | None = None,
    os: str | None = None,
    arch: str | None = None,
    cpu: str | None = None,
    cpu_flags: Sequence[str] = (),
    cores: int | None = None,
    driver: str | None = None,
    nodes: int = 1,
    python: str | None = None,
    docker: bool | None = None,
) -> Machine:
    """The described computer and nothing of this one; what was not said is unknown.

    Sizes are in GiB. The operating system is Linux (macOS for Apple devices), the architecture the
    one that such devices come with, x86_64 where that does not say.

    Raises:
        InputError: a flag cannot be understood; the message names it and its value.
    """
    ram = _checked_size(ram_gib)
    typed = [item for text in gpus for item in _items(text)]
    items, computers, repeated = _computers(typed, _whole("--nodes", nodes, _MOST_NODES))
    devices = _accelerators(items, ram)
    system = software.operating_system(os) if os else _usual_system(items)
    architecture = software.architecture(arch) if arch else _usual_arch(items, cpu, system)
    return Machine(
        os=system,
        arch=architecture,
        cpu=_cpu(cpu, cpu_flags, cores),
        memory=Memory(total_gib=ram or _shared_gib(devices)),
        accelerators=devices,
        links=_links(items),
        software=_software(devices, driver, python, docker, architecture),
        nodes=computers,
        problems=(*_problems(items, devices), *repeated),
    )


def _items(text: str) -> list[_Item]:
    if len(text) > _LONGEST:
        message = f"--gpu '{printable(text)}' is too long; name one device, like RTX 4090x2"
        raise InputError(message)
    plain = unicodedata.normalize("NFKC", text)
    parts = [part.strip() for part in _ITEMS.split(plain)]
    if len(parts) == 1 and spelling.normal(parts[0]).strip() in _NONE:
        return []
    found = [_item(part) for part in parts]
    if sum(item.count for item in found) > MOST_DEVICES:
        raise _bad_count(text)
    return found


def _nearest(text: str) -> str:
    """``; did you mean A, B?``, by what people type of a name: RTX5090, 5090, H100."""
    shorter: dict[str, str] = {}
    for name in names():
        words = spelling.normal(name).split()
        numbered = (place for place, word in enumerate(words) if any(c.isdigit() for c in word))
        number = next(numbered, len(words) - 1) + 1
        for start in range(number):
            shorter.setdefault("".join(words[start:number]), name)
            shorter.setdefault("".join(words[start:]), name)
    close = near("".join(spelling.normal(text).split()), shorter)
    found = dict.fromkeys(shorter[form] for form in close)
    return f"; did you mean {', '.join(found)}?" if found else ""


def _item(text: str) -> _Item:
    whole = find(text)
    if whole.row and not text.endswith(":"):
        return _of_size(text, whole, 1)
    known = [(found, number) for found, number in _readings(text) if found.row]
    for found, number in known:
        if re.fullmatch(r"\d{1,9}", number) and 1 <= int(number) <= MOST_DEVICES:
            return _of_size(text, found, int(number))
    if known:
        raise _bad_count(text)
    hint = _nearest(text) or "; write a name like RTX 4090, or none"
    message = f"--gpu '{printable(text)}' is no device that llmpick knows{hint}"
    raise InputError(message)


def _readings(text: str) -> Iterator[tuple[Found, str]]:
    """What the text means as a device and a count; its size may stand anywhere."""
    plain, size = spelling.take_size(spelling.normal(text))
    shown = "" if size is None else f" {size:.3f}gb"
    for name, number in spelling.counted(plain):
        yield find(name + shown), number


def _of_size(text: str, found: Found, count: int) -> _Item:
    if found.memory_gib is not None and not 0 < found.memory_gib <= _MOST_GIB:
        message = f"--gpu '{printable(text)}' has no possible memory size; write it like 80GB"
        raise InputError(message)
    return _Item(text=text, spec=found.rows[0], found=found, count=count)


def _bad_count(text: str) -> InputError:
    message = f"--gpu '{printable(text)}' needs a whole number of devices from 1 to {MOST_DEVICES}"
    return InputError(message)


def _whole(flag: str, value: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        message = f"{flag} '{printable(value)}' must be a whole number from 1 to {most}"
        raise InputError(message)
    return value


def _checked_size(ram_gib: float | None) -> float | None:
    if ram_gib is None:
        return None
    if not math.isfinite(ram_gib) or not 0 < ram_gib <= _MOST_GIB:
        message = f"--ram '{printable(ram_gib)}' must be a size in GiB above 0"
        raise InputError(message)
    return float(ram_gib)


def _accelerators(items: Iterable[_Item], ram: float | None) -> tuple[Accelerator, ...]:
    every = [item for item in items for _ in range(item.count)]
    return tuple(_accelerator(item, index, ram) for index, item in enumerate(every))


def _accelerator(item: _Item, index: int, ram: float | None) -> Accelerator:
    spec = item.spec
    return Accelerator(
        vendor=spec.vendor,
        name=spec.name,
        index=index,
        memory_gib=_memory_gib(item, ram),
        compute_capability=spec.compute_capability,
        gfx=spec.gfx,
        chip=spec.chip,
        unified=spec.unified_memory,
        integrated=spec.integrated,
        driver_bound=True,
    )


def _memory_gib(item: _Item, ram: float | None) -> float | None:
    """The size that was typed; for shared memory of no fixed size that of the host; the table's."""
    if item.found.memory_gib is not None:
        return item.found.memory_gib
    if item.spec.unified_memory and (item.spec.memory_options_gib or item.spec.memory_gib is None):
        return ram or item.spec.memory_gib
    return item.spec.memory_gib


def _shared_gib(devices: Sequence[Accelerator]) -> float | None:
    return next((device.memory_gib for device in devices if device.unified), None)


def _usual_system(items: Sequence[_Item]) -> Os:
    apple = any(item.spec.vendor == "apple" for item in items)
    return software.operating_system("macos" if apple else "linux")


def _usual_arch(items: Sequence[_Item], cpu: str | None, system: Os) -> str | None:
    said = software.architecture_of(cpu)
    hosts = {item.spec.host_arch for item in items} - {None}
    if said or not hosts:
        return said or (None if system.family == "macos" else "x86_64")
    host = hosts.pop()
    return None if hosts or host == "unknown" else host


def _computers(items: list[_Item], nodes: int) -> tuple[list[_Item], int, tuple[Problem, ...]]:
    """A device that shares the host's memory is a computer: two of them are two computers."""
    if len(items) != 1 or items[0].count == 1 or not items[0].spec.unified_memory:
        return items, nodes, ()
    name, count = items[0].spec.name, items[0].count
    what = f"{name} is a whole computer: {count} of them are taken as {count} nodes with one each"
    problem = Problem(what=what, rule="device.computer")
    return [replace(items[0], count=1)], nodes * count, (problem,)


def _cpu(name: str | None, flags: Sequence[str], cores: int | None) -> Cpu:
    count = None if cores is None else _whole("--cores", cores, MOST_DEVICES)
    return software.processor(name, tuple(flags), count)


def _software(
    devices: Sequence[Accelerator],
    driver: str | None,
    python: str | None,
    docker: bool | None,  # noqa: FBT001  # three values: None is unknown
    arch: str | None,
) -> Software:
    first = devices[0] if devices else Accelerator()
    versions = software.drivers(driver, first.vendor, series_of(first)) if driver else {}
    if python is not None and not re.fullmatch(r"[23]\.\d{1,2}(\.\w{1,8})?", python):
        message = f"--python '{printable(python)}' must be a version like 3.12"
        raise InputError(message)
    return Software(python=python, python_arch=arch if python else None, docker=docker, **versions)


def _links(items: Sequence[_Item]) -> tuple[Link, ...]:
    """How devices reach each other; NVLink and the like join devices of one kind only."""
    groups: dict[tuple[str, int], tuple[int, ...]] = {}
    start = 0
    for place, item in enumerate(items):
        kind = item.spec.link
        if kind:
            key = (kind, 0 if kind == "pcie" else place)
            groups[key] = (*groups.get(key, ()), *range(start, start + item.count))
        start += item.count
    return tuple(Link(kind=k, devices=devices) for (k, _), devices in groups.items() if devices[1:])


def _problems(items: Sequence[_Item], devices: Sequence[Accelerator]) -> list[Problem]:
    problems = []
    start = 0
    for item in items:
        problems += _about(item, devices[start].memory_gib)
        start += item.count
    return problems


def _about(item: _Item, memory_gib: float | None) -> list[Problem]:
    spec, found, said = item.spec, item.found, printable(item.text)
    problems = []
    if found.alternatives:
        others = ", ".join(found.alternatives)
        what = f"'{said}' fits several devices and is taken as {spec.name}; others are {others}"
        problems.append(Problem(what=what, fix="write the full name", rule="name.ambiguous"))
    if not found.size_fits and not spec.unified_memory:
        what = f"{spec.name} is known with {spec.memory_gib:g} GiB, not with {found.memory_gib:g}"
        problems.append(Problem(what=what, fix="check the size", rule="name.memory"))
    if spec.unified_memory and found.memory_gib is None and _guessed(spec, memory_gib):
        problems.append(_unsaid_size(spec, memory_gib))
    if spec.devices_per_card > 1:
        what = (
            f"one {spec.name} card or module is {spec.devices_per_card} devices: those are counted"
        )
        problems.append(Problem(what=what, fix="count the devices", rule="device.per-card"))
    return problems


def _guessed(spec: Spec, memory_gib: float | None) -> bool:
    return memory_gib is None or (bool(spec.memory_options_gib) and memory_gib == spec.memory_gib)


def _unsaid_size(spec: Spec, memory_gib: float | None) -> Problem:
    sizes = [f"{size:g}" for size in spec.memory_options_gib]
    taken = "unknown" if memory_gib is None else f"taken as {memory_gib:g} GiB"
    sold = f"; it is sold with {', '.join(sizes)} GB" if sizes else ""
    what = f"the memory of {spec.name} is {taken}{sold}"
    fix = f"write the size, like '{spec.name} {sizes[-1] if sizes else 32}GB', or --ram"
    return Problem(what=what, fix=fix, rule="memory.unsaid")
