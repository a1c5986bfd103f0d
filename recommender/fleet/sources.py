"""The records of a stream: lines, blocks of scontrol, rows of sinfo, or the elements of a document.

Nothing is held but the record that is read, so memory does not grow with the number of machines.
"""

import io
import re
from collections.abc import Iterator
from typing import BinaryIO

from recommender.errors import InputError
from recommender.fleet import documents, sinfo
from recommender.fleet.records import LONGEST, Item, Line, Wrong, too_long

_HEAD = 2**16
_BOM = b"\xef\xbb\xbf"
_BLOCK = b"NodeName="
# A field of scontrol begins with a capital; a value (OS, Reason) may hold blanks.
_FIELD = re.compile(r"(?:^|\s)([A-Z]\w*)=")


def records(stream: BinaryIO) -> Iterator[Line | Item | Wrong]:
    """Every record of a stream, whose form its beginning tells.

    Raises:
        InputError: there is nothing in it.
    """
    head = stream.read(_HEAD)
    whole = io.BufferedReader(_Again(head, stream), _HEAD)
    start = head.removeprefix(_BOM).lstrip()
    if not start:
        message = "there is no machine in it: it is empty"
        raise InputError(message)
    if start.startswith(_BLOCK):
        return _blocks(whole)
    if sinfo.begins(start):
        return sinfo.rows(_numbered(whole))
    return documents.items(whole) if documents.begins(start) else _lines(whole)


class _Again(io.RawIOBase):
    """A stream whose beginning was read already."""

    def __init__(self, head: bytes, stream: BinaryIO) -> None:
        self._head, self._stream = head, stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._head[: len(buffer)] or self._stream.read(len(buffer))
        self._head = self._head[len(data) :]
        buffer[: len(data)] = data
        return len(data)


def _numbered(stream: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """Each line without its end, None for one that is too long, whose rest is skipped."""
    number = 0
    while chunk := stream.readline(LONGEST + 1):
        number += 1
        if len(chunk) > LONGEST:
            while chunk and not chunk.endswith(b"\n"):
                chunk = stream.readline(LONGEST)
            yield number, None
        else:
            yield number, chunk.removeprefix(_BOM) if number == 1 else chunk


def _lines(stream: BinaryIO) -> Iterator[Line | Wrong]:
    for number, line in _numbered(stream):
        if line is None:
            yield Wrong(number, too_long())
        elif raw := line.strip():
            yield Line(number, raw)


def _blocks(stream: BinaryIO) -> Iterator[Item | Wrong]:
    """What ``scontrol show node`` prints: a line a node with ``-o``, else an indented block."""
    begun, held, size = 0, list[bytes](), 0
    for number, line in _numbered(stream):
        part = (line or b"").strip()
        if held and part and (line or b"")[:1].isspace() and size + len(part) < LONGEST:
            held.append(part)
            size += len(part) + 1
            continue
        if held:
            yield _block(begun, b" ".join(held))
        begun, held, size = number, [], 0
        if line is None:
            yield Wrong(number, too_long())
        elif line.startswith(_BLOCK):
            held, size = [part], len(part)
        elif part:
            yield Wrong(number, "tells of no node: it does not begin with NodeName=")
    if held:
        yield _block(begun, b" ".join(held))


def _block(number: int, raw: bytes) -> Item | Wrong:
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return Wrong(number, "is not UTF-8 text")
    parts = _FIELD.split(text)
    fields: dict[str, str] = {}
    for name, value in zip(parts[1::2], parts[2::2], strict=True):
        fields.setdefault(name, value.strip())
    return Item(number, fields)
