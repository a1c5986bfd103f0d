"""A small hub on this machine: the paths of Hugging Face and ModelScope, with ranges."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote, urlsplit


@dataclass
class Hub:
    """Folders as repositories; ``asked`` collects what was asked for, ``sent`` counts bytes."""

    root: Path
    gated: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    tokens: list[tuple[str, str | None]] = field(default_factory=list)
    sent: int = 0
    address: str = ""
    cdn: str = ""
    ranges: bool = True
    status: int = 0
    endless: int = 0
    closing: Event = field(default_factory=Event)
    names: tuple[str, ...] = ()

    def sizes(self, repository: str) -> dict[str, int] | None:
        """The files of a repository."""
        folder = self.root / repository
        if not folder.is_dir():
            return None
        files = (item for item in sorted(folder.rglob("*")) if item.is_file())
        return {str(item.relative_to(folder)): item.stat().st_size for item in files}


class _Handler(BaseHTTPRequestHandler):
    hub: ClassVar[Hub]
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Nothing: tests look at ``asked``."""

    def do_GET(self) -> None:
        """Answer as the hubs do."""
        hub, parts = self.hub, urlsplit(self.path)
        hub.asked.append(self.path)
        hub.tokens.append((self.headers["Host"], self.headers["Authorization"]))
        path, query = unquote(parts.path), parse_qs(parts.query)
        if hub.endless:
            self._drip(hub.endless)
        elif hub.status:
            self._send(hub.status, b"{}")
        elif found := re.fullmatch(r"/api/models/([^/]+/[^/]+)", path):
            self._list(found[1])
        elif found := re.fullmatch(r"/([^/]+/[^/]+)/resolve/main/(.+)", path):
            self._resolve(found[1], found[2])
        elif found := re.fullmatch(r"/cdn/(.+)", path):
            self._file(hub.root / found[1])
        elif found := re.fullmatch(r"/api/v1/models/([^/]+/[^/]+)/repo/files", path):
            self._list_modelscope(found[1])
        elif found := re.fullmatch(r"/api/v1/models/([^/]+/[^/]+)/repo", path):
            self._file(hub.root / found[1] / query["FilePath"][0])
        else:
            self._send(404, b"{}")

    def _drip(self, status: int) -> None:
        """A header that never ends, or after an error's one a body that never does."""
        self.wfile.write(f"HTTP/1.1 {status} x\r\n".encode())
        ends = status >= HTTPStatus.BAD_REQUEST
        self.wfile.write(b"X-HF-Warning: a; \x1b[31m\r\n\r\n" if ends else b"")
        self.close_connection = True
        with suppress(OSError):  # the client has had enough
            while not self.hub.closing.wait(0.1):
                self.wfile.write(b"X-A: b\r\n")

    def _list(self, repository: str) -> None:
        sizes = self.hub.sizes(repository)
        if sizes is None:
            # The hub hides private repositories behind the same answer.
            self._send(401, b'{"error": "x"}', **{"X-Error-Code": "RepoNotFound"})
            return
        siblings = [{"rfilename": name, "size": size} for name, size in sizes.items()]
        siblings += [{"rfilename": name, "size": 10} for name in self.hub.names]
        self._json({"id": repository, "gated": repository in self.hub.gated, "siblings": siblings})

    def _resolve(self, repository: str, name: str) -> None:
        if repository in self.hub.gated:
            self._send(403, b"{}", **{"X-Error-Code": "GatedRepo"})
        elif self.hub.cdn and not name.endswith(".json"):
            self._send(302, b"", Location=f"{self.hub.cdn}/cdn/{repository}/{name}")
        else:
            self._file(self.hub.root / repository / name)

    def _list_modelscope(self, repository: str) -> None:
        sizes = self.hub.sizes(repository)
        if sizes is None:
            self._send(404, b'{"Code": 10010205001, "Success": false}')
            return
        files = [{"Path": name, "Size": size, "Type": "blob"} for name, size in sizes.items()]
        self._json({"Code": 200, "Success": True, "Data": {"Files": files}})

    def _file(self, path: Path) -> None:
        if not path.is_file():
            self._send(404, b"{}", **{"X-Error-Code": "EntryNotFound"})
            return
        content = path.read_bytes()
        wanted = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers["Range"] or "")
        if not wanted or not self.hub.ranges:
            self._send(200, content)
            return
        first, last = int(wanted[1]), min(int(wanted[2]), len(content) - 1)
        about = f"bytes {first}-{last}/{len(content)}"
        self._send(206, content[first : last + 1], **{"Content-Range": about})

    def _json(self, value: Any) -> None:
        self._send(200, json.dumps(value).encode())

    def _send(self, status: int, body: bytes, **headers: str) -> None:
        self.hub.sent += len(body)
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:  # the client has what it wanted
            self.close_connection = True


@contextmanager
def serving(root: Path) -> Iterator[Hub]:
    """The hub, for as long as it is needed."""
    hub = Hub(root=root)
    handler = type("Handler", (_Handler,), {"hub": hub})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        server.handle_error = lambda *_: None  # type: ignore[method-assign]  # clients hang up
        hub.address = f"http://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield hub
        hub.closing.set()
        server.shutdown()
        thread.join()
