"""The elements of a JSON document, one at a time: a list, or an object that holds one."""

import codecs
import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from recommender.errors import printable
from recommender.fleet.records import LONGEST, Item, Wrong, too_long
from recommender.patterns import lazily

# kubectl calls its list items, scontrol nodes; sinfo since 23.02 by its own name.
_LISTS = frozenset(("items", "nodes", "sinfo"))
_CHUNK = 2**16
_BLANK = " \t\r\n"
_BLANKS = lazily(f"[{_BLANK}]*")
_DECODER = json.JSONDecoder()


class _Broken(Exception):  # noqa: N818  # what was read until then is no error
    """Nothing more can be read of the document."""


def begins(head: bytes) -> bool:
    """Whether one document begins here, and not a line for each machine.

    A document stands on several lines, or is a list, or an object that holds a list.
    ``kubectl logs --prefix`` begins its lines with a bracket, too.
    """
    if head.startswith(b"[pod/"):
        return False
    first = head.split(b"\n", 1)[0].strip()
    whole = first in {b"{", b"["} or head.startswith(b"[")
    return whole or _holds_list(head.decode(errors="replace"))


def items(stream: BinaryIO) -> Iterator[Item | Wrong]:
    """Every element of every document in the stream; an object without a list is one itself."""
    text = _Characters(stream)
    try:
        while text.next():
            yield from _document(text)
    except _Broken as end:
        yield Wrong(text.number(), str(end))


def _document(text: "_Characters") -> Iterator[Item]:
    if text.next() == "[":
        yield from _elements(text)
    elif text.next() == "{" and _holds_list(text.ahead()):
        yield from _members(text)
    else:
        yield Item(text.number(), text.value())


def _members(text: "_Characters") -> Iterator[Item]:
    """The elements of the lists in an object whose other members tell of no machine."""
    text.take("{")
    while True:
        key = text.value()
        text.take(":")
        if key in _LISTS and text.next() == "[":
            yield from _elements(text)
        else:
            text.value()
        if text.take(",}") == "}":
            return


def _elements(text: "_Characters") -> Iterator[Item]:
    text.take("[")
    if text.next() == "]":
        text.take("]")
        return
    while True:
        text.next()
        yield Item(text.number(), text.value())
        if text.take(",]") == "]":
            return


def _holds_list(head: str) -> bool:
    """Whether the object that begins here has a list of machines among its first members."""
    at = 1
    try:
        while True:
            key, at = _DECODER.raw_decode(head, _after(head, at))
            at = _after(head, at) + 1  # the colon
            at = _after(head, at)
            if key in _LISTS and head[at] == "[":
                return True
            _, at = _DECODER.raw_decode(head, at)
            at = _after(head, at) + 1  # the comma
    except (ValueError, IndexError, TypeError, RecursionError):
        return False


def _after(text: str, at: int) -> int:
    while text[at] in _BLANK:
        at += 1
    return at


class _Characters:
    """The text of a stream from where it is being read on."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._text, self._at, self._ended = "", 0, False
        self._line, self._counted = 1, 0

    def number(self) -> int:
        """The line that is being read."""
        self._line += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
        return self._line

    def next(self) -> str:
        """The next character that is no blank, which stays; empty at the end."""
        while True:
            # By one match: a stream may hold gigabytes of blanks.
            self._at = _BLANKS.match(self._text, self._at).end()  # type: ignore[union-attr]  # fits nothing, too
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def take(self, wanted: str) -> str:
        """The next character, which is one of those."""
        found = self.next()
        if not found or found not in wanted:
            why = printable(f"{found!r} where {' or '.join(wanted)} belongs") if found else ""
            raise _Broken(_invalid(why) if found else _CUT)
        self._at += 1
        return found

    def ahead(self) -> str:
        """Some of the text that follows."""
        self._more()
        return self._text[self._at : self._at + _CHUNK]

    def value(self) -> Any:
        """The next JSON value."""
        self.next()
        while True:
            try:
                found, end = _DECODER.raw_decode(self._text, self._at)
            except RecursionError as error:
                raise _Broken(_invalid("nested too deeply")) from error
            except json.JSONDecodeError as error:
                self._longer(error)
            except ValueError as error:
                raise _Broken(_invalid("a number is too long")) from error
            else:
                # A number may go on in what was not read yet.
                if end < len(self._text) or not self._more():
                    self._at = end
                    return found

    def _longer(self, error: json.JSONDecodeError) -> None:
        """Read on, where the value may go on."""
        if len(self._text) - self._at > LONGEST:
            message = f"{too_long()}; what follows it was not read"
            raise _Broken(message) from error
        if not self._more():
            cut = error.pos >= len(self._text.rstrip()) or "Unterminated" in error.msg
            raise _Broken(_CUT if cut else _invalid(error.msg)) from error

    def _more(self) -> bool:
        """Read as much again as is held, so that a long value is not tried too often."""
        if self._ended:
            return False
        size = max(_CHUNK, len(self._text) - self._at)
        data = self._stream.read(size)
        self._ended = len(data) < size
        self.number()
        try:
            self._text = self._text[self._at :] + self._decoder.decode(data, final=self._ended)
        except UnicodeDecodeError as error:
            message = "is not UTF-8 text; what follows it was not read"
            raise _Broken(message) from error
        self._at = self._counted = 0
        return True


_CUT = "ends in the middle: the rest is missing"


def _invalid(why: str) -> str:
    return f"is not valid JSON ({why}); what follows it was not read"
