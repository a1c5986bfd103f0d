"""Cambricon MLUs: cnmon, and the driver's files in /proc.

``cnmon info -j`` is never asked: it writes its answer into a file.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from recommender.facts.machine import Problem
from recommender.probe import asking, parts, visible
from recommender.probe.answers import (
    Told,
    flattened,
    memory,
    size,
    split,
    values,
    version,
    word,
)
from recommender.probe.asking import Tool
from recommender.probe.bounds import bounded
from recommender.probe.context import Context, Findings, Read
from recommender.probe.files import integer
from recommender.probe.parts import Part
from recommender.probe.smi_forms import Card, cards
from recommender.probe.tables import bus_id, json_in

_TOOL = Tool(
    vendor="cambricon",
    label="Cambricon",
    program="cnmon",
    rules="probe.cambricon",
    nodes=r"cambricon_dev\d+",
    places=("usr/bin/cnmon", "usr/local/bin/cnmon"),
    variables=("MLU_VISIBLE_DEVICES",),
    install="Install the Cambricon driver package, which has cnmon, and reboot.",
    start="Start a container with --device=/dev/cambricon_ctl --device=/dev/cambricon_dev0 (one "
    "for each device) -v /usr/bin/cnmon:/usr/bin/cnmon.",
    grant="Make the devices readable and writable (sudo chmod a+rw /dev/cambricon*).",
)
_PROC = "proc/driver/cambricon/mlus"
_NEUWARE = "usr/local/neuware"
_NUMBERS = re.compile(r"(\d+(?:\.\d+)+)")
_DRIVER = "versions.cambricon-driver"
_CNMON = re.compile(r"CNMON v(\S+?)[\s=|]")
# Of the header in cnmon 5 and 6, of each row in cnmon 4, of ``cnmon info``.
_DRIVERS = re.compile(
    r"Driver\s+v(\d\S*)|\bO(?:n|ff)\s+v(\d\S*)|^[ \t]*Driver\s*:\s*v?(\d\S*)", re.MULTILINE
)
# The first cell after the number: VF, name and firmware.
_LABEL = re.compile(r"(\S+)\s+(\S.*?)\s+(\S+)")
_CARD = re.compile(r"^[ \t]*Card[ \t]+(\d{1,5})[ \t]*$", re.MULTILINE)
_PRODUCT = re.compile(r"^(?=[ \t]*Product Name\s*:)", re.MULTILINE)
_HEALTHY = {"good", "ok", "healthy", "normal", "running"}


def probe(context: Context) -> Findings:
    """All MLUs; where cnmon does not answer, by the names that the driver gives them."""
    found = asking.read(context, _TOOL, understood)
    named = dict(_proc(context))
    devices = tuple(
        parts.completed(one, *_of(one.accelerator.bus_id, named)) for one in found.devices
    ) or tuple(parts.device(part) for part in named.values())
    software = {**_software(context), **found.software}
    return replace(found, devices=devices, software=software)


def understood(text: str) -> Findings:
    """What cnmon printed in any of its forms, or why it could not tell anything."""
    answer = json_in(text) if '"CnmonInfo"' in text else None
    text = bounded(text)
    shown = tuple(cards(text))
    devices = tuple(map(_told, shown)) or _json(answer) or tuple(_info(text))
    if not devices:
        return Findings(problems=asking.complaint(_TOOL, text))
    versions = {_DRIVER: version(_DRIVERS, text), "versions.cnmon": version(_CNMON, text)}
    software = {name: (known, "cnmon") for name, known in versions.items() if known}
    found = asking.told(_TOOL, *devices, software=software)
    problems = (*_sick(devices), *(one for card in shown for one in _errors(card)))
    return replace(found, problems=(*found.problems, *problems))


def _told(card: Card) -> Told:
    """A row of the table: ``/`` in place of a virtual function's number means the whole card."""
    label = _LABEL.fullmatch(card.label)
    if not label:
        return card.told("cnmon", card.label)
    details: dict[str, Any] = {"firmware": word(label[3])}
    if label[1].isdigit():
        details["virtual_function"] = True
    if card.broken:
        details["health"] = "ERR!"
    return replace(card.told("cnmon", label[2]), details=details)


def _errors(card: Card) -> tuple[Problem, ...]:
    """The last number beside the utilisation; cnmon 4 has it there as well."""
    return asking.errors(_TOOL, _told(card), card.rows[0][-1].rpartition(" ")[2])


def _info(text: str) -> Iterator[Told]:
    """Devices of ``cnmon info``, with the lines that number them or without."""
    blocks = [(match[1], body) for match, body in split(text, _CARD)[1]]
    for number, body in blocks or [(None, body) for _, body in split(text, _PRODUCT)[1]]:
        told = values(body)
        if "Product Name" in told:
            used, total = memory(told)
            yield _detailed(told, number, used, total)


def _detailed(
    told: Mapping[str, str], number: str | None, used: float | None, total: float | None
) -> Told:
    place = [told.get(f"PCI/{key}", "") for key in ("Domain ID", "Bus num", "Device", "Function")]
    health = word(told.get("Health State/Device"))
    sick = health is not None and health.lower() not in _HEALTHY
    return Told(
        source="cnmon info",
        name=word(told.get("Product Name")),
        number=integer(number),
        bus_id=bus_id("{}:{}:{}.{}".format(*place)),
        used_gib=used,
        total_gib=total,
        usable_gib=0.0 if sick else None,
        details={"firmware": word(told.get("Firmware")), "health": health},
    )


def _json(answer: object) -> tuple[Told, ...]:
    """Devices of the file that ``cnmon info -j`` writes; its sizes are MiB."""
    entries = answer.get("CnmonInfo") if isinstance(answer, Mapping) else None
    if not isinstance(entries, list):
        return ()
    found = [flattened(entry) for entry in entries if isinstance(entry, Mapping)]
    return tuple(
        Told(
            source="cnmon info -j",
            name=word(told.get("ProductName")),
            number=integer(told.get("CardNum")),
            used_gib=size(told.get("PhysicalMemUsage/Used")),
            total_gib=size(told.get("PhysicalMemUsage/Total")) or None,
        )
        for told in found
    )


def _sick(devices: tuple[Told, ...]) -> Iterator[Problem]:
    for one in devices:
        if one.usable_gib == 0:
            yield asking.unhealthy(_TOOL, one, f"broken ({one.details.get('health')})")


def _of(bus: str | None, named: Mapping[str, Part]) -> list[Part]:
    return [named[bus]] if bus is not None and bus in named else []


def _files(context: Context) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Place on the bus, file and what it says, of each device of the driver."""
    for name in context.files.names(_PROC):
        place, bus = f"{_PROC}/{name}/information", bus_id(name)
        if bus:
            yield bus, place, values(context.files.text(place, 1 << 16) or "")


def _proc(context: Context) -> Iterator[tuple[str, Part]]:
    for bus, place, told in _files(context):
        facts = {
            "vendor": "cambricon",
            "name": word(told.get("Device name")),
            "bus_id": bus,
            "driver_bound": True,
            "details": {"firmware": word(told.get("MLU Firmware Version"))},
        }
        yield bus, Part(source=f"/{place}", facts=facts)


def _software(context: Context) -> dict[str, Read]:
    """Versions in files: of the driver and of the Neuware toolkit."""
    home = visible.chosen(context.env, "NEUWARE_HOME").value if context.live else None
    lines = [
        ("neuware", place, context.files.line(place) or "")
        for place in (f"{folder}/version.txt" for folder in (_NEUWARE, home) if folder)
    ]
    lines += [
        (_DRIVER, place, told.get("Driver Version", "")) for _, place, told in _files(context)
    ]
    found = [
        (name, version(_NUMBERS, line), f"/{place.lstrip('/')}") for name, place, line in lines
    ]
    return {name: (known, source) for name, known, source in found if known}
