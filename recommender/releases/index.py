"""The Python package index as the user's pip has it: files of packages, and their releases.

Sources: PEP 503 (pages of links), PEP 592 (yanked files), PEP 691 and 700 (the same as JSON).
"""

import configparser
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag, urljoin

from recommender.errors import InputError, printable
from recommender.facts.noun import noun
from recommender.facts.release import Feed, Newest
from recommender.patterns import lazily
from recommender.releases import web
from recommender.versions import rank

_JSON = "application/vnd.pypi.simple.v1+json"
_ACCEPT = f"{_JSON}, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
_DAY = lazily(r"\d{4}-\d{2}-\d{2}")
_SETTINGS = ("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL")
_TRUE = frozenset(("1", "on", "yes", "true"))


@noun
class File:
    """One file of a release; ``day`` is when it was uploaded, ``size`` its bytes."""

    name: str
    address: str
    version: str
    day: str | None = None
    size: int | None = None
    yanked: bool = False
    pythons: str | None = None

    @property
    def is_wheel(self) -> bool:
        """Whether it is a wheel and no archive of sources."""
        return self.name.endswith(".whl")


def address() -> str:
    """The index of the user's pip or uv: a variable, pip's configuration, else pip's own one.

    Raises:
        InputError: PIP_NO_INDEX forbids to ask any, or nothing here names one.
    """
    if os.environ.get("PIP_NO_INDEX", "").lower() in _TRUE:
        message = "PIP_NO_INDEX forbids to ask the package index; unset it"
        raise InputError(message)
    named = (os.environ.get(name) for name in _SETTINGS)
    found = next(filter(None, (*named, _configured(), _of_pip())), None)
    if found is None:
        message = "nothing here names a package index; set PIP_INDEX_URL to its address"
        raise InputError(message)
    return found.rstrip("/")


def _of_pip() -> str | None:
    """The index that pip asks by itself; None where there is no pip, as in uv's environments."""
    try:
        shipped = import_module("pip._internal.models.index")
    except ImportError:
        return None
    return str(shipped.PyPI.simple_url)


def _configured() -> str | None:
    """``index-url`` of the first of pip's configuration files that has one (pip's own order)."""
    for path in _files():
        parser = configparser.RawConfigParser()
        try:
            parser.read(path, encoding="utf-8")
        except (OSError, configparser.Error, UnicodeDecodeError):
            continue
        found = parser.get("global", "index-url", fallback=None)
        if found:
            return found.strip()
    return None


def _files() -> Iterator[Path]:
    if named := os.environ.get("PIP_CONFIG_FILE"):
        yield Path(named)
    name = "pip.ini" if sys.platform == "win32" else "pip.conf"
    yield Path(sys.prefix) / name
    home = os.path.expanduser("~")  # noqa: PTH111  # raises nothing without a home
    settings = os.environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")  # noqa: PTH118  # as above
    folders = [settings, os.environ.get("APPDATA"), f"{home}/Library/Application Support"]
    yield from (Path(folder) / "pip" / name for folder in folders if folder)
    yield from (Path(home) / ".pip" / name, Path("/etc/xdg/pip") / name, Path("/etc") / name)


def files(index: str, package: str, timeout_s: float = web.TIMEOUT_S) -> tuple[File, ...]:
    """Every file of a package.

    Raises:
        InputError: the index cannot be reached or has no such package.
    """
    page = f"{index}/{package}/"
    text = web.read(web.request(page, _ACCEPT), timeout_s)
    if text.lstrip()[:1] == b"{":
        return tuple(_from_json(web.document(text, page), page))
    return tuple(_from_links(text.decode("utf-8", "replace"), page))


def _from_json(document: Any, page: str) -> Iterator[File]:
    listed = document.get("files") if isinstance(document, dict) else None
    for item in listed if isinstance(listed, list) else ():
        name, url = (_text(item, key) for key in ("filename", "url"))
        if name and url:
            found = _DAY.match(_text(item, "upload-time") or "")
            size = item.get("size")
            yield File(
                name=name,
                address=urldefrag(urljoin(page, url)).url,
                version=_version(name),
                day=found[0] if found else None,
                size=size if isinstance(size, int) else None,
                yanked=item.get("yanked", False) is not False,
                pythons=_text(item, "requires-python"),
            )


def _text(item: Any, key: str) -> str | None:
    value = item.get(key) if isinstance(item, dict) else None
    return value if isinstance(value, str) and value.isprintable() else None


class _Links(HTMLParser):
    """The links of a page: their attributes, and the file that the address names."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Mapping[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.found.append(dict(attrs))


def _from_links(page: str, address: str) -> Iterator[File]:
    links = _Links()
    links.feed(page)
    for link in links.found:
        url = urldefrag(urljoin(address, link.get("href") or "")).url
        name = url.rpartition("/")[2]
        if name.isprintable() and _version(name):
            yield File(
                name=name,
                address=url,
                version=_version(name),
                yanked="data-yanked" in link,
                pythons=link.get("data-requires-python"),
            )


def _version(name: str) -> str:
    """The version in the name of a wheel or of an archive of sources; empty for other files."""
    if name.endswith(".whl"):
        return name.split("-")[1] if name.count("-") > 1 else ""
    stem = re.sub(r"\.(tar\.\w+|zip)$", "", name)
    return "" if stem == name else stem.rpartition("-")[2]


def newest(feed: Feed, found: Iterable[File]) -> Newest:
    """The newest release that is not yanked.

    Raises:
        InputError: there is none.
    """
    days: dict[str, str | None] = {}
    for file in sorted(found, key=lambda file: file.day or ""):
        if not file.yanked and rank(file.version):
            days.setdefault(file.version, file.day)
    return latest(feed, days)


def latest(feed: Feed, days: Mapping[str, str | None]) -> Newest:
    """The newest of some releases, as the feed spells versions.

    Raises:
        InputError: none of them is a release.
    """
    spelt = {}
    for name, day in days.items():
        match = re.fullmatch(feed.tag, name)
        if match and rank(match[1]):
            spelt[f"{feed.prefix}{match[1]}"] = day
    if not spelt:
        message = f"{printable(feed.name)} has no release that is neither a trial nor yanked"
        raise InputError(message)
    last = max(spelt, key=lambda version: rank(version) or ((), 0))
    return Newest(version=last, day=spelt[last])
