"""Repositories of Hugging Face and ModelScope, of which beginnings of files are read, no weights.

Sources: https://huggingface.co/docs/hub/api (the tree of a repository, resolve with ranges) and
modelscope/hub/api.py and file_download.py of modelscope/modelscope (repo/files, repo?FilePath).
"""

import json
import os
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from threading import Lock
from typing import Any, NoReturn
from urllib.parse import quote

from recommender.errors import InputError, printable
from recommender.models.keys import is_count
from recommender.models.reading import MOST_TEXT
from recommender.patterns import lazily

_TIMEOUT_S = 10.0
# All requests together: a slow server must not hold a command for ever.
_DEADLINE_S = 120.0
_MOST_READ = 64 * 2**20
# The first read of a file: it holds the header of most shards.
_FIRST = 128 * 2**10
# The reads after it: a tokenizer in a GGUF header takes some 10 MiB.
_NEXT = 2 * 2**20
_AT_ONCE = 8
_REPOSITORY = lazily(r"[A-Za-z0-9][\w.-]{0,95}/[\w.-]{1,96}")
_TRUE = frozenset(("1", "ON", "YES", "TRUE"))
_MISSING, _DENIED = 404, (401, 403)
_PARTIAL = 206
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


class Host:
    """One repository on one hub: how its files are listed and addressed."""

    title = ""

    def __init__(self, identity: str) -> None:
        """For the repository ``identity`` (org/name)."""
        self.identity = identity
        self.left, self.until, self.lock = _MOST_READ, time.monotonic() + _DEADLINE_S, Lock()

    def listed(self) -> Mapping[str, int]:
        """Bytes of the files by path."""
        raise NotImplementedError

    def address(self, name: str) -> str:
        """Where a file is."""
        raise NotImplementedError

    def headers(self) -> dict[str, str]:
        """What every request says, the user's own token included."""
        return {}

    def get(self, address: str, at: int, count: int) -> bytes:
        """Up to ``count`` bytes from ``at`` on.

        Raises:
            InputError: the hub does not give them.
        """
        from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled
        from huggingface_hub.utils import get_session

        session = get_session()
        # httpx of version 1 of the package, httpx2 of version 2.
        client = import_module(type(session).__module__.partition(".")[0])
        asked = {"Range": f"bytes={at}-{at + count - 1}", "Accept-Encoding": "identity"}
        try:
            with session.stream(
                "GET",
                address,
                headers={**self.headers(), **asked},
                timeout=_TIMEOUT_S,
                follow_redirects=True,
            ) as response:
                self._check(response)
                if at and response.status_code != _PARTIAL:
                    self.refuse("does not give parts of files; use its own address (HF_ENDPOINT)")
                return self._taken(response, count)
        except HfHubHTTPError as error:
            self._refused(error)
        except (client.HTTPError, client.InvalidURL, OfflineModeIsEnabled, OSError) as error:
            reason = type(error).__name__
            self.refuse(f"cannot be reached ({reason}); check the network, or drop --hub")

    def _taken(self, response: Any, count: int) -> bytes:
        taken = bytearray()
        for chunk in response.iter_raw():
            taken += chunk[: count - len(taken)]
            with self.lock:
                self.left -= len(chunk)
            if self.left < 0:
                self.refuse(f"sends more than {_MOST_READ >> 20} MiB of headers; drop --hub")
            if time.monotonic() > self.until:
                self.refuse(f"takes more than {_DEADLINE_S:.0f} s; try again, or drop --hub")
            if len(taken) >= count:
                break
        return bytes(taken)

    def _check(self, response: Any) -> None:
        """Refuse an answer that is none."""
        status = response.status_code
        if status == _MISSING:
            self.refuse("has no such model; check its spelling")
        if status in _DENIED:
            self.refuse("does not give it without its terms accepted; accept them on its page")
        if not response.is_success:
            self.refuse(f"answers with the status {status}; try again later, or drop --hub")

    def _refused(self, error: Exception) -> NoReturn:
        from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

        status = getattr(getattr(error, "response", None), "status_code", None)
        if isinstance(error, GatedRepoError):
            page = "accept its terms on its page, then log in with hf auth login"
            self.refuse(f"does not give it yet, as it is gated; {page}")
        if isinstance(error, RepositoryNotFoundError):
            self.refuse("has no such model, or it is private; check its spelling, or log in")
        if status == _MISSING:
            self.refuse("has no such file of it; try again, or drop --hub")
        self.refuse(f"answers with the status {status}; try again later, or drop --hub")

    def refuse(self, what: str) -> NoReturn:
        """One sentence about this repository.

        Raises:
            InputError: always.
        """
        message = f"--model {printable(self.identity)}: {self.title} {what}"
        raise InputError(message)

    def document(self, address: str) -> Any:
        """A JSON document.

        Raises:
            InputError: it is none, or too large.
        """
        said = self.get(address, 0, MOST_TEXT)
        try:
            return json.loads(said)
        except (ValueError, RecursionError):
            self.refuse("answers with something else than JSON; check the address in HF_ENDPOINT")


class HuggingFace(Host):
    """A repository on Hugging Face, or on the mirror that HF_ENDPOINT names."""

    title = "Hugging Face"

    def listed(self) -> Mapping[str, int]:
        """Bytes of the files by path."""
        said = self.document(f"{self._endpoint()}/api/models/{self.identity}?blobs=true")
        siblings = said.get("siblings") if isinstance(said, dict) else None
        return _sizes(siblings, "rfilename", "size")

    def address(self, name: str) -> str:
        """Where a file is."""
        return f"{self._endpoint()}/{self.identity}/resolve/main/{quote(name)}"

    def headers(self) -> dict[str, str]:
        """The user's own token, if huggingface_hub finds one."""
        from huggingface_hub.utils import build_hf_headers

        return dict(build_hf_headers(library_name="llmpick"))

    def _endpoint(self) -> str:
        from huggingface_hub.constants import ENDPOINT

        return ENDPOINT.rstrip("/")

    def _check(self, response: Any) -> None:
        from huggingface_hub.utils import hf_raise_for_status

        hf_raise_for_status(response)


class ModelScope(Host):
    """A repository on ModelScope, which mainland China reaches; its token stays unused."""

    title = "ModelScope"

    def listed(self) -> Mapping[str, int]:
        """Bytes of the files by path."""
        address = f"{self._base()}/repo/files?Revision=master&Recursive=true"
        said = self.document(address)
        data = said.get("Data") if isinstance(said, dict) else None
        return _sizes(data.get("Files") if isinstance(data, dict) else None, "Path", "Size")

    def address(self, name: str) -> str:
        """Where a file is."""
        return f"{self._base()}/repo?Revision=master&FilePath={quote(name, safe='')}"

    def _base(self) -> str:
        domain = os.environ.get("MODELSCOPE_DOMAIN") or "www.modelscope.cn"
        endpoint = domain if "://" in domain else f"https://{domain}"
        return f"{endpoint.rstrip('/')}/api/v1/models/{self.identity}"


def _sizes(items: Any, name: str, size: str) -> dict[str, int]:
    said = [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
    pairs = ((item.get(name), item.get(size)) for item in said)
    return {path: count for path, count in pairs if isinstance(path, str) and is_count(count)}


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
