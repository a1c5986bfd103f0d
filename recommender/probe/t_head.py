"""T-Head PPUs: ppu-smi, whose forms are those of nvidia-smi, with MIG."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from recommender.facts.machine import Problem
from recommender.facts.noun import noun
from recommender.probe import asking
from recommender.probe.answers import Told, used_and_total, version
from recommender.probe.asking import Tool
from recommender.probe.bounds import bounded
from recommender.probe.context import Context, Findings
from recommender.probe.smi_forms import Card, cards, untabled
from recommender.probe.tables import records

_TOOL = Tool(
    vendor="t-head",
    label="T-Head",
    program="ppu-smi",
    rules="probe.t-head",
    # A node's number is the minor number of the device, which need not be its index.
    nodes=r"alixpu_ppu\d+",
    places=(
        *("usr/local/bin/ppu-smi", "usr/bin/ppu-smi"),
        *("usr/local/PPU_SDK/ppu-smi/bin/ppu-smi", "usr/local/PPU_SDK/bin/ppu-smi"),
    ),
    libraries=("usr/local/PPU_SDK/lib", "usr/local/PPU_SDK/lib64"),
    variables=("CUDA_VISIBLE_DEVICES",),
    install="Install the T-Head driver (sudo ./ppu-driver-VERSION.run) and the PPU SDK.",
    start="Start a container with --device=/dev/alixpu --device=/dev/alixpu_ctl "
    "--device=/dev/alixpu_ppu0 (one for each device).",
    grant="Make the devices readable and writable (sudo chmod a+rw /dev/alixpu*).",
)
_VERSIONS = {
    "versions.t-head-driver": re.compile(r"Driver Version\s*:\s*(\S+)"),
    "versions.ppu-smi": re.compile(r"PPU-SMI\s+(\d\S*)|ppu-smi Version\s*:\s*(\S+)"),
    "versions.hggc": re.compile(r"HGGC Version\s*:\s*(\S+)"),
    "versions.ppu-sdk": re.compile(r"SDK Version\s*:\s*(\S+)"),
}
# The first cell of a row of persistence modes: PPU-ZW810E        N/A
_NAME = re.compile(r"(\S.*?)\s+(?:N/A|On|Off|Enabled|Disabled)$")
_INSTANCE = re.compile(r"(\d{1,4})\s+(\d{1,4})\s+(\d{1,4})\s+(\d{1,4})")
_SOURCE = "ppu-smi"


@noun
class _Instance:
    """One MIG device: the numbers of its PPU, GPU instance and compute instance, and its sizes."""

    ppu: int
    gi: int
    ci: int
    used_gib: float | None
    total_gib: float | None


def probe(context: Context) -> Findings:
    """All devices that ppu-smi shows."""
    return asking.read(context, _TOOL, understood)


def understood(text: str) -> Findings:
    """What ppu-smi printed in any of its forms, or why it could not tell anything."""
    text = bounded(text)
    shown = tuple(cards(text))
    instances = tuple(_instances(text))
    devices = [one for card in shown for one in _devices(card, instances)]
    devices = devices or list(untabled(text, _SOURCE))
    if not devices:
        return Findings(problems=asking.complaint(_TOOL, text))
    versions = {name: version(pattern, text) for name, pattern in _VERSIONS.items()}
    software = {name: (known, _SOURCE) for name, known in versions.items() if known}
    found = asking.told(_TOOL, *devices, software=software)
    problems = tuple(problem for card in shown for problem in _problems(card, instances))
    return replace(found, problems=(*found.problems, *problems))


def _told(card: Card) -> Told:
    name = _NAME.match(card.label)
    return card.told(_SOURCE, name[1] if name else card.label)


def _mode(card: Card) -> Mapping[str, str]:
    """The MIG mode, alone in the last row; devices without MIG say N/A."""
    mode = card.rows[2][-1] if len(card.rows) > 2 else ""  # noqa: PLR2004  # rows of one device
    return {"mig": mode} if mode in {"Enabled", "Disabled"} else {}


def _devices(card: Card, instances: tuple[_Instance, ...]) -> Iterator[Told]:
    """The whole device or, where it is split, its MIG devices."""
    whole, own = _told(card), [one for one in instances if one.ppu == card.number]
    for one in own:
        yield replace(
            whole,
            used_gib=one.used_gib,
            total_gib=one.total_gib,
            partition="mig",
            details={"mig": "Enabled", "gi": one.gi, "ci": one.ci, "card_gib": whole.total_gib},
        )
    if not own and _mode(card).get("mig") == "Enabled":
        yield replace(whole, details=_mode(card), partition="mig", usable_gib=0.0)
    elif not own:
        yield replace(whole, details=_mode(card))


def _problems(card: Card, instances: tuple[_Instance, ...]) -> Iterator[Problem]:
    whole = _told(card)
    if card.broken:
        yield asking.unhealthy(_TOOL, whole, "broken (ERR!)")
    yield from asking.errors(_TOOL, whole, card.rows[0][-1])
    if _mode(card).get("mig") == "Enabled" and all(one.ppu != card.number for one in instances):
        yield _TOOL.problem(
            "mig-empty",
            f"T-Head device {card.number} is in MIG mode without an instance; nothing can use it.",
            f"Create instances (sudo ppu-smi mig -i {card.number} -cgi ...), or switch MIG off "
            f"(sudo ppu-smi -i {card.number} -mig 0).",
        )


def _instances(text: str) -> Iterator[_Instance]:
    """Rows of the table of MIG devices: four numbers, then the memory."""
    for record in records(text):
        numbers = _INSTANCE.fullmatch(record[0][0])
        if numbers and len(record[0]) > 1:
            used, total = used_and_total(record[0][1])
            ppu, gi, ci, _ = map(int, numbers.groups())
            yield _Instance(ppu=ppu, gi=gi, ci=ci, used_gib=used, total_gib=total)
