"""Moore Threads: mthreads-gmi, whose table has three lines a device and few bars."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from recommender.probe import asking, visible
from recommender.probe.answers import (
    Told,
    flattened,
    listed,
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
from recommender.probe.drm import JOIN_GROUPS
from recommender.probe.files import integer
from recommender.probe.tables import bus_id, json_in

_TOOL = Tool(
    vendor="moore-threads",
    label="Moore Threads",
    program="mthreads-gmi",
    rules="probe.moore-threads",
    nodes=r"mtgpu\.\d+",
    places=("usr/bin/mthreads-gmi", "usr/local/bin/mthreads-gmi"),
    variables=("MUSA_VISIBLE_DEVICES",),
    install="Install the Moore Threads driver package, and load it (sudo modprobe mtgpu).",
    start="Start a container with --env MTHREADS_VISIBLE_DEVICES=all (and the MT Container "
    "Toolkit on the host).",
    grant=f"Join the groups of the devices ({JOIN_GROUPS}) and log in again.",
)
_SOURCE = "mthreads-gmi"
_VERSIONS = {
    "versions.mthreads-driver": re.compile(r'Driver Version"?\s*:\s*"?(\d[^\s"|]*)'),
    "versions.mthreads-gmi": re.compile(r"mthreads-gmi\s*:\s*(\d\S*)"),
    "musa": re.compile(r'musa_toolkits"?\s*:\s*(?:\{\s*"version"\s*:\s*")?(\d[\w.]*)'),
}
_NAMED = re.compile(r"\s*(\d{1,4})\s+(\S.*?)\s*")
# Used memory, and the total in brackets.
_MEMORY = re.compile(r"(\S+)\s*\(([^()]+)\)\s*$")
_TYPE = re.compile(r"\s*([A-Za-z]+(?: [A-Za-z]+)?)(?:\s+(?:P\d+|N/A))?\s*")
_QUERIED = re.compile(
    r"^[ \t]*GPU ?(\d{1,4})[ \t]+([0-9a-f:.]{7,20})[ \t]*$", re.MULTILINE | re.IGNORECASE
)
# The table that the programming guide shows: one device, its facts below each other.
_GUIDE = re.compile(
    r"GPU\s+Name\s*\|\s*(\d{1,4})\s+(\S.*?)\s*\|.{0,600}?"
    r"([\d.]+ [KMG]iB) Total\s*:\s*([\d.]+ [KMG]iB) Used",
    re.DOTALL,
)
_VIRTUAL = re.compile(r"virtual|vgpu|instance", re.IGNORECASE)


def probe(context: Context) -> Findings:
    """All devices that mthreads-gmi shows."""
    found = asking.read(context, _TOOL, understood)
    known = {**_musa(context), **asking.module_version(context, "mtgpu", "mthreads-driver")}
    return replace(found, software={**known, **found.software})


def understood(text: str) -> Findings:
    """What mthreads-gmi (or musa_version_query) printed, or why it could not tell anything."""
    versions = {name: version(pattern, text) for name, pattern in _VERSIONS.items()}
    software = {name: (known, _SOURCE) for name, known in versions.items() if known}
    answer = json_in(text) if '"Product Name"' in text else None
    forms = (_queried, _table, _guide, lambda one: listed(one, _SOURCE))
    told = (tuple(form(bounded(text))) for form in forms)
    devices = tuple(_json(answer)) or next(filter(None, told), ())
    if not devices:
        problems = () if software else asking.complaint(_TOOL, text)
        return Findings(software=software, problems=problems)
    found = asking.told(_TOOL, *devices, software=software)
    broken = [one for one in devices if one.usable_gib == 0]
    more = (asking.unhealthy(_TOOL, one, "broken (ERR!)") for one in broken)
    return replace(found, problems=(*found.problems, *more))


def _table(text: str) -> Iterator[Told]:
    """Devices of the table: name, place and memory; then the type; then the mode of ECC."""
    lines = [line.split("|") for line in text.splitlines() if line.strip()]
    for place, cells in enumerate(lines):
        named = _NAMED.fullmatch(cells[0])
        if not named or len(cells) < 2:  # noqa: PLR2004  # a line of another table
            continue
        sizes = _MEMORY.search(cells[-1])
        where = bus_id(cells[1])
        if where or sizes:
            yield Told(
                source=_SOURCE,
                name=named[2],
                number=int(named[1]),
                bus_id=where,
                used_gib=size(sizes[1]) if sizes else None,
                total_gib=(size(sizes[2]) or None) if sizes else None,
                usable_gib=0.0 if "ERR!" in cells[-1] and not sizes else None,
                details=_below(lines[place + 1 : place + 3]),
            )


def _below(lines: list[list[str]]) -> dict[str, Any]:
    """Type and mode of ECC, in the two lines below a device."""
    kind = _TYPE.fullmatch(lines[0][0]) if lines and len(lines[0]) > 1 else None
    ecc = lines[1][-1] if len(lines) > 1 and not lines[1][0].strip() else None
    return _kind(kind[1] if kind else None, ecc)


def _kind(kind: str | None, ecc: str | None) -> dict[str, Any]:
    known = word(kind)
    virtual = True if known and _VIRTUAL.search(known) else None
    return {"device_type": known, "virtual_function": virtual, "ecc": word(ecc)}


def _queried(text: str) -> Iterator[Told]:
    """Devices of ``-q``."""
    for match, body in split(text, _QUERIED)[1]:
        told = values(body)
        used, total = memory(told)
        yield Told(
            source=f"{_SOURCE} -q",
            name=word(told.get("Product Name")),
            number=int(match[1]),
            bus_id=bus_id(match[2]),
            used_gib=used,
            total_gib=total,
            details=_kind(told.get("DeviceType"), told.get("Ecc Mode/Current")),
        )


def _json(answer: object) -> Iterator[Told]:
    """Devices of ``-q --json``."""
    entries = answer.get("GPU") if isinstance(answer, Mapping) else None
    for entry in entries if isinstance(entries, list) else ():
        if not isinstance(entry, Mapping) or "Product Name" not in entry:
            continue
        told = flattened(entry)
        used, total = memory(told)
        bus, device = (integer(told.get(f"PCI/{name}")) for name in ("Bus", "Device"))
        yield Told(
            source=f"{_SOURCE} -q --json",
            name=word(told.get("Product Name")),
            number=integer(told.get("Index")),
            bus_id=bus_id(f"{bus or 0:02x}:{device or 0:02x}.0") if bus is not None else None,
            used_gib=used,
            total_gib=total,
            details=_kind(told.get("DeviceType"), told.get("Ecc Mode/Current")),
        )


def _guide(text: str) -> Iterator[Told]:
    match = _GUIDE.search(text)
    if match:
        number, name, total, used = match.groups()
        yield Told(
            source=_SOURCE,
            name=name,
            number=int(number),
            used_gib=size(used),
            total_gib=size(total),
        )


def _musa(context: Context) -> dict[str, Read]:
    """Version of the toolkit, in the file that it installs."""
    variables = ("MUSA_HOME", "MUSA_INSTALL_PATH")
    home = visible.chosen(context.env, *variables).value if context.live else None
    for folder in filter(None, (home, "usr/local/musa")):
        place = f"{folder}/version.json"
        toolkits = _section(json_in(context.files.text(place) or ""), "musa_toolkits")
        found = word(str(_section(toolkits, "version")))
        if found:
            return {"musa": (found, f"/{place.lstrip('/')}")}
    return {}


def _section(value: object, name: str) -> object:
    return value.get(name) if isinstance(value, Mapping) else None
