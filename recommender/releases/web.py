"""Documents from the web: bounded in time and size, through the proxies of the environment."""

import base64
import json
import os
import shutil
import ssl
import time
from functools import cache
from http.client import HTTPException
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import unquote, urlsplit, urlunsplit
from urllib.request import HTTPSHandler, OpenerDirector, Request, build_opener

from recommender import __version__
from recommender.errors import InputError, printable
from recommender.patterns import lazily

TIMEOUT_S = 10.0
# A list of files with thousands of nightly builds takes some MiB.
_MOST_BYTES = 32 * 2**20
_PIECE = 2**16
# Between two pieces of a large file.
_SILENCE_S = 60.0
_PARTIAL = 206
_SPAN = lazily(r"bytes \d+-\d+/(\d+)")
_DENIED, _LIMITED = (401, 407), (403, 429)


@cache
def opener() -> OpenerDirector:
    """What asks: proxies as HTTPS_PROXY and NO_PROXY say, certificates as PIP_CERT does."""
    context = ssl.create_default_context(cafile=os.environ.get("PIP_CERT") or None)
    return build_opener(HTTPSHandler(context=context))


def request(address: str, accept: str = "*/*", token: str | None = None) -> Request:
    """A request; a name and a password in the address become a header, a token another.

    Neither follows a redirect to another host.

    Raises:
        InputError: the address is none of the web.
    """
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        message = f"{shown(address)} is no address of the web; it begins with https://"
        raise InputError(message)
    host = parts.netloc.rpartition("@")[2]
    asked = Request(  # noqa: S310  # http and https alone
        urlunsplit((parts.scheme, host, parts.path, parts.query, "")),
        headers={"Accept": accept, "User-Agent": f"llmpick/{__version__}"},
    )
    if parts.username:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        basic = base64.b64encode(pair.encode()).decode()
        asked.add_unredirected_header("Authorization", f"Basic {basic}")
    elif token:
        asked.add_unredirected_header("Authorization", f"Bearer {token}")
    return asked


def shown(address: str) -> str:
    """An address for people: no name, no password, no query, no control character."""
    parts = urlsplit(address)
    host = parts.netloc.rpartition("@")[2]
    return printable(urlunsplit((parts.scheme, host, parts.path, "", "")), 120)


def read(asked: Request, timeout_s: float = TIMEOUT_S) -> bytes:
    """What an address answers, in ``timeout_s`` seconds all in all.

    Raises:
        InputError: it cannot be reached, refuses, takes too long, or sends too much.
    """
    address, until = shown(asked.full_url), time.monotonic() + timeout_s
    taken = bytearray()
    try:
        with opener().open(asked, timeout=timeout_s) as answer:
            while piece := answer.read1(_PIECE):
                taken += piece
                if len(taken) > _MOST_BYTES or time.monotonic() > until:
                    break
    except (OSError, HTTPException, ValueError) as error:
        raise InputError(_reason(address, error)) from error
    if len(taken) > _MOST_BYTES:
        message = f"{address} sends more than {_MOST_BYTES >> 20} MiB; check the address"
        raise InputError(message)
    if time.monotonic() > until:
        message = f"{address} takes more than {timeout_s:.0f} s; try again later"
        raise InputError(message)
    return bytes(taken)


class WholeOnly(Exception):  # noqa: N818  # it is no error: there is another way
    """A server that gives a file as a whole alone."""


def part(address: str, at: int, count: int) -> tuple[bytes, int]:
    """Bytes of a file, and how many the file has.

    Raises:
        InputError: the server does not give them.
        WholeOnly: it gives whole files alone.
    """
    asked = request(address)
    asked.add_header("Range", f"bytes={at}-{at + count - 1}")
    for last in (False, True):  # a connection may break once in a file of hundreds of MiB
        try:
            with opener().open(asked, timeout=_SILENCE_S) as answer:
                found = _SPAN.fullmatch(answer.headers.get("Content-Range", ""))
                if answer.status != _PARTIAL or found is None:
                    raise WholeOnly
                return answer.read(count), int(found[1])
        except (OSError, HTTPException, ValueError) as error:
            if last or isinstance(error, HTTPError):
                raise InputError(_reason(shown(address), error)) from error
    raise AssertionError


def copy(address: str, into: IO[bytes]) -> None:
    """All of a file.

    Raises:
        InputError: the server does not give it.
    """
    try:
        with opener().open(request(address), timeout=_SILENCE_S) as answer:
            shutil.copyfileobj(answer, into)
    except (OSError, HTTPException, ValueError) as error:
        raise InputError(_reason(shown(address), error)) from error


def _reason(address: str, error: Exception) -> str:
    if isinstance(error, HTTPError):
        error.close()  # it is the answer, too
        if error.code in _DENIED:
            return f"{address} asks for a password; check the address that pip is given"
        if error.code in _LIMITED:
            return f"{address} refuses (status {error.code}); for GitHub set GITHUB_TOKEN"
        return f"{address} answers with the status {error.code}; check the address"
    inner = error.reason if isinstance(error, URLError) else error
    why = getattr(inner, "strerror", None) or type(inner).__name__
    host = urlsplit(address).netloc
    return f"{host} cannot be reached ({printable(why)}); check the network and the proxy"


def document(text: bytes, address: str) -> Any:
    """A JSON document.

    Raises:
        InputError: it is none.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        message = f"{shown(address)} answers with something else than JSON; check the address"
        raise InputError(message) from error
