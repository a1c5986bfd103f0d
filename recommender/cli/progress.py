"""That something slow goes on: on standard error, and on a terminal alone."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TypeVar

T = TypeVar("T")


@contextmanager
def working(text: str) -> Iterator[Callable[[str], None]]:
    """Show ``text`` beside a spinner until the work is done; what is yielded changes the text.

    A terminal that cannot draw gets a line a text, anything else than a terminal nothing.
    """
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    if os.environ.get("TERM") == "dumb":
        _line(text)
        yield _line
        return
    from rich.console import Console

    with Console(stderr=True, highlight=False, markup=False).status(text) as status:
        yield status.update


@contextmanager
def shown(opening: AbstractContextManager[T], text: str) -> Iterator[T]:
    """What ``opening`` opens, with a text while that takes."""
    with ExitStack() as stack:
        with working(text):
            opened = stack.enter_context(opening)
        yield opened


def _line(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
