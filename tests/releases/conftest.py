"""A package index and GitHub in one, served here; they answer with what a test puts there."""

import json
import re
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest


class World:
    """Paths with their answers: bytes, what is to be JSON, or a status; and who asked."""

    def __init__(self) -> None:
        self.pages: dict[str, Any] = {}
        self.asked: list[tuple[str, str | None]] = []
        self.pause_s = 0.0
        self.gives_parts = True
        self.server = _Server(self)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def package(self, name: str, *files: tuple[str, str | None, bool]) -> None:
        """A package with files: name, day, whether it is yanked."""
        rows = [
            {"filename": file, "url": f"../../files/{file}", "yanked": yanked}
            | ({"upload-time": f"{day}T00:00:00Z"} if day else {})
            for file, day, yanked in files
        ]
        self.pages[f"/simple/{name}/"] = {"files": rows}

    def repository(self, name: str, *releases: dict[str, Any]) -> None:
        self.pages[f"/repos/{name}/releases"] = list(releases)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, world: World) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.world = world


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        world = self.server.world  # type: ignore[attr-defined]
        path = self.path.partition("?")[0]
        world.asked.append((path, self.headers.get("Authorization")))
        time.sleep(world.pause_s)
        found = world.pages.get(path, 404)
        if isinstance(found, str):
            self.send_response(302)
            self.send_header("Location", found)
            self.end_headers()
            return
        body = b"" if isinstance(found, int) else _bytes(found)
        span = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        if span and world.gives_parts:
            first, last = int(span[1]), min(int(span[2]), len(body) - 1)
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {first}-{last}/{len(body)}")
            body = body[first : last + 1]
        else:
            self.send_response(found if isinstance(found, int) else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing is written to the terminal."""


def _bytes(found: Any) -> bytes:
    return found if isinstance(found, bytes) else json.dumps(found).encode()


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A world that pip's settings and GitHub's variable point to."""
    served = World()
    threading.Thread(target=served.server.serve_forever, args=(0.05,), daemon=True).start()
    monkeypatch.setenv("PIP_INDEX_URL", f"{served.url}/simple")
    monkeypatch.setenv("GITHUB_API_URL", served.url)
    for name in ("PIP_NO_INDEX", "GITHUB_TOKEN", "GH_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    yield served
    served.server.shutdown()
    served.server.server_close()
