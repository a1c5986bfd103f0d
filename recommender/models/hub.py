"""Repositories of a hub, of which beginnings of files are read, no weights."""

import os
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

from recommender.errors import InputError, printable
from recommender.models.hosts import Host, HuggingFace, ModelScope
from recommender.patterns import lazily

# The first read of a file: it holds the header of most shards.
_FIRST = 128 * 2**10
# The reads after it: a tokenizer in a GGUF header takes some 10 MiB.
_NEXT = 2 * 2**20
_AT_ONCE = 8
_REPOSITORY = lazily(r"[A-Za-z0-9][\w.-]{0,95}/[\w.-]{1,96}")
_TRUE = frozenset(("1", "ON", "YES", "TRUE"))
_INSTALL = "pip install 'llmpick[hub]'"


def files(identity: str, region: str | None) -> "HubFiles":
    """The files of a repository; asks the hub for their list.

    Raises:
        InputError: the package is missing, the network is forbidden or fails, or there is no such
            repository for this user.
    """
    if not _REPOSITORY.fullmatch(identity):
        message = f"--model {printable(identity)}: is no repository; write org/name"
        raise InputError(message)
    if any(
        os.environ.get(n, "").upper() in _TRUE for n in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
    ):
        message = "--hub asks the hub, which HF_HUB_OFFLINE forbids; unset it, or drop --hub"
        raise InputError(message)
    try:
        import huggingface_hub  # noqa: F401
    except ImportError as error:
        message = f"--hub needs the package huggingface_hub; install it with {_INSTALL}"
        raise InputError(message) from error
    host = ModelScope(identity) if region == "CN" else HuggingFace(identity)
    return HubFiles(host)


class HubFiles:
    """The files of a repository, listed once; beginnings are kept once they were read."""

    def __init__(self, host: Host) -> None:
        """Ask for the list."""
        self.host = host
        self._sizes = dict(host.listed())
        self._begun: dict[str, bytes] = {}
        self._piece = ("", 0, b"")
        if not self._sizes:
            host.refuse("lists no files of it; check its spelling, or drop --hub")

    @property
    def name(self) -> str:
        """The repository's id."""
        return printable(self.host.identity)

    def sizes(self) -> Mapping[str, int]:
        """Bytes of the files by path."""
        return self._sizes

    def source(self, name: str) -> "HubFile":
        """One of them."""
        return HubFile(self, name)

    def inside(self, identity: str, _: str) -> str:
        """What a server is given: the repository, whichever of its files is meant."""
        return identity

    def ahead(self, names: Iterable[str]) -> None:
        """Read the beginnings of several files at the same time."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(self._begin, names))

    def _begin(self, name: str) -> bytes:
        if name not in self._begun:
            count = min(_FIRST, self._sizes[name])
            self._begun[name] = self.host.get(self.host.address(name), 0, count) if count else b""
        return self._begun[name]

    def read(self, name: str, at: int, count: int) -> bytes:
        """Up to ``count`` bytes of a file from ``at`` on."""
        begun = self._begin(name)
        if at < len(begun):
            return begun[at : at + count]
        path, start, piece = self._piece
        if path != name or not start <= at < start + len(piece):
            wished = min(max(count, _NEXT), self._sizes[name] - at)
            start, piece = at, self.host.get(self.host.address(name), at, wished)
            self._piece = (name, start, piece)
        return piece[at - start : at - start + count]


class HubFile:
    """One file of a repository."""

    def __init__(self, files: HubFiles, path: str) -> None:
        """The file at ``path`` in the repository."""
        self._files, self._path = files, path

    @property
    def name(self) -> str:
        """The repository's id and the file's path."""
        return f"{self._files.name}/{printable(self._path)}"

    @property
    def size(self) -> int:
        """Its bytes."""
        return self._files.sizes()[self._path]

    def read(self, at: int, count: int) -> bytes:
        """Up to ``count`` bytes from ``at`` on.

        Raises:
            InputError: the hub does not give them.
        """
        return self._files.read(self._path, at, min(count, self.size - at))
