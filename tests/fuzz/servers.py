"""Targets of ``verify``: what a server answers, its address, and the file of measurements."""

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from recommender.errors import printable
from recommender.facts.codec import decode, encode
from recommender.knowledge import document
from recommender.serving import dialogue, measurements
from recommender.serving.address import address
from recommender.serving.client import Reply, WrongAnswer
from recommender.serving.recognition import Sign, recognise
from tests.fuzz import seeds
from tests.fuzz.properties import numbers, quickly, refused, sentence
from tests.fuzz.target import NASTY, Target

_SEPARATOR = b"\n==>\n"


class Answering:
    """A client whose server answers one body after another."""

    def __init__(self, bodies: list[bytes]) -> None:
        self._bodies = bodies or [b""]
        self._at = 0

    def get(self, _: str) -> Reply:
        body = self._bodies[self._at % len(self._bodies)]
        self._at += 1
        status = body[:1] == b"!"
        return Reply(status=500 if status else 200, body=body[status:], server="uvicorn")

    def post(self, path: str, _: Mapping[str, Any]) -> Reply:
        return self.get(path)

    def hidden(self, text: str) -> str:
        return text


@cache
def _signs() -> tuple[Sign, ...]:
    return tuple(decode(Sign, item) for item in document("servers")["servers"])


def _answers(data: bytes) -> None:
    client: Any = Answering(data.split(_SEPARATOR))
    ask = dialogue.Ask(model="m")
    lines = data.splitlines(keepends=True)
    with quickly():
        for asking in (
            lambda: _recognised(client),
            lambda: dialogue.complete(client, ask, "x"),
            lambda: dialogue._read("/v1", iter(lines), 0.0, 320),  # noqa: SLF001  # one stream
        ):
            try:
                refused(asking)
            except WrongAnswer as error:
                sentence(printable(error, 500))


def _recognised(client: Any) -> None:
    for row in dialogue.models(client)[:3]:
        numbers(json.dumps(encode(recognise(client, row, _signs()))))


def _kept(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder, quickly():
        file = Path(folder, "measurements.jsonl")
        file.write_bytes(data)
        found, problems = measurements.read(file)
        for one in found:
            numbers(json.dumps(encode(one)))
        for problem in problems:
            sentence(problem.what)


def _address(data: bytes) -> None:
    text = data.decode(errors="surrogateescape")

    def read() -> None:
        sentence(address(text).text)

    with quickly():
        refused(read)


def _conversations() -> Iterator[bytes]:
    rows = {"data": [{"id": "m", "owned_by": "vllm", "root": "org/m", "meta": {"ftype": "Q4_K"}}]}
    choice = {"choices": [{"message": {"content": "hi"}}], "usage": {"completion_tokens": 3}}
    listed = {"models": [{"name": "m", "details": {"quantization_level": "Q4_K_M"}}]}
    parts = (rows, {"version": "0.9.1"}, {"model_path": "/m", **listed}, choice)
    yield _SEPARATOR.join(json.dumps(part).encode() for part in parts)
    yield _SEPARATOR.join(json.dumps(part).encode() for part in (choice, rows))
    yield b'data: {"choices": [{"delta": {"content": "a"}}]}\n\ndata: [DONE]\n'
    yield b'event: x\nid: 1\ndata: {"error": {"message": "no"}}\n'
    yield b'!{"error": {"message": "wrong", "code": 3}}'
    with suppress(OSError):
        yield from seeds.texts("cli/test_verify*.py", "serving/*.py")


def _lines() -> Iterator[bytes]:
    whole = {
        "llmpick_version": "0.1.0",
        "at": "2026-11-23T01:22:40Z",
        "framework": "vllm",
        "model": "org/m",
        "device": "RTX 4090",
        "device_memory_gib": 24.0,
        "devices": 1,
        "timing": {"requests": 3, "first_token_s": [0.1, 0.2], "decode_tokens_per_s": [30, 40.5]},
    }
    yield json.dumps(whole).encode() + b"\n" + json.dumps({**whole, "devices": 2}).encode()
    yield from seeds.dictionaries("serving/test_measurements.py")


TARGETS = (
    Target(name="server-answers", check=_answers, seeds=_conversations, words=NASTY),
    Target(name="measurements", check=_kept, seeds=_lines, words=NASTY),
    Target(
        name="addresses",
        check=_address,
        seeds=lambda: (b"http://127.0.0.1:8000/v1", b"https://[::1]:1/x", b"localhost", b"//a:b@c"),
        words=(*NASTY, "[", "]", "://", "@", "%25", "xn--"),
        longest=400,
    ),
)
