"""Where a server is, from the URL that somebody typed."""

from ipaddress import ip_address
from typing import NoReturn
from urllib.parse import SplitResult, urlsplit

from recommender.errors import InputError, printable
from recommender.facts.noun import noun

_PORTS = {"http": 80, "https": 443}
# What people copy from a client's settings or from a curl line.
_ENDPOINTS = ("/chat/completions", "/completions", "/models", "/v1")


@noun
class Address:
    """A server; ``prefix`` is the path before ``/v1``, empty or starting with a slash."""

    scheme: str
    host: str
    port: int
    prefix: str = ""

    @property
    def text(self) -> str:
        """The URL without ``/v1``."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}{self.prefix}"

    @property
    def local(self) -> bool:
        """Whether it is this machine by its name or number; nothing is looked up."""
        if self.host == "localhost":
            return True
        try:
            number = ip_address(self.host)
        except ValueError:
            return False
        return number.is_loopback or number.is_unspecified


def address(text: str) -> Address:
    """The address that a URL names, with or without ``http://`` and ``/v1``.

    Raises:
        InputError: it is no URL of a server, or it holds a password.
    """
    url = text.strip()
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        port = parts.port
    except ValueError:
        _refuse(text, "is no URL of a server")
    _check(text, parts)
    return Address(
        scheme=parts.scheme,
        host=(parts.hostname or "").rstrip("."),
        port=port or _PORTS[parts.scheme],
        prefix=_prefix(parts.path),
    )


def _check(text: str, parts: SplitResult) -> None:
    if parts.scheme not in _PORTS:
        _refuse(text, "starts with neither http:// nor https://")
    if "@" in parts.netloc:
        # The URL itself would show the password.
        message = "the URL holds a user name or password; name a variable with --api-key-env"
        raise InputError(message)
    host = parts.hostname or ""
    if not host or not (host + parts.path).isascii() or not (host + parts.path).isprintable():
        _refuse(text, "is no URL of a server")
    if " " in host + parts.path or parts.query or parts.fragment or parts.port == 0:
        _refuse(text, "is no URL of a server")


def _prefix(path: str) -> str:
    found = path.rstrip("/")
    for ending in _ENDPOINTS:
        found = found.removesuffix(ending).rstrip("/")
    return found


def _refuse(text: str, why: str) -> NoReturn:
    message = f"'{printable(text)}' {why}; it looks like http://127.0.0.1:8000"
    raise InputError(message)
