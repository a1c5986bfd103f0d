"""HTTP with one server that may be anything: every read is bounded in bytes and in time."""

import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from threading import Timer
from types import TracebackType
from typing import Any, NoReturn

from recommender.errors import InputError, printable
from recommender.facts.noun import noun
from recommender.serving.address import Address

CONNECT_S = 10.0
_MOST_BYTES = 8 * 2**20
_LONGEST_LINE = 2**18
_DENIED = (401, 403)


class WrongAnswer(Exception):  # noqa: N818  # it is the server's error, not ours
    """The server answered, but not as an OpenAI-compatible one does; the message says how."""


@noun
class Key:
    """An API key and the variable that holds it.

    One that was not asked for by name is sent only to a server that wants a key.
    """

    value: str
    variable: str
    named: bool = False

    def __repr__(self) -> str:
        """Without the value, which no log may show."""
        return f"Key(variable={self.variable!r})"


@noun
class Reply:
    """A whole answer."""

    status: int
    body: bytes
    server: str = ""


class Client:
    """Talks to one server and never to another: it follows no redirect and uses no proxy."""

    def __init__(self, address: Address, timeout_s: float, key: Key | None = None) -> None:
        """Nothing is sent yet; ``timeout_s`` bounds a request with its whole answer."""
        self.address = address
        self.timeout_s = timeout_s
        self._key = key
        self._sends_key = bool(key and key.named)

    def get(self, path: str) -> Reply:
        """The answer to GET.

        Raises:
            InputError: the server cannot be reached or wants another key.
            WrongAnswer: it does not speak HTTP, answers too much or too slowly.
        """
        return self._whole("GET", path, None)

    def post(self, path: str, body: Mapping[str, Any]) -> Reply:
        """The answer to a POST of JSON; raises as ``get``."""
        return self._whole("POST", path, body)

    @contextmanager
    def stream(self, path: str, body: Mapping[str, Any]) -> Iterator[Reply | Iterator[bytes]]:
        """The lines of the answer to a POST as they arrive, or the whole one where it is no 200.

        Raises as ``get``.
        """
        with self._open("POST", path, body) as response:
            if response.status == 200:  # noqa: PLR2004  # OK
                yield _lines(response)
            else:
                yield _reply(response)

    def hidden(self, text: str) -> str:
        """``text`` without the key, should the server repeat it."""
        return text.replace(self._key.value, "***") if self._key else text

    def _whole(self, method: str, path: str, body: Mapping[str, Any] | None) -> Reply:
        with self._open(method, path, body) as response:
            return _reply(response)

    @contextmanager
    def _open(
        self, method: str, path: str, body: Mapping[str, Any] | None
    ) -> Iterator[HTTPResponse]:
        with self._send(method, path, body) as response:
            if response.status not in _DENIED or self._sends_key or self._key is None:
                self._check(response, path)
                yield response
                return
        self._may_send()
        self._sends_key = True
        with self._send(method, path, body) as response:
            self._check(response, path)
            yield response

    def _send(
        self, method: str, path: str, body: Mapping[str, Any] | None
    ) -> AbstractContextManager[HTTPResponse]:
        headers = {"Accept": "application/json, text/event-stream", "User-Agent": "llmpick"}
        if self._sends_key and self._key:
            headers["Authorization"] = f"Bearer {self._key.value}"
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        return _Exchange(self, method, self.address.prefix + path, data, headers)

    def _check(self, response: HTTPResponse, path: str) -> None:
        if 300 <= response.status < 400:  # noqa: PLR2004  # redirects
            where = printable(self.hidden(response.getheader("Location") or "nowhere"))
            message = f"{path} is redirected to {where}; if that is the server, give its URL"
            raise WrongAnswer(message)
        if response.status in _DENIED:
            self._denied(response.status)

    def _denied(self, status: int) -> NoReturn:
        if self._key is None:
            message = (
                f"the server wants a key ({status}); put it into LLMPICK_API_KEY, or name the "
                "variable that holds it with --api-key-env"
            )
        else:
            message = (
                f"the server refuses the key in {self._key.variable} ({status}); "
                "name the variable that holds the right one with --api-key-env"
            )
        raise InputError(message)

    def _may_send(self) -> None:
        """A key that happens to be in the environment goes to this machine or goes encrypted."""
        if self._key and self.address.scheme == "http" and not self.address.local:
            message = (
                f"the server wants a key, and {self._key.variable} would go to it unencrypted; "
                f"use https, or allow it with --api-key-env {self._key.variable}"
            )
            raise InputError(message)


class _Exchange:
    """One request; the connection is shut when its time is over, wherever it hangs."""

    def __init__(
        self,
        client: Client,
        method: str,
        path: str,
        data: bytes | None,
        headers: Mapping[str, str],
    ) -> None:
        self._client = client
        self._request = (method, path, data, dict(headers))
        self._late = False
        self._connection = _connection(client.address, client.timeout_s)
        self._timer = Timer(client.timeout_s, self._end)
        self._timer.daemon = True

    def __enter__(self) -> HTTPResponse:
        self._connect()
        self._timer.start()
        try:
            method, path, data, headers = self._request
            self._connection.request(method, path, data, headers)
            return self._connection.getresponse()
        except BaseException as error:
            self._close()
            self._explain(error)
            raise

    def __exit__(
        self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None
    ) -> None:
        self._close()
        # A connection that was shut looks like an answer that has ended.
        if error is not None or self._late:
            self._explain(error)

    def _connect(self) -> None:
        try:
            self._connection.connect()
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            message = (
                f"{printable(self._client.address.text)} cannot be reached "
                f"({printable(reason)}); is the server running there?"
            )
            raise InputError(message) from error
        self._socket = self._connection.sock
        self._socket.settimeout(self._client.timeout_s)

    def _end(self) -> None:
        self._late = True
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def _close(self) -> None:
        self._timer.cancel()
        self._connection.close()
        with suppress(OSError):
            self._socket.close()

    def _explain(self, error: BaseException | None) -> None:
        """Say what happened in the words of the protocol instead of those of a library."""
        path = self._request[1]
        if self._late or isinstance(error, TimeoutError):
            message = (
                f"{path} was not answered to its end within {self._client.timeout_s:g} s; "
                "give it longer with --timeout"
            )
            raise WrongAnswer(message) from error
        if isinstance(error, (OSError, HTTPException)):
            said = printable(self._client.hidden(str(error) or type(error).__name__))
            message = f"{path} is not answered in HTTP ({said})"
            raise WrongAnswer(message) from error


def _connection(address: Address, timeout_s: float) -> HTTPConnection:
    timeout = min(timeout_s, CONNECT_S)
    if address.scheme == "http":
        return HTTPConnection(address.host, address.port, timeout=timeout)
    return HTTPSConnection(address.host, address.port, timeout=timeout)


def _reply(response: HTTPResponse) -> Reply:
    body = response.read(_MOST_BYTES + 1)
    if len(body) > _MOST_BYTES:
        message = f"an answer is longer than {_MOST_BYTES // 2**20} MiB"
        raise WrongAnswer(message)
    return Reply(status=response.status, body=body, server=response.getheader("Server") or "")


def _lines(response: HTTPResponse) -> Iterator[bytes]:
    read = 0
    while line := response.readline(_LONGEST_LINE + 1):
        read += len(line)
        if len(line) > _LONGEST_LINE or read > _MOST_BYTES:
            message = "a stream sends more than any completion is long"
            raise WrongAnswer(message)
        yield line
