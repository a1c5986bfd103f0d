"""NVIDIA's devices through ``nvidia-smi``, where its library cannot be used from Python."""

import re
import time
from collections.abc import Sequence
from dataclasses import replace

from recommender.facts.machine import Memory, Problem
from recommender.probe.context import Context, Findings
from recommender.probe.files import clean
from recommender.probe.nvidia import problems
from recommender.probe.nvidia.devices import Told, bus, device
from recommender.probe.parts import Device

FIELDS = (
    *("index", "name", "pci.bus_id", "memory.total", "memory.reserved", "compute_cap"),
    *("driver_version", "mig.mode.current"),
)
_SOURCE = "nvidia-smi --query-gpu"
_FORMAT = "--format=csv,noheader,nounits"
_PLACES = ("usr/lib/wsl/lib/nvidia-smi", "usr/bin/nvidia-smi")
_INVALID = re.compile(r'"([\w.]+)" is not a valid field')
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
# "CUDA Version: 12.4"; since driver 610 "CUDA UMD Version: 13.3".
_CUDA = re.compile(r"CUDA (?:UMD )?Version\s*:\s*(\d+\.\d+)")
_LOST = re.compile(r"device handle for GPU\s?\d*:?\s*([0-9A-Fa-f:.]+)")
_FAILURES = (
    ("version mismatch", problems.MISMATCH),
    ("couldn't communicate with the NVIDIA driver", problems.DRIVER_NOT_LOADED),
    ("Driver Not Loaded", problems.DRIVER_NOT_LOADED),
    ("Insufficient Permissions", problems.NO_PERMISSION),
)


def read(context: Context, seconds: float) -> Findings | int | None:
    """Devices and versions; an NVML error number where the tool names one; None if it is no help.

    Args:
        context: where to look for the tool.
        seconds: when the tool is given up.

    """
    from recommender.probe.tools import find, run

    program = find(context, "nvidia-smi", *_PLACES)
    if program is None:
        return None

    deadline = time.monotonic() + seconds
    fields: tuple[str, ...] = FIELDS
    banner: str | None = None
    # Drivers that do not know a field refuse the whole question and name one such field.
    for _ in FIELDS:
        query = (program, f"--query-gpu={','.join(fields)}", _FORMAT)
        commands: dict[str, tuple[str, ...]] = {"query": query}
        if banner is None:
            commands["banner"] = (program,)
        answers = run(commands, context.env, deadline - time.monotonic(), context.stop)
        banner = answers.get("banner", banner) or ""
        text = answers["query"]
        invalid = _INVALID.search(text or "")
        if invalid is None or invalid[1] not in fields:
            return understood(text, fields, banner, context.memory)
        fields = tuple(field for field in fields if field != invalid[1])
    return None


def understood(
    text: str | None, fields: Sequence[str], banner: str, memory: Memory
) -> Findings | int:
    """Findings in what the tool printed, or the NVML error number that it words."""
    if text is None:
        return problems.TIMEOUT
    for words, code in _FAILURES:
        if words.lower() in text.lower():
            return code
    found = parse(text, fields, memory)
    cuda = cuda_version(banner)
    told = {"cuda": (cuda, "nvidia-smi")} if cuda else {}
    return replace(found, software={**found.software, **told})


def cuda_version(banner: str) -> str | None:
    """The CUDA version that the driver supports; no field of the query tells it."""
    match = _CUDA.search(banner)
    return match[1] if match else None


def parse(text: str, fields: Sequence[str], memory: Memory) -> Findings:
    """Devices of the CSV answer to ``fields``; lines of another kind may stand between them."""
    rows = [[cell.strip() for cell in line.split(",")] for line in text.splitlines()]
    known = [dict(zip(fields, row, strict=True)) for row in rows if len(row) == len(fields) > 1]
    read_rows = [_row(row, memory) for row in known if _value(row, "name")]
    places = (match[1].rstrip(":") for match in _LOST.finditer(text))
    lost = [problems.lost(bus(place) or place) for place in places]
    driver = next(filter(None, (_value(row, "driver_version") for row in known)), None)
    return Findings(
        devices=tuple(found for found, _ in read_rows),
        software={"nvidia_driver": (driver, _SOURCE)} if driver else {},
        problems=(*lost, *(problem for _, found in read_rows for problem in found)),
    )


def _row(row: dict[str, str], memory: Memory) -> tuple[Device, list[Problem]]:
    label = _value(row, "index") or _value(row, "name") or ""
    told = Told(
        label=label,
        source=_SOURCE,
        name=_value(row, "name"),
        bus_id=bus(row.get("pci.bus_id")),
        compute_capability=_value(row, "compute_cap"),
        total_mib=_number(row, "memory.total"),
        reserved_mib=_number(row, "memory.reserved") or 0,
    )
    found, found_problems = device(told, memory)
    if _value(row, "mig.mode.current") != "Enabled":
        return found, found_problems
    whole = replace(found.accelerator, usable_gib=None, partition="mig")
    return replace(found, accelerator=whole), [problems.mig_unread(label)]


def _value(row: dict[str, str], field: str) -> str | None:
    """A cell; ``[N/A]``, ``[Not Supported]``, ``[Unknown Error]`` and the like are None."""
    text = clean(row.get(field, ""))
    return None if not text or text.startswith("[") or text == "N/A" else text


def _number(row: dict[str, str], field: str) -> float | None:
    match = _NUMBER.match(_value(row, field) or "")
    return float(match[0]) if match else None
