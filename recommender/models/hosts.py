"""Where Hugging Face and ModelScope list and give the files of a repository.

Sources: https://huggingface.co/docs/hub/api (the list of a repository, resolve with ranges) and
modelscope/hub/api.py and file_download.py of modelscope/modelscope (repo/files, repo?FilePath).
"""

import json
import os
import time
from collections.abc import Mapping
from concurrent.futures import Future
from importlib import import_module
from threading import Lock, Thread
from typing import Any, NoReturn
from urllib.parse import quote

from recommender.errors import InputError, printable
from recommender.knowledge import document
from recommender.models.keys import is_count

_TIMEOUT_S = 10.0
# All requests together: a slow server must not hold a command for ever.
_DEADLINE_S = 120.0
_MOST_READ = 64 * 2**20
# A list of files: JSON of this length takes up to twenty times as much memory.
_MOST_DOCUMENT = 2 * 2**20
_UNKNOWN, _MISSING, _DENIED = 401, 404, (401, 403)
# What Hugging Face says of a token (source: huggingface_hub, utils/_http.py).
_REFUSED_TOKEN = "Invalid credentials in Authorization header"  # noqa: S105  # a message
_PARTIAL = 206


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
            InputError: the hub does not give them, or not in time.
        """
        answer: Future[bytes] = Future()
        left = self.until - time.monotonic()
        if left > 0:
            # A timeout of the client is one of silence: a trickle would never end it.
            Thread(target=self._answer, args=(answer, address, at, count), daemon=True).start()
        try:
            return answer.result(max(left, 0.0))
        except TimeoutError:
            self.refuse(f"takes more than {_DEADLINE_S:.0f} s; try again, or drop --hub")

    def _answer(self, answer: "Future[bytes]", address: str, at: int, count: int) -> None:
        try:
            answer.set_result(self._asked(address, at, count))
        except Exception as error:  # noqa: BLE001  # it is raised where the answer is awaited
            answer.set_exception(error)

    def _asked(self, address: str, at: int, count: int) -> bytes:
        from huggingface_hub.errors import OfflineModeIsEnabled
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
                break  # nobody waits for it any more
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
        said = self.get(address, 0, _MOST_DOCUMENT)
        if len(said) == _MOST_DOCUMENT:
            self.refuse("lists more files than a model has; drop --hub")
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

        own = None if os.environ.get("HF_ENDPOINT") else _of_site("models")
        return (own or ENDPOINT).rstrip("/")

    def _check(self, response: Any) -> None:
        """By the header alone: hf_raise_for_status logs what the hub says and reads all of it."""
        why, status = response.headers.get("X-Error-Code"), response.status_code
        if why == "GatedRepo":
            page = "accept its terms on its page, then log in with hf auth login"
            self.refuse(f"does not give it yet, as it is gated; {page}")
        if response.headers.get("X-Error-Message") == _REFUSED_TOKEN:
            self.refuse("does not know your token; log in with hf auth login, or unset HF_TOKEN")
        if why == "RepoNotFound" or status == _UNKNOWN:
            self.refuse("has no such model, or it is private; check its spelling, or log in")
        if status == _MISSING:
            self.refuse("has no such file of it; try again, or drop --hub")
        super()._check(response)


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
        own = os.environ.get("MODELSCOPE_DOMAIN") or _of_site("modelscope")
        domain = own or "www.modelscope.cn"
        endpoint = domain if "://" in domain else f"https://{domain}"
        return f"{endpoint.rstrip('/')}/api/v1/models/{self.identity}"


def _of_site(hub: str) -> str | None:
    """The address of a hub that the folder of a site names."""
    found: str | None = document("core").get("hubs", {}).get(hub)
    return found


def _sizes(items: Any, name: str, size: str) -> dict[str, int]:
    said = [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
    pairs = ((item.get(name), item.get(size)) for item in said)
    named = ((path, count) for path, count in pairs if isinstance(path, str) and path.isprintable())
    return {path: count for path, count in named if is_count(count)}
