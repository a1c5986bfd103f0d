"""Standard input and output as lines for the protocol, which nothing else may touch."""

import asyncio
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import BinaryIO, TextIO, TypeVar

from recommender.cli.helping.texts import texts
from recommender.errors import InputError
from recommender.probe.jobs import Job

T = TypeVar("T")

# A machine's JSON is at most half as long.
LONGEST = 16 * 2**20


async def aside(work: Callable[[], T]) -> T:
    """What ``work`` returns, done in a thread that is left behind when this is cancelled."""
    loop, ended = asyncio.get_running_loop(), asyncio.Event()

    def run() -> T:
        try:
            return work()
        finally:
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(ended.set)

    job = Job(run)
    await ended.wait()
    return job.result(_LATE)


# Between the end of the work and that of the job lies no more than a switch of threads.
_LATE = 10


class Lines:
    """The client's messages, a line each, and where the answers go.

    Standard input is empty for everything else, and what is printed goes to standard error.
    """

    def __init__(self, lang: str) -> None:
        """Take over the standard streams of this process."""
        self._lang = lang
        self._in = _taken(sys.stdin, "rb", lambda: os.open(os.devnull, os.O_RDONLY))
        self._out = _taken(sys.stdout, "wb", lambda: os.dup(sys.stderr.fileno()))

    def __aiter__(self) -> "Lines":
        """The messages, as they come."""
        return self

    async def __anext__(self) -> str:
        """The next message.

        Raises:
            InputError: it is longer than any that makes sense.
        """
        line = await aside(lambda: self._in.readline(LONGEST + 1))
        if not line:
            raise StopAsyncIteration
        if len(line) > LONGEST:
            most = str(LONGEST // 2**20)
            raise InputError(texts(self._lang).say("errors", "message", most=most))
        return line.decode(errors="replace")

    async def write(self, text: str) -> None:
        """Write an answer whole."""
        await aside(lambda: self._out.write(text.encode()))

    async def flush(self) -> None:
        """Hand it to the client."""
        await aside(self._out.flush)


def _taken(stream: TextIO, mode: str, instead: Callable[[], int]) -> BinaryIO:
    """A stream over a copy of another's descriptor, in whose place another one is put.

    A stream without a descriptor is of a test or an embedding program, and taken as it is.
    """
    try:
        number = stream.fileno()
    except (OSError, ValueError):
        return stream.buffer
    copy, other = os.dup(number), instead()
    os.dup2(other, number)
    os.close(other)
    # Nobody closes it: a thread may still wait for it when the process ends.
    return os.fdopen(copy, mode, closefd=False)  # type: ignore[return-value]
