"""A small real HTTP server that speaks the OpenAI protocol, well or badly."""

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKENS = 24
_JSON = {"Content-Type": "application/json"}


@dataclass
class Manners:
    """How the server behaves. ``paths`` answer with a status, a body and headers of their own."""

    owned_by: str | None = "vllm"
    models: tuple[str, ...] = ("Qwen/Qwen3-8B",)
    key: str | None = None
    chat: bool = True
    usage: bool = True
    stream_options: bool = True
    pause_s: float = 0.001
    endless: bool = False
    most: int = 1000
    stream: bytes | None = None
    paths: Mapping[str, tuple[int, bytes, Mapping[str, str]]] = field(default_factory=dict)


class Fake:
    """A running server and what it was asked."""

    def __init__(self, manners: Manners) -> None:
        self.manners = manners
        self.streams = 0
        self.lock = threading.Lock()
        self.requests: list[tuple[str, Mapping[str, str], Any]] = []
        self.server = _Server(self)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def keys_seen(self) -> list[str | None]:
        """The header Authorization of every request."""
        return [headers.get("Authorization") for _, headers, _ in self.requests]


@contextmanager
def fake_server(manners: Manners | None = None) -> Iterator[Fake]:
    """Serve until the block ends."""
    fake = Fake(manners or Manners())
    thread = threading.Thread(target=fake.server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        fake.server.shutdown()
        fake.server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    """Knows the fake that it belongs to."""

    daemon_threads = True

    def __init__(self, fake: Fake) -> None:
        self.fake = fake
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    """Answers one connection as the manners say."""

    server: "_Server"

    def log_message(self, *_: object) -> None:
        """Say nothing on standard error."""

    @property
    def manners(self) -> Manners:
        return self.server.fake.manners

    def do_GET(self) -> None:
        self.answer(None)

    def do_POST(self) -> None:
        size = int(self.headers["Content-Length"])
        self.answer(json.loads(self.rfile.read(size)))

    def answer(self, body: Any) -> None:
        self.server.fake.requests.append((self.path, dict(self.headers), body))
        if self.path in self.manners.paths:
            status, data, headers = self.manners.paths[self.path]
            self.send(status, data, headers)
        elif self.manners.key and self.headers.get("Authorization") != f"Bearer {self.manners.key}":
            self.send(401, b'{"error":"Unauthorized"}', {})
        elif self.path == "/v1/models":
            rows = [{"id": name, "owned_by": self.manners.owned_by} for name in self.manners.models]
            self.send(200, json.dumps({"object": "list", "data": rows}).encode(), _JSON)
        elif body is None or (self.path.endswith("/chat/completions") and not self.manners.chat):
            self.send(404, b'{"detail":"Not Found"}', {})
        elif body.get("stream"):
            self.stream(body)
        else:
            self.send(200, json.dumps(self.whole(body)).encode(), _JSON)

    def send(self, status: int, data: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def whole(self, body: Any) -> dict[str, Any]:
        choice = {"message": {"content": "yes"}} if "messages" in body else {"text": "yes"}
        tokens = body.get("max_tokens") or body["max_completion_tokens"]
        return {"choices": [choice], **self.usage(body, tokens)}

    def usage(self, body: Any, tokens: int) -> dict[str, Any]:
        if not self.manners.usage:
            return {}
        text = body.get("prompt") or body["messages"][0]["content"]
        prompt = len(text.split())
        return {"usage": {"prompt_tokens": prompt, "completion_tokens": tokens}}

    def stream(self, body: Any) -> None:
        if "stream_options" in body and not self.manners.stream_options:
            self.send(400, b'{"error":{"message":"unknown field stream_options"}}', {})
            return
        with self.server.fake.lock:
            self.server.fake.streams += 1
            full = self.server.fake.streams > self.manners.most
        try:
            if full:
                self.send(503, b'{"error":"too many"}', {})
            else:
                self.begin(body)
        finally:
            with self.server.fake.lock:
                self.server.fake.streams -= 1

    def begin(self, body: Any) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        try:
            self.pieces(body)
        except OSError:
            self.close_connection = True  # the other side has heard enough

    def pieces(self, body: Any) -> None:
        if self.manners.stream is not None:
            self.wfile.write(self.manners.stream)
            return
        count = min(body["max_tokens"], TOKENS)
        sent = 0
        while sent < count or self.manners.endless:
            time.sleep(self.manners.pause_s)
            self.event({"choices": [self.piece(body)]})
            sent += 1
        self.event({"choices": [{"delta": {}, "finish_reason": "length"}]})
        if "stream_options" in body and self.manners.usage:
            self.event({"choices": [], **self.usage(body, count)})
        self.wfile.write(b"data: [DONE]\n\n")

    def piece(self, body: Any) -> dict[str, Any]:
        return {"delta": {"content": "a"}} if "messages" in body else {"text": "a"}

    def event(self, data: Mapping[str, Any]) -> None:
        self.wfile.write(b"data: " + json.dumps(data).encode() + b"\n\n")
        self.wfile.flush()
