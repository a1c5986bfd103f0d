"""What ``lscpu`` prints, as text or JSON, in any release of util-linux.

The fallback where /proc/cpuinfo tells nothing: masked in a sandbox, or restricted on Android.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from math import prod
from typing import Any, TypeAlias

from recommender.facts.machine import CoreKind, Cpu
from recommender.probe import normal, tables
from recommender.probe.context import Context
from recommender.probe.cpu import cpu_list, mixed, x86_level
from recommender.probe.cpuinfo import X86_VENDORS
from recommender.probe.files import clean, integer, which

Field: TypeAlias = tuple[str, str]

_NODE = re.compile(r"NUMA node(\d{1,5}) CPU\(s\)")
# The rest of a value that a terminal broke into lines.
_WORDS = re.compile(r"\s*\w[\w\s]*")
# Makers whose name stands only in that of the model.
_MAKERS = (("Loongson", "loongson"), ("POWER", "ibm"))
# The words of lscpu for hypervisors, where they are not ours.
_HYPERVISORS = {
    "Innotek GmbH": "oracle",
    "pHyp": "powervm",
    "Windows Subsystem for Linux": "microsoft",
}
# What lscpu writes for a name that it does not know.
_UNKNOWN = {"", "-", "unknown"}


def understood(text: str) -> tuple[Cpu, str | None]:
    """The processors and the architecture; an unknown text tells nothing."""
    fields = list(_fields(text))
    facts = dict(reversed(fields))
    blocks = _blocks(fields)
    flags, nodes, cores = _flags(facts), _nodes(fields), _cores(facts, blocks)
    model = _model(facts, blocks)
    vendor = _vendor(_known(facts, "Vendor ID"), model or "")
    cpu = Cpu(
        vendor=vendor,
        model=model,
        sockets=_sockets(facts, blocks),
        physical_cores=cores,
        logical_cores=_online(facts),
        numa_nodes=len(nodes) or _count(facts, "NUMA node(s)"),
        numa_node_ids=nodes,
        flags=flags,
        x86_level=x86_level(flags),
    )
    kinds = _kinds(blocks, vendor, cores, cpu.logical_cores)
    return mixed(cpu, kinds) if kinds else cpu, normal.arch(clean(facts.get("Architecture", "")))


def hypervisor(text: str) -> str | None:
    """The hypervisor as :class:`recommender.facts.machine.Os` names it; None where none is told."""
    facts = dict(reversed(list(_fields(text))))
    vendor = _known(facts, "Hypervisor vendor")
    if vendor is None:
        return "vm" if "hypervisor" in _flags(facts) else None
    if vendor == "IBM":
        return "zvm" if "z/VM" in facts.get("Hypervisor", "") else "none"
    return _HYPERVISORS.get(vendor, vendor.lower())


def completed(context: Context, cpu: Cpu) -> Cpu:
    """``cpu`` with what the program tells where nothing is known."""
    program = which("lscpu", context.env.get("PATH", ""))
    if program is None:
        return cpu
    from recommender.probe import tools

    (text,) = tools.ask(context, program, ())
    found, _ = understood(text or "")
    missing = [name for name in Cpu.__dataclass_fields__ if not getattr(cpu, name)]
    return replace(cpu, **{name: getattr(found, name) for name in missing})


def _fields(text: str) -> Iterator[Field]:
    told = tables.json_in(text) if '"lscpu"' in text else None
    if isinstance(told, dict):
        yield from _of_json(told.get("lscpu"))
        return
    wrapped: list[str] = []
    for line in text.splitlines():
        if wrapped and _WORDS.fullmatch(line):
            wrapped.append(line)
            continue
        if wrapped:
            yield "Flags", _unwrapped(wrapped)
        name, colon, value = line.partition(":")
        wrapped = [line] if colon and name.strip() == "Flags" else []
        if colon and not wrapped:
            yield name.strip(), value.strip()
    if wrapped:
        yield "Flags", _unwrapped(wrapped)


def _unwrapped(lines: Sequence[str]) -> str:
    """A value that a terminal broke into lines, at words or in the midst of them.

    In the latter case each line but the last is full, save a space at its end; a space at the
    beginning of the next one stands before the column of the values.
    """
    column = len(lines[0]) - len(lines[0].partition(":")[2].lstrip())
    full = max(map(len, lines))
    ragged = any(len(line) < full - 1 for line in lines[:-1])
    if ragged or any(line[:column].strip() for line in lines[1:]):
        return " ".join([lines[0][column:], *lines[1:]])
    return "".join(line[column:].ljust(full - column) for line in lines)


def _of_json(rows: Any) -> Iterator[Field]:
    """Fields of a list; newer releases put those of a group below it."""
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict):
            yield str(row.get("field", "")).strip().rstrip(":"), str(row.get("data") or "").strip()
            yield from _of_json(row.get("children"))


def _blocks(fields: Iterable[Field]) -> list[dict[str, str]]:
    """The fields of each kind of core: each begins with its name."""
    blocks: list[dict[str, str]] = []
    for name, value in fields:
        if name == "Model name":
            blocks.append({})
        if blocks:
            blocks[-1].setdefault(name, value)
    return blocks


def _known(facts: Mapping[str, str], name: str) -> str | None:
    value = clean(" ".join(facts.get(name, "").split()))
    return None if value in _UNKNOWN else value


def _count(facts: Mapping[str, str], name: str) -> int | None:
    value = integer(facts.get(name))
    return value if value and value > 0 else None


def _vendor(told: str | None, model: str) -> str | None:
    if told is None or told.startswith("0x"):
        return next((word for name, word in _MAKERS if name in model), None)
    return X86_VENDORS.get(told, told.lower())


def _model(facts: Mapping[str, str], blocks: Sequence[Mapping[str, str]]) -> str | None:
    """The names of all kinds of cores, else that which the firmware gives to the processor."""
    names = dict.fromkeys(name for block in blocks if (name := _known(block, "Model name")))
    machine = _known(facts, "Machine type")
    if names or machine is None:
        return " + ".join(names) or _known(facts, "BIOS Model name")
    return f"machine {machine}"


def _flags(facts: Mapping[str, str]) -> tuple[str, ...]:
    isa = facts.get("ISA", "")
    if isa.startswith(("rv32", "rv64")):
        letters, *extensions = isa[4:].replace("_", " ").split(" ")
        words: list[str] = [*letters, *extensions]
    else:
        words = facts.get("Flags", "").split()
    return tuple(dict.fromkeys(clean(word, 40) for word in words))


def _online(facts: Mapping[str, str]) -> int | None:
    listed = facts.get("On-line CPU(s) list")
    return len(cpu_list(listed)) or _count(facts, "CPU(s)") or None


def _sockets(facts: Mapping[str, str], blocks: Sequence[Mapping[str, str]]) -> int | None:
    if len({block["Model name"] for block in blocks}) > 1:
        return 1
    told = [_block_sockets(block) for block in _each(facts, blocks)]
    if all(told):
        return sum(filter(None, told))
    books = [_count(facts, name) for name in ("Book(s)", "Book(s) per drawer", "Drawer(s)")]
    each = _count(facts, "Socket(s) per book")
    return each * prod(number or 1 for number in books) if each else None


def _each(
    facts: Mapping[str, str], blocks: Sequence[Mapping[str, str]]
) -> Sequence[Mapping[str, str]]:
    """Where the counts are: until util-linux 2.36 they stand before the name of the only kind."""
    return blocks if len(blocks) > 1 else [facts]


def _block_sockets(block: Mapping[str, str]) -> int | None:
    return _count(block, "Socket(s)") or _count(block, "CPU socket(s)")


def _cores(facts: Mapping[str, str], blocks: Sequence[Mapping[str, str]]) -> int | None:
    """Cores that are switched on: those of all sockets, no more than there are processors."""
    counts = [_kind_cores(block) for block in _each(facts, blocks)]
    threads, online = _count(facts, "Thread(s) per core"), _online(facts)
    if all(counts) and online and sum(filter(None, counts)) <= online:
        return sum(filter(None, counts))
    return online // threads if online and threads else None


def _kind_cores(block: Mapping[str, str]) -> int | None:
    sockets, each = _block_sockets(block), _count(block, "Core(s) per socket")
    if each is None:
        each, sockets = _count(block, "Core(s) per cluster"), _count(block, "Cluster(s)")
    return each * sockets if each and sockets else None


def _kinds(
    blocks: Sequence[Mapping[str, str]], vendor: str | None, cores: int | None, threads: int | None
) -> tuple[CoreKind, ...]:
    from recommender.probe import core_kinds

    counts: dict[str | None, int] = {}
    for block in blocks:
        name = _known(block, "Model name")
        counts[name] = counts.get(name, 0) + (_kind_cores(block) or 0)
    if len(counts) > 1:
        return core_kinds.in_order([CoreKind(name=n, count=c) for n, c in counts.items()])
    return core_kinds.by_threads(cores, threads) if vendor == "intel" and cores and threads else ()


def _nodes(fields: Iterable[Field]) -> tuple[int, ...]:
    """Nodes that have processors."""
    matches = ((_NODE.fullmatch(name), value) for name, value in fields)
    return tuple(sorted({int(match[1]) for match, value in matches if match and value}))
