"""A file of the web that is read where it is wanted, piece by piece."""

import io
import tempfile
from collections import OrderedDict
from contextlib import ExitStack
from typing import IO

from recommender.errors import InputError
from recommender.releases import web

# Few requests for what lies together, little that nobody reads where it does not.
_PIECE = 4 * 2**20
_KEPT = 4


class Remote(io.RawIOBase):
    """The bytes at an address, as a file that can be sought in; for ``zipfile``."""

    def __init__(self, address: str) -> None:
        """Ask for the first piece.

        Raises:
            InputError: the address does not answer.
        """
        self.address = address
        first, self.size = web.part(address, 0, _PIECE)
        self._pieces: OrderedDict[int, bytes] = OrderedDict({0: first})
        self._at = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """Where the next byte is read."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Read from elsewhere."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence]
        self._at = max(start + offset, 0)
        return self._at

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]
        """The bytes from here to the end of the piece that they lie in."""
        if self._at >= self.size:
            return 0
        start = self._at - self._at % _PIECE
        piece = self._piece(start)
        taken = piece[self._at - start : self._at - start + len(buffer)]
        buffer[: len(taken)] = taken
        self._at += len(taken)
        return len(taken)

    def _piece(self, start: int) -> bytes:
        if start not in self._pieces:
            piece, _ = web.part(self.address, start, min(_PIECE, self.size - start))
            self._pieces[start] = piece
            while len(self._pieces) > _KEPT:
                self._pieces.popitem(last=False)
        self._pieces.move_to_end(start)
        if not self._pieces[start]:
            message = f"{web.shown(self.address)} ends too early; try again"
            raise InputError(message)
        return self._pieces[start]


def opened(address: str) -> IO[bytes]:
    """A file at an address, read in pieces; whole, in a temporary file, where that is refused.

    Raises:
        InputError: the address does not answer.
    """
    try:
        return io.BufferedReader(Remote(address), buffer_size=2**16)
    except web.WholeOnly:
        return fetched(address)


def fetched(address: str) -> IO[bytes]:
    """All of a file, in a temporary one that goes when it is closed.

    Raises:
        InputError: the address does not answer.
    """
    with ExitStack() as stack:
        kept = stack.enter_context(tempfile.TemporaryFile())
        web.copy(address, kept)
        kept.seek(0)
        stack.pop_all()  # the caller closes it
    return kept
