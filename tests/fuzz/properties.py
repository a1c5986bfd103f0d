"""What must hold whatever was fed in: refused in one sentence, or bounded and printable."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from recommender.errors import InputError

# One input on a busy machine with every branch counted; an honest one takes some milliseconds.
SECONDS = 8.0
# The longest honest result is a fleet of a thousand kinds; targets feed at most a few.
LONGEST = 8 * 2**20
_LONGEST_SENTENCE = 4000


class BrokenError(AssertionError):
    """A property does not hold."""


def refused(reading: Callable[[], object]) -> bool:
    """Whether the input is refused; a refusal is one printable sentence, and nothing else is."""
    try:
        reading()
    except InputError as error:
        sentence(str(error))
        return True
    return False


def sentence(text: str) -> None:
    """One line for people, of a length that they read."""
    if not text.strip() or not text.isprintable():
        message = f"no printable sentence: {text!r}"
        raise BrokenError(message)
    if len(text) > _LONGEST_SENTENCE:
        message = f"a sentence of {len(text)} characters: {text[:200]!r}"
        raise BrokenError(message)


def shown(text: str) -> None:
    """What goes to a terminal: lines of printable characters, and not too many."""
    if len(text) > LONGEST:
        message = f"{len(text)} characters of output"
        raise BrokenError(message)
    wrong = next((sign for sign in text if not (sign.isprintable() or sign == "\n")), None)
    if wrong is not None:
        at = text.index(wrong)
        message = f"{wrong!r} goes to the terminal: {text[max(at - 40, 0) : at + 40]!r}"
        raise BrokenError(message)


def numbers(text: str) -> object:
    """The value of a JSON text, in which no number is NaN or infinite.

    Raises:
        BrokenError: there is one.
    """

    def none(name: str) -> None:
        message = f"{name} in JSON"
        raise BrokenError(message)

    return json.loads(text, parse_constant=none)


@contextmanager
def quickly(seconds: float = SECONDS) -> Iterator[None]:
    """What is done inside takes no longer of the processor than that."""
    start = time.process_time()
    yield
    took = time.process_time() - start
    if took > seconds:
        message = f"took {took:.1f} s"
        raise BrokenError(message)


class Once:
    """Whether a text was there a moment ago: most inputs lead to what others led to."""

    def __init__(self, most: int = 4096) -> None:
        """Remember that many."""
        self._most, self._seen = most, set[int]()

    def __call__(self, text: str) -> bool:
        """Whether it was; from now on it was."""
        if len(self._seen) >= self._most:
            self._seen.clear()
        known = hash(text) in self._seen
        self._seen.add(hash(text))
        return known
