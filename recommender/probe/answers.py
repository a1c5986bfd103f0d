"""Forms that the tools of several vendors print: sizes, listings of keys and values, CSV."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any

from recommender.facts.noun import noun
from recommender.probe.files import clean
from recommender.probe.parts import Part

_SIZE = re.compile(r"(?<![\w.])(\d{1,12}(?:\.\d+)?)\s*(?:([KMGT])i?B)?(?!\w|\.\d)", re.IGNORECASE)
_PER_GIB = {"K": 1 << 20, "M": 1 << 10, "G": 1, "T": 1 / (1 << 10)}
# Where the listings of nvidia-smi and of the tools that follow it keep the memory of a device.
_MEMORIES = ("FB Memory Usage", "Memory Usage", "Physical Memory Usage")
_LISTED = re.compile(
    r"^[ \t]*[GP]PU\s*(\d+)\s*:\s*(.+?)\s*\(UUID\s*:\s*([^)\s]+)\s*\)", re.MULTILINE | re.IGNORECASE
)


@noun
class Told:
    """One device as a tool tells of it; sizes in GiB, ``number`` is the tool's own count."""

    source: str
    name: str | None = None
    bus_id: str | None = None
    number: int | None = None
    used_gib: float | None = None
    total_gib: float | None = None
    usable_gib: float | None = None
    partition: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """What to call the device in a sentence."""
        return str(self.number) if self.number is not None else self.bus_id or self.name or "?"

    def part(self, vendor: str) -> Part:
        """The facts for a device of this vendor; one with a size has memory of its own."""
        own = {"unified": False, "integrated": False} if self.total_gib else {}
        facts = {
            "vendor": vendor,
            "name": clean(self.name or "") or None,
            "bus_id": self.bus_id,
            "memory_gib": self.total_gib,
            "used_gib": self.used_gib,
            "usable_gib": self.usable_gib,
            "partition": self.partition,
            "driver_bound": True,
            "details": {"index": self.number, **self.details},
            **own,
        }
        return Part(source=self.source, facts=facts)


def size(text: str | None) -> float | None:
    """The first size in GiB, three decimals; without a unit it is MiB, as such tools mean it."""
    match = _SIZE.search(text or "")
    if not match:
        return None
    return round(float(match[1]) / _PER_GIB[(match[2] or "M").upper()], 3)


def used_and_total(text: str) -> tuple[float | None, float | None]:
    """``used / total`` in GiB: a side that is no size is None, and so is a total of nothing."""
    used, _, total = text.replace("N/A", "-").rpartition("/")
    return size(used), size(total) or None


def split(text: str, start: re.Pattern[str]) -> tuple[str, list[tuple[re.Match[str], str]]]:
    """What stands before the first line that starts a device, and each such line with its text."""
    matches = list(start.finditer(text))
    ends = [match.start() for match in matches] + [len(text)]
    found = [(match, text[match.end() : end]) for match, end in zip(matches, ends[1:], strict=True)]
    return text[: ends[0]], found


def values(text: str) -> dict[str, str]:
    """``key : value`` lines by ``key`` or ``headline/key``; of equal keys the first one counts.

    A headline is a line without a value. It holds for the lines that are indented deeper or, in a
    text without indentation, up to the next headline.
    """
    lines = [line for line in text.expandtabs().splitlines() if line.strip()]
    nested = any(line[0] == " " for line in lines)
    headlines: list[tuple[int, str]] = []
    found: dict[str, str] = {}
    for line in lines:
        depth = len(line) - len(line.lstrip())
        key, _, value = (word.strip() for word in line.partition(":"))
        headlines = [one for one in headlines if one[0] < depth] if nested else headlines[-1:]
        if value:
            found.setdefault(f"{headlines[-1][1]}/{key}" if headlines else key, value)
        else:
            headlines.append((depth, key))
    return found


def flattened(value: Mapping[str, Any]) -> dict[str, str]:
    """A JSON object in the form of :func:`values`; deeper than two levels nothing is told."""
    found: dict[str, str] = {}
    for name, inner in value.items():
        if isinstance(inner, Mapping):
            found |= {f"{name.strip()}/{key.strip()}": str(one) for key, one in inner.items()}
        else:
            found[name.strip()] = str(inner)
    return found


def memory(told: Mapping[str, str]) -> tuple[float | None, float | None]:
    """Used and total memory in GiB, out of a listing."""
    for name in _MEMORIES:
        if f"{name}/Total" in told:
            return size(told.get(f"{name}/Used")), size(told[f"{name}/Total"]) or None
    return None, None


def csv_rows(text: str) -> Iterator[dict[str, str]]:
    """Rows below a header that has ``name``, by the names in it; units in brackets are left out."""
    header: list[str] = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.split(",")]
        if not header:
            names = [cell.partition("[")[0].strip().lower() for cell in cells]
            header = names if len(names) > 1 and "name" in names else []
        elif len(cells) == len(header):
            yield dict(zip(header, cells, strict=True))


def listed(text: str, source: str) -> tuple[Told, ...]:
    """The devices of a list with one ``GPU 0: name (UUID: ...)`` a line."""
    return tuple(
        Told(source=source, name=name, number=int(number[:9]), details={"unique_id": unique})
        for number, name, unique in _LISTED.findall(text)
    )


def word(text: str | None) -> str | None:
    """A cell's text; what tools write for "unknown" is None."""
    cell = clean(text or "")
    unknown = cell.strip("[]").lower() in {"", "n/a", "na", "-", "/", "unknown", "none"}
    return None if unknown or "ERR!" in cell else cell


def version(pattern: re.Pattern[str], text: str) -> str | None:
    """What the groups of the first match have, unless it says that the version is not known."""
    match = pattern.search(text)
    return word(match[match.lastindex or 0]) if match else None
