"""Qualcomm Cloud AI accelerators (driver qaic): qaic-util. No framework here serves on them yet."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

from recommender.facts.machine import Problem
from recommender.probe import answers, asking
from recommender.probe.answers import Told, size, word
from recommender.probe.asking import Tool
from recommender.probe.bounds import bounded
from recommender.probe.context import Context, Findings
from recommender.probe.files import integer
from recommender.probe.parts import Part, completed, device
from recommender.probe.tables import bus_id, json_in

_TOOL = Tool(
    vendor="qualcomm",
    label="Cloud AI",
    program="qaic-util",
    rules="probe.qualcomm",
    nodes=r"accel\d+",
    places=("opt/qti-aic/tools/qaic-util",),
    install="Install the Cloud AI Platform SDK, whose qaic-util tells them.",
    start="Start a container with --device=/dev/accel/accel0 (one for each device).",
    grant="Make the devices readable and writable (sudo chmod a+rw /dev/accel/accel*).",
)
_PCI_VENDOR = "17cb"
# All cards with this chip have the same number (kernel documentation: accel/qaic/aic100).
_CHIPS = {"a080": "Cloud AI 80", "a100": "Cloud AI 100"}
_VARIANTS = {"aic100": "Cloud AI 100", "aic080": "Cloud AI 80"}
_START = re.compile(r"^QID (\d{1,4})\s*$", re.MULTILINE)
# More than any computer has.
_MOST = 256
_RUNTIME = re.compile(r"LRT QC_IMAGE_VERSION\s*:\s*(\S+)")
_JSON_LABELS = {
    "dev_status": "status",
    "sku_type": "sku type",
    "pci_address": "pci address",
    "dram_total": "dram total",
    "dram_free": "dram free",
    "nsp_total": "nsp total",
    "fw_version": "fw version",
}


def probe(context: Context) -> Findings:
    """All Cloud AI devices; by the bus alone where qaic-util does not tell of them."""
    own = context.bound(_PCI_VENDOR)
    found = _asked(context) if context.live and own else Findings()
    chips = {one.bus_id: _named(one.pci_id, one.bus_id) for one in own}
    devices = tuple(
        completed(one, *filter(None, [chips.get(one.accelerator.bus_id or "")]))
        for one in found.devices
    )
    return replace(found, devices=devices or tuple(map(device, chips.values())))


def understood(text: str) -> Findings:
    """What ``qaic-util -q`` printed, as text or JSON."""
    short = bounded(text)
    rows = tuple(islice(_blocks(short), _MOST)) or tuple(islice(_json(short), _MOST))
    devices = tuple(map(_told, rows))
    if not devices:
        return Findings(problems=asking.complaint(_TOOL, short))
    runtime = answers.version(_RUNTIME, short)
    software = {"versions.qaic-runtime": (runtime, "qaic-util -q")} if runtime else {}
    found = asking.told(_TOOL, *devices, software=software)
    return replace(found, problems=(*found.problems, *_sick(devices)))


def _asked(context: Context) -> Findings:
    from recommender.probe import tools

    program = tools.find(context, _TOOL.program, *_TOOL.places)
    (answer,) = tools.ask(context, program, ("-q",))
    found = understood(answer or "")
    if found.devices or found.problems:
        return found
    silent = "was not found" if program is None else "did not answer"
    what = f"qaic-util {silent}, so the memory of the Cloud AI devices is unknown."
    return Findings(problems=(_TOOL.problem("tool", what, _TOOL.install),))


def _blocks(text: str) -> Iterator[Mapping[str, str]]:
    """``QID 0`` and below it ``key:value`` lines."""
    for match, body in answers.split(text, _START)[1]:
        pairs = (line.partition(":") for line in body.splitlines())
        told = {key.strip().lower(): value for key, _, value in pairs}
        yield {**told, "qid": str(match[1])}


def _json(text: str) -> Iterator[Mapping[str, str]]:
    """The file that ``qaic-util -q -j`` writes."""
    value = json_in(text) if '"device_info"' in text else None
    rows = value.get("device_info") if isinstance(value, dict) else None
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict) and "qid" in row:
            yield {_JSON_LABELS.get(str(name), str(name)): str(row[name]) for name in row}


def _told(row: Mapping[str, str]) -> Told:
    total, free = size(row.get("dram total")), size(row.get("dram free"))
    state = word(row.get("status"))
    details: dict[str, Any] = {
        "state": state,
        "sku": word(row.get("sku type")),
        "firmware": word(row.get("fw version")),
        "nsp": integer(word(row.get("nsp total"))),
    }
    return Told(
        source="qaic-util -q",
        name=_variant(row.get("fw image_variant", "")),
        bus_id=bus_id(row.get("pci address")),
        number=integer(row.get("qid")),
        used_gib=None if total is None or free is None else round(total - free, 3),
        total_gib=total or None,
        usable_gib=0.0 if state and state.lower() != "ready" else None,
        details=details,
    )


def _variant(text: str) -> str | None:
    chip = text.strip().partition(".")[0].lower()
    return f"Qualcomm {_VARIANTS[chip]}" if chip in _VARIANTS else None


def _sick(devices: tuple[Told, ...]) -> tuple[Problem, ...]:
    sick = (one for one in devices if one.usable_gib == 0)
    return tuple(asking.unhealthy(_TOOL, one, f'"{one.details["state"]}"') for one in sick)


def _named(pci_id: str, address: str) -> Part:
    chip = _CHIPS.get(pci_id.partition(":")[2])
    facts = {
        "vendor": "qualcomm",
        "name": f"Qualcomm {chip}" if chip else None,
        "bus_id": address,
    }
    return Part(source=f"/sys/bus/pci/devices/{address}", facts=facts)
