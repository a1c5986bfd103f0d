"""MetaX: mx-smi, whose table has another shape every few releases."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from recommender.facts.machine import Link, Problem
from recommender.facts.noun import noun
from recommender.probe import asking, visible
from recommender.probe.answers import Told, size, split, values, version, word
from recommender.probe.asking import Tool
from recommender.probe.bounds import bounded
from recommender.probe.context import Context, Findings, Read
from recommender.probe.drm import JOIN_GROUPS
from recommender.probe.files import integer
from recommender.probe.tables import bus_id, json_in

_TOOL = Tool(
    vendor="metax",
    label="MetaX",
    program="mx-smi",
    rules="probe.metax",
    nodes=r"mxcd",
    places=("usr/bin/mx-smi", "opt/mxdriver/bin/mx-smi", "opt/maca/bin/mx-smi"),
    libraries=("opt/mxdriver/lib", "opt/maca/lib"),
    questions=((), ("topo", "-m")),
    variables=("MACA_VISIBLE_DEVICES", "CUDA_VISIBLE_DEVICES"),
    install="Install the MetaX driver package, which has mx-smi, and reboot.",
    start="Start a container with --device=/dev/dri --device=/dev/mxcd --group-add video.",
    grant=f"Join the groups of the devices ({JOIN_GROUPS}) and log in again.",
)
_SOURCE = "mx-smi"
_VERSIONS = {
    "versions.metax-driver": re.compile(r"Kernel Mode Driver Version\s*:\s*([^\s|]+)"),
    "versions.mx-smi": re.compile(r"MX-SMI\s+(\d[^\s|]*)|mx-smi\s+version\s*:\s*(\S+)"),
    "maca": re.compile(r"MACA Version\s*:\s*([^\s|]+)"),
}
_NUMBERS = re.compile(r"(\d+(?:\.\d+)+)")
_PLACE = r"[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-9a-f]"
# With the bars taken out. Board and name are of the board since 2.2.9, where the number of the
# device follows them; a second device of the same board leaves both out.
_FIRST = re.compile(
    r"\s*(\d{1,4})\s+(?:(?!(?:On|Off|N/?A)\s)([a-z]\S*(?: \S+)*?)\s+)?(?:(\d{1,4})\s+)?"
    r"(?:On\s+|Off\s+|N/?A\s+)?"
    rf"({_PLACE})(?:\s+(?:\d+|N/?A)\s*%?)?(?:\s+([a-z]+))?\s*",
    re.IGNORECASE,
)
_SECOND = re.compile(r".*?(\d+|N/?A)\s*/\s*(\d+|N/?A)\s*MiB\s*(\S.*?)?\s*", re.IGNORECASE)
# Minor, GPU, sGPU-Id, Compute, Vram Quota.
_SLICE = re.compile(r"\s*\d+\s+(\d{1,4})\s+(\d{1,4})\s+(\d{1,3})%\s+(\d+)\s*/\s*(\d+)\s*MiB.*")
_LISTED = re.compile(
    rf"^[ \t]*GPU#(\d{{1,4}})\s+(\S.*?)\s+({_PLACE})[ \t]*([^(\n]*)(?:\(UUID: ([^)\s]+)\))?.*$",
    re.MULTILINE | re.IGNORECASE,
)
_TOPOLOGY = re.compile(r"^[ \t]*GPU(\d{1,4})((?:[ \t]+[A-Z]+\d*)+)", re.MULTILINE)


@noun
class _Row:
    """A device, and the mode of its slices where the table tells it."""

    told: Told
    mode: str | None = None

    @property
    def sick(self) -> bool:
        """Whether mx-smi says that it is anything but available."""
        return (self.told.details.get("state") or "available").lower() != "available"


@noun
class _Slice:
    """A part of a device that sGPU mode cut out of it; ``share`` is of its computing, in %."""

    device: int
    share: int
    used_gib: float | None
    total_gib: float | None


def probe(context: Context) -> Findings:
    """All devices that mx-smi shows."""
    found = asking.read(context, _TOOL, understood)
    known = {**_maca(context), **asking.module_version(context, "metax", "metax-driver")}
    return replace(found, links=_placed(found), software={**known, **found.software})


def understood(text: str) -> Findings:
    """What mx-smi printed in any of its forms, or why it could not tell anything."""
    answer = json_in(text) if '"device_id"' in text else None
    text = bounded(text)
    versions = {name: version(pattern, text) for name, pattern in _VERSIONS.items()}
    software = {name: (known, _SOURCE) for name, known in versions.items() if known}
    lines = [re.sub(r"\s*\|\s*", "   ", line) for line in text.splitlines()]
    rows = tuple(_table(lines)) or tuple(_list(text)) or tuple(_json(answer))
    links = _links(text)
    if not rows:
        problems = () if links else asking.complaint(_TOOL, text)
        return Findings(software=software, links=links, problems=problems)
    slices = [one for line in lines for one in _slices(line)]
    devices = (device for row in rows for device in _devices(row, slices))
    found = asking.told(_TOOL, *devices, software=software)
    problems = tuple(problem for row in rows for problem in _problems(row, slices))
    return replace(found, links=links, problems=(*found.problems, *problems))


def _table(lines: list[str]) -> Iterator[_Row]:
    """Devices of the table: a line with the place on the bus, then one with the memory."""
    name = None
    for line, following in zip(lines, [*lines[1:], ""], strict=False):
        first, second = _FIRST.fullmatch(line), _SECOND.fullmatch(following)
        if not first:
            continue
        name = first[2] or name
        told = Told(
            source=_SOURCE,
            name=name,
            number=int(first[3] or first[1]),
            bus_id=bus_id(first[4]),
            used_gib=size(f"{second[1]} MiB") if second else None,
            total_gib=(size(f"{second[2]} MiB") or None) if second else None,
            details={"state": word(second[3]) if second else None},
        )
        yield _Row(told=told, mode=first[5])


def _list(text: str) -> Iterator[_Row]:
    """Devices of ``-L`` and of the questions with ``--show``, whose answers follow each device."""
    for match, body in split(text, _LISTED)[1]:
        number, name, place, state, unique = match.groups()
        told = {key.rpartition("/")[2]: value for key, value in values(body).items()}
        kind = "vram" if "vram total" in told else "vis_vram"
        one = Told(
            source=_SOURCE,
            name=name,
            number=int(number),
            bus_id=bus_id(place),
            used_gib=size(told.get(f"{kind} used")),
            total_gib=size(told.get(f"{kind} total")) or None,
            details={"state": word(state), "unique_id": unique},
        )
        yield _Row(told=one)


def _json(answer: object) -> Iterator[_Row]:
    """Devices of ``-j``: an object of each by its place on the bus."""
    for place, entry in answer.items() if isinstance(answer, Mapping) else ():
        if isinstance(entry, Mapping) and "device_id" in entry:
            reason = word(str(entry.get("unavailable_reason") or ""))
            told = Told(
                source=f"{_SOURCE} -j",
                number=integer(str(entry["device_id"])),
                bus_id=bus_id(place),
                details={"state": f"unavailable ({reason})" if reason else None},
            )
            yield _Row(told=told)


def _slices(line: str) -> Iterator[_Slice]:
    match = _SLICE.fullmatch(line)
    if match:
        yield _Slice(
            device=int(match[1]),
            share=int(match[3]),
            used_gib=size(f"{match[4]} MiB"),
            total_gib=size(f"{match[5]} MiB") or None,
        )


def _devices(row: _Row, slices: list[_Slice]) -> Iterator[Told]:
    """The whole device or, where it is cut, its slices: programs get no more than one of them."""
    whole = replace(row.told, usable_gib=0.0) if row.sick else row.told
    own = [one for one in slices if one.device == whole.number]
    for one in own:
        yield replace(
            whole,
            used_gib=one.used_gib,
            total_gib=one.total_gib,
            partition=f"sgpu {one.share}%",
            details={**whole.details, "card_gib": whole.total_gib},
        )
    if not own:
        yield whole


def _problems(row: _Row, slices: list[_Slice]) -> Iterator[Problem]:
    if row.sick:
        yield asking.unhealthy(_TOOL, row.told, f"{row.told.details['state']}".lower())
    cut = any(one.device == row.told.number for one in slices)
    if (row.mode or "").lower() == "enabled" and not cut:
        yield _TOOL.problem(
            "sgpu",
            f"MetaX device {row.told.number} is in sGPU mode and shows no slice here, so what a "
            "program may take of it is unknown.",
            "Look at its slices (mx-smi sgpu --show-mode), or switch the mode off (sudo mx-smi "
            "sgpu --disable).",
        )


def _links(text: str) -> tuple[Link, ...]:
    """Devices that MetaXLink joins, out of the matrix of ``topo -m``, by their numbers."""
    rows = {int(number): cells.split() for number, cells in _TOPOLOGY.findall(text)}
    numbers = sorted(rows)
    joined = {
        tuple(
            place
            for place, cell in enumerate(rows[number][: len(numbers)])
            if cell.startswith("MX") or cell == "X"
        )
        for number in numbers
    }
    return tuple(Link(kind="metaxlink", devices=one) for one in sorted(joined) if len(one) > 1)


def _placed(found: Findings) -> tuple[Link, ...]:
    """The links by the places of the devices: slices of one device have a place each."""
    numbers = [one.details.get("index") for one in found.accelerators]
    groups = [
        tuple(place for place, number in enumerate(numbers) if number in link.devices)
        for link in found.links
    ]
    return tuple(Link(kind="metaxlink", devices=group) for group in groups if len(group) > 1)


def _maca(context: Context) -> dict[str, Read]:
    """Version of the toolkit; the file has it alone or after a colon."""
    home = visible.chosen(context.env, "MACA_PATH").value if context.live else None
    for folder in filter(None, (home, "opt/maca")):
        line = context.files.line(f"{folder}/Version.txt")
        found = version(_NUMBERS, line or "")
        if found:
            return {"maca": (found, f"/{folder.lstrip('/')}/Version.txt")}
    return {}
