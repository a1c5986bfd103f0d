"""Display adapters in what Windows' programs print: wmic, PowerShell, reg and dxdiag."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from recommender.probe.files import clean, integer
from recommender.probe.tables import json_in

# Properties of one adapter; keys in small letters.
Record: TypeAlias = dict[str, str]

_NAMES = frozenset(("name", "caption", "driverdesc", "description", "card name"))
_KEY = re.compile(r"HKEY_\w+\\.*?(?:\\(\d{4}))?")
_VALUE = re.compile(r"\s+([\w.]+)\s+REG_(\w+)\s+(.*\S)")
_PAIR = re.compile(r"\s*([A-Za-z][\w. ]*\w)\s*[:=]\s*(.*)")
_RULE = re.compile(r"\s*-{3,}\s*")
_WORD = re.compile(r"\S+")
_MOST_FIELDS = 200


def records(text: str) -> tuple[Record, ...]:
    """The adapters of a text, each with its properties; none in a text of another kind."""
    # wmic writes UTF-16 and ends its lines with two carriage returns.
    plain = text.replace("\0", "").replace("\ufeff", "").replace("\ufffd", "")
    plain = plain.replace("\r\r\n", "\n")
    forms: tuple[Callable[[str], Iterable[Record]], ...]
    forms = (_json, _registry, _comma_separated, _piped, _table, _listed)
    found = (tuple(filter(_is_named, form(plain))) for form in forms)
    return next((one for one in found if one), ())


def value(kind: str, data: str) -> str:
    """A value of the registry as ``reg`` prints it: numbers in decimal.

    Args:
        kind: the type without ``REG_``; a binary value is a number, its lowest byte first.
        data: the printed value.

    """
    digits = data.replace(" ", "")
    try:
        if kind == "BINARY":
            return str(int.from_bytes(bytes.fromhex(digits), "little"))
        return str(int(digits, 16)) if kind in {"QWORD", "DWORD"} else clean(data)
    except ValueError:
        return ""


def _is_named(record: Record) -> bool:
    return not _NAMES.isdisjoint(record)


def _json(text: str) -> Iterator[Record]:
    found = json_in(text) if "{" in text else None
    for item in _items(found):
        yield {
            str(key).casefold(): clean(str(told))
            for key, told in item.items()
            if isinstance(told, (str, int)) and not isinstance(told, bool)
        }


def _items(found: Any) -> Iterator[Mapping[str, Any]]:
    """Objects that have a name, also those in lists inside of an object."""
    if isinstance(found, dict) and _NAMES.isdisjoint(key.casefold() for key in found):
        every = [item for part in found.values() if isinstance(part, list) for item in part]
    else:
        every = found if isinstance(found, list) else [found]
    yield from (item for item in every if isinstance(item, dict))


def _registry(text: str) -> Iterable[Record]:
    """Values below each key; names and sizes may have been asked one after the other."""
    adapters: dict[str, Record] = {}
    number: str | None = None
    for line in text.splitlines():
        key = _KEY.fullmatch(line.rstrip())
        told = _VALUE.fullmatch(line)
        if key:
            number = key[1]
        elif told and number is not None:
            name = told[1].casefold()
            adapters.setdefault(number, {}).setdefault(name, value(told[2], told[3]))
    return adapters.values()


def _comma_separated(text: str) -> Iterator[Record]:
    import csv

    lines = [line for line in text.splitlines() if line.strip()]
    start = next((n for n, line in enumerate(lines) if _is_header(line.split(","))), None)
    if start is None:
        return
    try:
        rows = list(csv.reader(lines[start:]))
    except csv.Error:
        return
    keys = [key.strip().casefold() for key in rows[0]]
    for row in rows[1:]:
        yield {key: clean(cell) for key, cell in zip(keys, row, strict=False)}


def _is_header(cells: list[str]) -> bool:
    words = [cell.strip().strip('"').casefold() for cell in cells]
    return 1 < len(words) < _MOST_FIELDS and not _NAMES.isdisjoint(words)


def _piped(text: str) -> Iterator[Record]:
    for line in text.splitlines():
        name, *rest = line.split("|", 2)
        if len(rest) == 1 and (not rest[0].strip() or integer(rest[0].strip()) is not None):
            yield {"name": clean(name), "adapterram": rest[0].strip()}


def _table(text: str) -> Iterator[Record]:
    """Columns begin where the words of the header do; a rule of dashes may stand below it."""
    columns: list[tuple[str, int, int | None]] = []
    for line in text.splitlines():
        words = list(_WORD.finditer(line))
        if not columns and words and len(words) < _MOST_FIELDS:
            named = [word[0].casefold() for word in words]
            starts = [word.start() for word in words]
            if not _NAMES.isdisjoint(named) and (len(named) == 1 or "adapterram" in named):
                columns = list(zip(named, starts, [*starts[1:], None], strict=True))
        elif columns and line.strip(" -"):
            yield {key: clean(line[start:end]) for key, start, end in columns}


def _listed(text: str) -> Iterator[Record]:
    """``key : value`` or ``key=value``; a key that comes again begins the next adapter."""
    found = list(_groups(text))
    cards = [record for record in found if "card name" in record]
    # dxdiag describes sound devices too, which are made by the makers of GPUs.
    yield from cards or found


def _groups(text: str) -> Iterator[Record]:
    record: Record = {}
    for line in text.splitlines():
        match = _PAIR.fullmatch(line)
        key = match[1].casefold() if match else ""
        if key in record or _RULE.fullmatch(line):
            yield record
            record = {}
        if match:
            record[key] = clean(match[2])
    yield record
