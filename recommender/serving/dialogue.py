"""The OpenAI protocol with a server that may answer anything: models, a completion, a stream."""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any, NoReturn

from recommender.errors import printable
from recommender.facts.noun import noun
from recommender.serving.client import Client, Reply, WrongAnswer

PATHS = {"chat": "/v1/chat/completions", "completions": "/v1/completions"}
_OK = 200
# A server that counts otherwise than it streams may send a few pieces more than it was asked for.
_SPARE_PIECES = 64
# What a piece of a chat's answer may bring; reasoning models fill the others first.
_SPOKEN = ("content", "reasoning_content", "reasoning", "refusal")


@noun
class Ask:
    """What every request of a verification has in common."""

    model: str
    endpoint: str = "chat"
    max_tokens: int = 128
    usage: bool = True
    extra: Mapping[str, Any] = field(default_factory=dict)


@noun
class Said:
    """A whole completion; the counts are None where the server did not tell them."""

    text: str
    prompt_tokens: int | None = None
    output_tokens: int | None = None


@noun
class Streamed:
    """One stream: seconds of a monotonic clock, and the pieces that brought text."""

    begun: float
    first: float
    last: float
    ended: float
    pieces: int
    prompt_tokens: int | None = None
    output_tokens: int | None = None


def models(client: Client) -> tuple[Mapping[str, Any], ...]:
    """The models that the server lists, as it describes them.

    Raises:
        InputError: it cannot be reached or wants another key.
        WrongAnswer: it lists none, or not in the form of the protocol.
    """
    path = "/v1/models"
    rows = _document(client, client.get(path), path).get("data")
    if not isinstance(rows, list):
        _wrong(f"{path} has no list called data")
    found = tuple(row for row in rows if isinstance(row, dict) and isinstance(row.get("id"), str))
    if not found:
        _wrong(f"{path} lists no model")
    return found


def complete(client: Client, ask: Ask, prompt: str) -> Said:
    """One completion, not streamed; raises as ``models``."""
    path = PATHS[ask.endpoint]
    document = _document(client, client.post(path, _body(ask, prompt, stream=False)), path)
    choice = _choice(document)
    if choice is None:
        _wrong(f"{path} has no choices")
    message = choice.get("message")
    spoken = _spoken(message if isinstance(message, dict) else choice)
    prompt_tokens, output_tokens = _usage(document)
    if not spoken and not output_tokens:
        _wrong(f"{path} has a choice without any text")
    return Said(text=spoken, prompt_tokens=prompt_tokens, output_tokens=output_tokens)


def stream(client: Client, ask: Ask, prompt: str) -> Streamed:
    """One streamed completion with the times of its pieces; raises as ``models``."""
    path = PATHS[ask.endpoint]
    body = _body(ask, prompt, stream=True)
    begun = time.monotonic()
    with client.stream(path, body) as answer:
        if not isinstance(answer, Reply):
            return _read(path, answer, begun, 2 * ask.max_tokens + _SPARE_PIECES)
        _document(client, answer, path)  # says what the server says
        message = f"{path} answers {answer.status} to a stream"
        raise WrongAnswer(message)


def _read(path: str, lines: Iterator[bytes], begun: float, most: int) -> Streamed:
    times: list[float] = []
    usage: tuple[int | None, int | None] = (None, None)
    finished = False
    for event in _events(path, lines):
        if event is None:
            finished = True
            break
        choice = _choice(event) or {}
        delta = choice.get("delta")
        if _spoken(delta if isinstance(delta, dict) else choice):
            times.append(time.monotonic())
        finished = finished or bool(choice.get("finish_reason"))
        usage = tuple(new or old for new, old in zip(_usage(event), usage, strict=True))  # type: ignore[assignment]
        if len(times) > most:
            _wrong(f"the stream of {path} goes on after {most} pieces; max_tokens is not obeyed")
    if not times and usage[1]:
        # Tokens need not make text: parts of characters, marks that are left out.
        times.append(time.monotonic())
    if not times:
        _wrong(f"the stream of {path} ended without any text")
    if not finished:
        _wrong(f"the stream of {path} broke off after {len(times)} pieces")
    return Streamed(
        begun=begun,
        first=times[0],
        last=times[-1],
        ended=time.monotonic(),
        pieces=len(times),
        prompt_tokens=usage[0],
        output_tokens=usage[1],
    )


def _events(path: str, lines: Iterator[bytes]) -> Iterator[Mapping[str, Any] | None]:
    """The JSON objects of server-sent events; None where the stream says that it is done."""
    for line in lines:
        name, _, value = line.decode("utf-8", errors="replace").partition(":")
        data = value.strip()
        if name.strip() != "data":
            if name.strip() in {"", "event", "id", "retry"}:
                continue
            _wrong(f"the stream of {path} holds '{printable(line.decode(errors='replace'), 60)}'")
        if data == "[DONE]":
            yield None
            return
        event = _json(data)
        if not isinstance(event, dict):
            _wrong(f"the stream of {path} holds '{printable(data, 60)}', which is no JSON object")
        if event.get("error"):
            _wrong(f"the stream of {path} fails: {printable(_said(event), 200)}")
        yield event


def _body(ask: Ask, prompt: str, *, stream: bool) -> dict[str, Any]:
    body = {"model": ask.model, "max_tokens": ask.max_tokens, "temperature": 0, **ask.extra}
    if ask.endpoint == "chat":
        body["messages"] = [{"role": "user", "content": prompt}]
    else:
        body["prompt"] = prompt
    if stream:
        body["stream"] = True
        if ask.usage:
            body["stream_options"] = {"include_usage": True}
    return body


def _document(client: Client, reply: Reply, path: str) -> Mapping[str, Any]:
    document = _json(reply.body.decode("utf-8", errors="replace"))
    if reply.status != _OK:
        said = _said(document) or reply.body.decode("utf-8", errors="replace").strip()
        shown = printable(client.hidden(said), 200)
        _wrong(f"{path} answers {reply.status}" + (f": {shown}" if shown else ""))
    if not isinstance(document, dict):
        start = printable(reply.body[:60].decode("utf-8", errors="replace"), 60)
        _wrong(f"{path} answers with what is no JSON object: '{start}'")
    return document


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _said(document: Any) -> str:
    """The message of an error in one of the forms that servers give it."""
    if not isinstance(document, dict):
        return ""
    error = document.get("error")
    inner = error if isinstance(error, dict) else document
    told = (inner.get("message"), inner.get("detail"), error)
    return next((text for text in told if isinstance(text, str) and text), "")


def _choice(document: Mapping[str, Any]) -> Mapping[str, Any] | None:
    choices = document.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    return first if isinstance(first, dict) else None


def _spoken(message: Mapping[str, Any]) -> str:
    for name in (*_SPOKEN, "text"):
        text = message.get(name)
        if isinstance(text, str) and text:
            return text
    return ""


def _usage(document: Mapping[str, Any]) -> tuple[int | None, int | None]:
    usage = document.get("usage")
    if not isinstance(usage, dict):
        return None, None
    return _count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens"))


def _count(value: Any) -> int | None:
    most = 10**9  # beyond any context
    return value if type(value) is int and 0 < value < most else None


def _wrong(what: str) -> NoReturn:
    raise WrongAnswer(what)
