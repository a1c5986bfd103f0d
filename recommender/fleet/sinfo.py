"""Nodes in the tables of ``sinfo``: with their header, or the six columns of ``COMMAND``.

A node stands in a table once for each of its partitions. Only a table with the column GRES tells of
devices; without it, a node that is down is known to be, and of any other nothing is.
"""

import re
from collections.abc import Iterator

from recommender.errors import InputError
from recommender.fleet import hostlist
from recommender.fleet.records import Item, Wrong, too_long

COMMAND = "sinfo -N -h -o '%N|%G|%c|%m|%f|%T'"
_COLUMNS = ("NODELIST", "GRES", "CPUS", "MEMORY", "AVAIL_FEATURES", "STATE")
# Every node of the largest cluster in sixteen partitions.
_MOST = 16 * hostlist.MOST
# What -l and several clusters put before a table.
_DATE = re.compile(r"[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}")
_CLUSTER = "CLUSTER:"
_HEADER = re.compile(
    r"(?:[A-Z][A-Z_:()/]+[\s|]+)*(?:NODELIST|HOSTNAMES)(?:[\s|]+[A-Z][A-Z_:()/]+)*"
)
_ROW = re.compile(r"[^|{\s]+\|[^|{]*\|\d+\+?\|\d+\+?\|[^|]*\|[a-z_]+\W?")
# Rows of sinfo and sinfo -N without their header.
_BARE = re.compile(r"\S+ +(?:(?:up|down|drain|inact) +\S+ +\d+ +[a-z]+\W? +|1 +\S+ +[a-z]+\W? *$)")


def begins(head: bytes) -> bool:
    """Whether a table of sinfo begins here."""
    for raw in head.split(b"\n"):
        line = raw.decode(errors="replace").strip()
        if line and not _before(line):
            return any(form.fullmatch(line) for form in (_HEADER, _ROW)) or bool(_BARE.match(line))
    return False


def rows(lines: Iterator[tuple[int, bytes | None]]) -> Iterator[Item | Wrong]:
    """Every row of a table: its columns by their names, with all nodes of the row.

    Args:
        lines: numbered, None for one that is too long.
    """
    columns: tuple[str, ...] = _COLUMNS
    bar: str | None = "|"
    total = clusters = 0
    for number, raw in lines:
        line = (raw or b"").decode(errors="replace").strip()
        clusters += line.startswith(_CLUSTER)
        if raw is None:
            yield Wrong(number, too_long())
        elif clusters > 1 or total > _MOST:
            yield Wrong(number, _end(clusters))
            return
        elif not line or _before(line):
            continue
        elif _HEADER.fullmatch(line):
            bar = "|" if "|" in line else None
            columns = tuple(name.strip() for name in line.split(bar))
        else:
            row = _row(number, line, columns, bar)
            total += len(row.value["NODELIST"]) if isinstance(row, Item) else 0
            if isinstance(row, Wrong) or row.value["NODELIST"]:
                yield row


def _before(line: str) -> bool:
    return line.startswith(_CLUSTER) or bool(_DATE.fullmatch(line))


def _end(clusters: int) -> str:
    if clusters > 1:
        return "begins another cluster, and was not read: ask about one cluster at a time"
    return f"and what follows it was not read: there were {_MOST} nodes before it"


def _row(number: int, line: str, columns: tuple[str, ...], bar: str | None) -> Item | Wrong:
    values = _values(line, columns, bar)
    if len(values) == len(columns) - 1 and "n/a" in values:  # a partition without nodes
        return Item(number, {"NODELIST": []})
    if len(values) != len(columns):
        return Wrong(number, f"is no row of sinfo with a header above it: write it with {COMMAND}")
    found = dict(zip(columns, values, strict=True))
    try:
        names = hostlist.expanded(found.get("NODELIST") or found.get("HOSTNAMES") or "")
    except InputError as error:
        return Wrong(number, str(error))
    return Item(number, {**found, "NODELIST": names})


def _values(line: str, columns: tuple[str, ...], bar: str | None) -> list[str]:
    """What stands in each column; a reason may hold blanks and bars."""
    values = [value.strip() for value in line.split(bar)]
    more = len(values) - len(columns)
    if more > 0 and "REASON" in columns:
        at = columns.index("REASON")
        values[at : at + more + 1] = [(bar or " ").join(values[at : at + more + 1])]
    return values
