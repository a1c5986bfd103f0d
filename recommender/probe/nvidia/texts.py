"""Whatever nvidia-smi printed, told apart by its content."""

import re
from collections.abc import Callable
from dataclasses import replace

from recommender.facts.machine import Memory
from recommender.probe.context import Findings
from recommender.probe.nvidia import devices, failures, listing, report, rows, table, topology
from recommender.probe.nvidia import versions as versions_
from recommender.probe.nvidia.told import Reading

_LONGEST = 1 << 21
# The matrix of links underlines its header; where control characters were dropped, the rest of
# the sequence is left.
_ESCAPE = re.compile(r"\x1b?\[\d{0,3}(?:;\d{1,3}){0,4}m")
# Long runs of blanks are of no use, and costly to search through.
_BLANKS = re.compile(r"(?<=\S) {3,}|\t{9,}")
# Some ways of pasting a table put an empty line below each.
_BETWEEN = re.compile(r"(?<=\|)[ \t\r]*\n[ \t\r]*\n(?=[ \t]{0,8}\|)")
# Forms that tell of whole GPUs, the one that tells most first: of these one is read; a listing and
# a matrix of links may stand beside it.
_FORMS: tuple[tuple[re.Pattern[str], Callable[[str], Reading]], ...] = (
    (re.compile(r"<nvidia_smi_log\b"), report.of_xml),
    (re.compile(r"^GPU [0-9A-Fa-f]{4,8}:[0-9A-Fa-f]{2}:", re.MULTILINE), report.of_text),
    (re.compile(r"^[^\n|]{0,40}\|\s*\d{1,3}\.?\s+\S", re.MULTILINE), table.read),
)
_LISTING = re.compile(r"^\s{0,8}GPU \d{1,4}:\s", re.MULTILINE)
_MATRIX = re.compile(r"^\s{0,8}GPU\d{1,3}\s+X\b", re.MULTILINE)


def understood(text: str) -> Findings:
    """Devices, versions, links and problems in what any of NVIDIA's tools printed.

    Sizes of devices that share the main memory are not known from a text. A text that is of no
    form gives nothing.
    """
    return devices.findings(read(text), Memory(), {})


def read(text: str) -> list[Reading]:
    """What each form that the text contains tells, the most reliable first."""
    plain = _BLANKS.sub("  ", _ESCAPE.sub("", text[:_LONGEST]))
    plain = _BETWEEN.sub("\n", plain)
    readings = [reader(plain) for pattern, reader in _FORMS if pattern.search(plain)]
    readings = [one for one in readings if one.gpus][:1] or [rows.read(plain)]
    if _LISTING.search(plain):
        readings.append(listing.read(plain))
    if _MATRIX.search(plain):
        readings.append(topology.read(plain))
    said = failures.read(plain)
    readings[0] = _without_faceless(readings[0], len(said.gpus))
    return [*readings, said, Reading(software=versions_.read(plain))]


def _without_faceless(reading: Reading, named: int) -> Reading:
    """A lost GPU is named above the rows, and once more stands as a row that tells nothing."""
    faceless = [gpu for gpu in reading.gpus if not (gpu.name or gpu.bus_id or gpu.uuid)][:named]
    return replace(reading, gpus=tuple(gpu for gpu in reading.gpus if gpu not in faceless))
