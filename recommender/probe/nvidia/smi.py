"""NVIDIA's devices through ``nvidia-smi``, where its library cannot be used from Python."""

import re
import time
from collections.abc import Sequence
from dataclasses import replace

from recommender.facts.machine import Accelerator, Problem
from recommender.probe.context import Context, Findings
from recommender.probe.files import clean, which
from recommender.probe.nvidia import problems
from recommender.probe.nvidia.devices import Device, Host, accelerator, bus

FIELDS = (
    *("index", "name", "pci.bus_id", "memory.total", "memory.reserved", "compute_cap"),
    *("driver_version", "mig.mode.current"),
)
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


def read(context: Context, host: Host, seconds: float) -> Findings | int | None:
    """Devices and versions; an NVML error number where the tool names one; None if it is no help.

    Args:
        context: where to look for the tool.
        host: what is known of the computer.
        seconds: when the tool is given up.

    """
    program = find(context)
    if program is None:
        return None
    from recommender.probe.tools import run

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
            return understood(text, fields, banner, host)
        fields = tuple(field for field in fields if field != invalid[1])
    return None


def find(context: Context) -> str | None:
    """Absolute path of the tool: on PATH, or where WSL and Linux keep it."""
    name = "nvidia-smi.exe" if context.family == "windows" else "nvidia-smi"
    places = (context.files.path(place) for place in _PLACES if context.files.exists(place))
    return which(name, context.env.get("PATH", "")) or next(places, None)


def understood(text: str | None, fields: Sequence[str], banner: str, host: Host) -> Findings | int:
    """Findings in what the tool printed, or the NVML error number that it words."""
    if text is None:
        return problems.TIMEOUT
    for words, code in _FAILURES:
        if words.lower() in text.lower():
            return code
    found = parse(text, fields, host)
    cuda = cuda_version(banner)
    return replace(found, software={**found.software, **({"cuda": cuda} if cuda else {})})


def cuda_version(banner: str) -> str | None:
    """The CUDA version that the driver supports; no field of the query tells it."""
    match = _CUDA.search(banner)
    return match[1] if match else None


def parse(text: str, fields: Sequence[str], host: Host) -> Findings:
    """Devices of the CSV answer to ``fields``; lines of another kind may stand between them."""
    rows = [[cell.strip() for cell in line.split(",")] for line in text.splitlines()]
    known = [dict(zip(fields, row, strict=True)) for row in rows if len(row) == len(fields) > 1]
    read_rows = [_row(row, host) for row in known if _value(row, "name")]
    places = (match[1].rstrip(":") for match in _LOST.finditer(text))
    lost = [problems.lost(bus(place) or place) for place in places]
    driver = next(filter(None, (_value(row, "driver_version") for row in known)), None)
    return Findings(
        accelerators=tuple(device for device, _ in read_rows),
        software={"nvidia_driver": driver} if driver else {},
        problems=(*lost, *(problem for _, found in read_rows for problem in found)),
    )


def _row(row: dict[str, str], host: Host) -> tuple[Accelerator, list[Problem]]:
    label = _value(row, "index") or _value(row, "name") or ""
    device = Device(
        label=label,
        name=_value(row, "name"),
        bus_id=bus(row.get("pci.bus_id")),
        compute_capability=_value(row, "compute_cap"),
        total_mib=_number(row, "memory.total"),
        reserved_mib=_number(row, "memory.reserved") or 0,
    )
    found, found_problems = accelerator(device, host)
    if _value(row, "mig.mode.current") != "Enabled":
        return found, found_problems
    return replace(found, usable_gib=None, partition="mig"), [problems.mig_unread(label)]


def _value(row: dict[str, str], field: str) -> str | None:
    """A cell; ``[N/A]``, ``[Not Supported]``, ``[Unknown Error]`` and the like are None."""
    text = clean(row.get(field, ""))
    return None if not text or text.startswith("[") or text == "N/A" else text


def _number(row: dict[str, str], field: str) -> float | None:
    match = _NUMBER.match(_value(row, field) or "")
    return float(match[0]) if match else None
