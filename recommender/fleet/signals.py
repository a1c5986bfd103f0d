"""Signals while other processes work for this one."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def ignored(name: str) -> Iterator[None]:
    """Ignore a signal, as processes do that are started meanwhile, where it is there to ignore.

    ``SIGINT``: the keyboard's interrupt reaches a whole group of processes, and this one ends the
    others. ``SIGPIPE``: a process that ended must not end the one that writes to it.
    """
    number = getattr(signal, name, None)
    if number is None or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(number, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(number, before)
