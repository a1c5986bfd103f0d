"""How far a server has come that is starting: what its port answers and what it downloads."""

import time
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

from recommender.facts.noun import noun

STARTING, DOWNLOADING, LOADING, READY = "starting", "downloading", "loading", "ready"
_ASK_S = 0.25
_ANSWER_S = 2.0
# A download is looked for less often: folders of models have many files.
_LOOK_S = 1.0
# A download that brought nothing for so long has ended, or stands still.
_QUIET_S = 5.0
# How much more has to come before it is told again.
_STEP_GIB = 0.1
_GIB = 2**30
# A server that wants a key answers, and so it serves.
_SERVES = (200, 204, 401, 403)


@noun
class State:
    """``name`` is starting, downloading, loading or ready, ``after_s`` the seconds since the start.

    ``downloaded_gib`` is what lies in unfinished files of models.
    """

    name: str
    after_s: float = 0.0
    downloaded_gib: float | None = None


class Watch:
    """Looks at a starting server; after it was ready there is nothing more to see."""

    def __init__(self, ready_url: str, environment: Mapping[str, str]) -> None:
        """Nothing is asked yet; ``environment`` is the server's, which says where models go."""
        self.first = State(name=STARTING)
        self._url = urlsplit(ready_url)
        self._folders = caches(environment)
        self._begun = time.monotonic()
        self._since = time.time()
        self._told = self.first
        self._asked = self._looked = self._grew = float("-inf")
        self._bytes = 0

    def change(self) -> State | None:
        """The state that the server has come to since the last one that was told, if any."""
        now = time.monotonic()
        if self.over or now - self._asked < _ASK_S:
            return None
        self._asked = now
        status = ask(self._url.hostname or "127.0.0.1", self._url.port or 80, self._path)
        state = self._state(status, now)
        if state.name == self._told.name and not self._more(state):
            return None
        self._told = state
        return state

    @property
    def over(self) -> bool:
        """Whether it is ready."""
        return self._told.name == READY

    @property
    def _path(self) -> str:
        return (self._url.path or "/") + (f"?{self._url.query}" if self._url.query else "")

    def _state(self, status: int | None, now: float) -> State:
        after = round(now - self._begun, 1)
        if status in _SERVES:
            return State(name=READY, after_s=after)
        if now - self._looked >= _LOOK_S:
            self._looked = now
            size = unfinished(self._folders, self._since)
            if size > self._bytes:
                self._grew = now
            self._bytes = size
        if now - self._grew < _QUIET_S:
            gib = round(self._bytes / _GIB, 2)
            return State(name=DOWNLOADING, after_s=after, downloaded_gib=gib)
        came = self._grew > float("-inf")
        # An answer that is none yet, or a download that is over: the weights are being loaded.
        return State(name=LOADING if status is not None or came else STARTING, after_s=after)

    def _more(self, state: State) -> bool:
        told, now = self._told.downloaded_gib, state.downloaded_gib
        return told is not None and now is not None and abs(now - told) >= _STEP_GIB


def ask(host: str, port: int, path: str) -> int | None:
    """The status that a GET answers, None where nothing answers in HTTP."""
    connection = HTTPConnection(host, port, timeout=_ANSWER_S)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, HTTPException, ValueError):
        return None
    finally:
        connection.close()


def caches(environment: Mapping[str, str]) -> tuple[Path, ...]:
    """Where programs of this environment put the models that they download."""
    home = Path(environment.get("HOME") or environment.get("USERPROFILE") or "~").expanduser()
    general = Path(environment.get("XDG_CACHE_HOME") or home / ".cache")
    hub = Path(environment.get("HF_HOME") or general / "huggingface") / "hub"
    return (
        Path(environment.get("HF_HUB_CACHE") or hub),
        Path(environment.get("LLAMA_CACHE") or general / "llama.cpp"),
    )


def unfinished(folders: tuple[Path, ...], since: float) -> int:
    """Bytes in the unfinished files of models that were written to after ``since`` (Unix time).

    huggingface_hub 1.33 ends their names in ``.incomplete``, llama.cpp in ``.downloadInProgress``.
    """
    return sum(_sizes(folders, since))


def _sizes(folders: tuple[Path, ...], since: float) -> Iterator[int]:
    for folder in folders:
        for ending in ("incomplete", "downloadInProgress"):
            for pattern in (f"*.{ending}", f"models--*/blobs/*.{ending}"):
                for path in folder.glob(pattern):
                    try:
                        found = path.stat()
                    except OSError:
                        continue  # finished between the two looks
                    if found.st_mtime >= since:
                        # st_blocks, for some reserve the whole size at once; Windows has none.
                        yield min(found.st_size, getattr(found, "st_blocks", 2**53) * 512)
