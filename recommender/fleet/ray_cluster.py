"""A live Ray cluster: its nodes are asked, and questions are answered there.

Another process speaks to Ray (see ray_driver.py), so whatever Ray does, a command ends in time.
"""

import re
import socket
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from itertools import count
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

from recommender.errors import InputError, printable
from recommender.facts import Answer
from recommender.fleet import ray_driver
from recommender.fleet.parallel import answering
from recommender.fleet.shipping import packed
from recommender.fleet.signals import ignored
from recommender.fleet.wishes import Wish

_INSTALL = "pip install 'llmpick[ray]'"
_ADDRESS = re.compile(r"(?:ray://)?(?:\[([0-9A-Fa-f:.]+)\]|([\w.-]{1,253})):(\d{1,5})", re.ASCII)
_AUTO = "auto"
_TCP_S, _END_S = 5.0, 3.0
CONNECT_S = 25.0
# Longer than a worker takes to start, fetch the package and probe, which ends after 5 seconds.
PROBE_S = 60.0
# This process reads what so many answer, and no more.
_MOST_WORKERS = 64


class Probed(NamedTuple):
    """A node as Ray tells of it, and what its probe printed or why it printed nothing.

    ``gone`` is whether the node itself may be out of order.
    """

    told: dict[str, Any]
    text: str | None = None
    failure: str | None = None
    gone: bool = False


@contextmanager
def connected(address: str, seconds: float = CONNECT_S) -> "Iterator[Cluster]":
    """A Ray cluster, as long as it is needed.

    Raises:
        InputError: there is none that answers in so many seconds, or Ray is not installed.
    """
    _check(address)
    with ignored("SIGPIPE"), tempfile.TemporaryDirectory(prefix="llmpick-") as folder:
        cluster = Cluster(address, packed(Path(folder)))
        try:
            cluster.connect(seconds)
            yield cluster
        finally:
            cluster.give_up()


def _check(address: str) -> None:
    """That Ray is installed, and that something listens there."""
    found = _ADDRESS.fullmatch(address)
    if address != _AUTO and not (found and 0 < int(found[3]) < 2**16):
        message = (
            f"--ray '{printable(address)}' is no address of a Ray cluster; write HOST:6379 on one "
            "of its nodes, ray://HOST:10001 elsewhere, or auto"
        )
        raise InputError(message)
    if find_spec("ray") is None:
        message = f"--ray needs Ray; install it with {_INSTALL}"
        raise InputError(message)
    if found:
        _reach(address, found[1] or found[2], int(found[3]))


def _reach(address: str, host: str, port: int) -> None:
    try:
        socket.create_connection((host, port), _TCP_S).close()
    except (OSError, UnicodeError) as error:
        why = printable(getattr(error, "strerror", None) or error)
        message = f"--ray {printable(address)} cannot be reached ({why})"
        raise InputError(message) from error


class Cluster:
    """A connection to a Ray cluster through a process of its own; see ``connected``."""

    def __init__(self, address: str, package: Path) -> None:
        """Start connecting; ``package`` is what the nodes import."""
        self.workers = 0
        self._ready = False
        self._address = address
        self._asked: dict[int, Future[bytes]] = {}
        self._numbers = count()
        self._reader: threading.Thread | None = None
        context = get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._driver = context.Process(
            target=ray_driver.drive, args=(theirs, address, str(package)), daemon=True
        )
        with ignored("SIGINT"):
            self._driver.start()
        theirs.close()

    def connect(self, seconds: float) -> None:
        """Wait until the cluster answers.

        Raises:
            InputError: it does not within so many seconds.
        """
        heard = self._heard(time.monotonic() + seconds)
        address = printable(self._address)
        if heard is None:
            message = (
                f"--ray {address}: no Ray cluster answers there within {seconds:g} seconds; write "
                "HOST:6379 on one of its nodes, ray://HOST:10001 elsewhere"
            )
            raise InputError(message)
        kind, told = heard
        if kind != "ready":
            message = f"--ray {address} cannot be used: {printable(told, 300)}"
            raise InputError(message)
        self.workers = min(told, _MOST_WORKERS)
        self._ready = True

    def nodes(self, seconds: float = PROBE_S) -> Iterator[Probed]:
        """Every node as its probe ends; those that stay silent for so long come last."""
        end = time.monotonic() + seconds
        with suppress(OSError):
            self._pipe.send(("nodes",))
        _, found = self._heard(end) or ("", [])
        waiting = {node["NodeID"]: node for node in found if node["alive"]}
        yield from (Probed(node, gone=True) for node in found if not node["alive"])
        while waiting and (heard := self._heard(end)):
            _, which, text, failure = heard
            gone, why = failure or (False, None)
            yield Probed(waiting.pop(which), text, why, gone)
        silent = f"it did not answer within {seconds:g} seconds"
        yield from (Probed(node, failure=silent, gone=True) for node in waiting.values())

    def _heard(self, end: float) -> Any:
        """What the driver says, None where it ended or says nothing until then."""
        with suppress(EOFError, OSError):
            if self._pipe.poll(max(0.0, end - time.monotonic())):
                return self._pipe.recv()
        return None

    def answering(self, wishes: Iterable[Wish]) -> Iterator[Answer]:
        """Answer wishes in their order, on the cluster where they are many."""
        return answering(wishes, lambda: self if self.workers else None)

    def send(self, batch: bytes) -> "Future[bytes]":
        """Have a batch answered."""
        if self._reader is None:
            self._reader = threading.Thread(target=self._read, daemon=True)
            self._reader.start()
        future: Future[bytes] = Future()
        number = next(self._numbers)
        self._asked[number] = future
        try:
            self._pipe.send(("batch", number, batch))
        except (OSError, ValueError) as error:
            self._asked.pop(number).set_exception(error)
        return future

    def _read(self) -> None:
        """Hand on what the driver says until it ends."""
        with suppress(EOFError, OSError):
            while True:
                kind, number, found, failure = self._pipe.recv()
                if kind == "answered" and failure:
                    self._asked.pop(number).set_exception(RuntimeError(failure[1]))
                elif kind == "answered":
                    self._asked.pop(number).set_result(found)
        for future in list(self._asked.values()):
            future.set_exception(EOFError())

    def give_up(self) -> None:
        """End the connection; what was asked fails."""
        if self._ready:
            # Ray takes its leave of the cluster.
            self._driver.terminate()
            self._driver.join(_END_S)
        self._driver.kill()
        self._driver.join()
        if self._reader:
            self._reader.join()
        self._pipe.close()
