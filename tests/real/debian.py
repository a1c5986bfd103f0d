"""Packages of Debian sid in a private directory, without root and without touching the system.

The mirror, its signing key and any proxy are those that this machine's own apt uses: only the suite
is replaced. apt gets its own lists, cache and status file, so nothing is installed and no lock of
the system is taken.
"""

import os
import re
import shlex
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from email.parser import Parser
from pathlib import Path

SECONDS_IN_TOTAL = 300.0
"""How long one call of :func:`unpack` may take, downloads included."""

_APT_DIRECTORY = Path("/etc/apt")
_OS_RELEASE = Path("/etc/os-release")
_ROLLING_SUITES = frozenset({"stable", "testing", "unstable", "sid"})
_ONE_LINE = re.compile(
    r"\s*deb\s+(?:\[(?P<options>[^\]]*)\]\s*)?(?P<uri>[^\s#]+)\s+(?P<suite>[^\s#]+)"
    r"(?P<components>[^#]*)",
)
_USED_BY_MAINTAINER_SCRIPTS_ONLY = ("debconf", "wget")

_APT_CONF = """\
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear APT::Update::Pre-Invoke;
APT::Default-Release "";
APT::Update::Error-Mode "any";
APT::Architectures "{architecture}";
APT::Install-Recommends "false";
Acquire::Languages "none";
Acquire::Retries "2";
Acquire::http::Timeout "30";
Acquire::https::Timeout "30";
Dir::Cache "{work}/cache";
Dir::State "{work}/state";
Dir::State::status "{work}/state/status";
Dir::Etc::sourcelist "{work}/sid.sources";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
"""

# Other targets (Contents for apt-file, AppStream) would cost hundreds of megabytes.
_SID = """\
Types: deb
URIs: {uris}
Suites: sid
Components: main
Targets: Packages
"""

_INSTALLED = """\
Package: {name}
Status: install ok installed
Architecture: {architecture}
Version: 999
"""


class Unavailable(Exception):  # noqa: N818 - a state of this machine, not an error of ours
    """The packages cannot be had here; the text says why."""


@dataclass(frozen=True, slots=True)
class Source:
    """One entry of apt's sources. ``signed_by`` is a path, a fingerprint or a whole key block."""

    uris: str
    suites: frozenset[str]
    components: frozenset[str]
    signed_by: str | None = None


def unpack(packages: Sequence[str], root: Path, *, alone: bool = False) -> None:
    """Unpack ``packages`` of sid and the libraries that they need, down to libc, into ``root``.

    With ``alone`` nothing that they depend on comes along.

    Raises:
        Unavailable: apt, dpkg-deb, a Debian mirror, the network or a package is missing, or it took
            longer than ``SECONDS_IN_TOTAL``.

    """
    deadline = time.monotonic() + SECONDS_IN_TOTAL
    with tempfile.TemporaryDirectory(prefix="llmpick-apt-") as name:
        work = Path(name)
        _set_up(work, _run(["dpkg", "--print-architecture"], deadline).strip())
        _download(packages, work, deadline, alone=alone)
        for archive in sorted((work / "cache/archives").glob("*.deb")):
            _run(["dpkg-deb", "-x", str(archive), str(root)], deadline)


def read_one_line_sources(text: str) -> Iterator[Source]:
    """Read the ``deb [options] uri suite component...`` lines of a ``sources.list``."""
    for line in text.splitlines():
        if found := _ONE_LINE.match(line):
            words = (found["options"] or "").split()
            options = dict(word.split("=", 1) for word in words if "=" in word)
            components = frozenset(found["components"].split())
            yield Source(
                found["uri"], frozenset({found["suite"]}), components, options.get("signed-by")
            )


def read_deb822_sources(text: str) -> Iterator[Source]:
    """Read the stanzas of a ``.sources`` file; disabled ones and source packages are left out."""
    without_comments = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for stanza in re.split(r"\n\s*\n", without_comments):
        fields = Parser().parsestr(stanza.strip("\n"), headersonly=True)
        if "deb" in fields.get("Types", "").split() and fields.get("Enabled", "yes") == "yes":
            suites, components = (fields.get(key, "").split() for key in ("Suites", "Components"))
            yield Source(
                " ".join(fields.get("URIs", "").split()),
                frozenset(suites),
                frozenset(components),
                fields.get("Signed-By"),
            )


def debian_mirrors(sources: Iterable[Source], codename: str | None) -> list[Source]:
    """Return the entries that may be Debian's main archive, the likeliest first.

    Its own suite tells an entry; but other publishers name a suite of theirs after the release, or
    "stable", too. So the rest is a question of trying which one has sid.
    """
    suites = _ROLLING_SUITES | ({codename} if codename else set())
    candidates = [
        source
        for source in sources
        if suites & source.suites
        and "main" in source.components
        and not source.uris.startswith(("cdrom:", "file:"))
    ]
    return sorted(candidates, key=lambda source: not source.uris.rstrip("/").endswith("/debian"))


def _set_up(work: Path, architecture: str) -> None:
    # apt fetches as the user _apt, who could not enter a directory of mode 0700.
    work.chmod(0o755)
    for directory in ("cache/archives/partial", "state/lists/partial"):
        (work / directory).mkdir(parents=True)
    (work / "apt.conf").write_text(_APT_CONF.format(work=work, architecture=architecture))
    (work / "state/status").write_text(
        "\n".join(
            _INSTALLED.format(name=name, architecture=architecture)
            for name in _USED_BY_MAINTAINER_SCRIPTS_ONLY
        ),
    )


def _download(packages: Sequence[str], work: Path, deadline: float, *, alone: bool) -> None:
    archives = work / "cache/archives"
    wish = ["download", *packages] if alone else ["-y", "--download-only", "install", *packages]
    apt_get = ["apt-get", "-c", str(work / "apt.conf"), "-qq"]
    reasons = []
    for mirror in debian_mirrors(_system_sources(), _codename()):
        signed_by = f"Signed-By: {mirror.signed_by}\n" if mirror.signed_by else ""
        (work / "sid.sources").write_text(_SID.format(uris=mirror.uris) + signed_by)
        try:
            _run([*apt_get, "update"], deadline)
            _run([*apt_get, *wish], deadline, archives)
        except Unavailable as reason:
            reasons.append(str(reason))
        else:
            return
    raise Unavailable("; ".join(reasons) or "apt has no source of Debian's main archive here")


def _system_sources() -> Iterator[Source]:
    parts = _APT_DIRECTORY / "sources.list.d"
    for path in [_APT_DIRECTORY / "sources.list", *sorted(parts.glob("*.list"))]:
        if path.is_file():
            yield from read_one_line_sources(path.read_text())
    for path in sorted(parts.glob("*.sources")):
        yield from read_deb822_sources(path.read_text())


def _codename() -> str | None:
    text = _OS_RELEASE.read_text() if _OS_RELEASE.is_file() else ""
    found = re.search(r'^VERSION_CODENAME="?([^"\n]+)', text, re.MULTILINE)
    return found[1] if found else None


def _run(argv: Sequence[str], deadline: float, folder: Path | None = None) -> str:
    try:
        done = subprocess.run(
            argv,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            cwd=folder,
            timeout=max(deadline - time.monotonic(), 0.1),
            env=os.environ | {"LC_ALL": "C.UTF-8"},
        )
    except FileNotFoundError as error:
        message = f"{argv[0]} is not on this machine"
        raise Unavailable(message) from error
    except subprocess.TimeoutExpired as error:
        message = f"{argv[0]} did not end within the {SECONDS_IN_TOTAL:.0f} s for everything"
        raise Unavailable(message) from error
    if done.returncode:
        said = " ".join(done.stderr.split())[-600:]
        message = f"{shlex.join(argv)} ended with {done.returncode}: {said}"
        raise Unavailable(message)
    return done.stdout
