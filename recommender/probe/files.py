"""Bounded reading of small files below a root folder; whatever cannot be read is None."""
# pathlib is not used: importing it takes longer than the whole probe.
# ruff: noqa: PTH110, PTH113, PTH115, PTH117, PTH118, PTH119, PTH208

import os

LIMIT = 1 << 20
_FLAGS = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
# Without O_NONBLOCK a FIFO in the place of a file would hold the probe for ever.
_NEVER_WAIT = getattr(os, "O_NONBLOCK", 0)


class Files:
    """The files of a computer, as seen below ``root`` (``/`` is the computer itself).

    ``opened`` collects the names that were there, for whoever asks where a fact was read.
    """

    __slots__ = ("opened", "root")

    def __init__(self, root: "str | os.PathLike[str]" = "/") -> None:
        """Take names below ``root`` from now on."""
        self.root = os.fspath(root).rstrip("/")
        self.opened: set[str] = set()

    def path(self, name: str) -> str:
        """Where ``name`` lies on this host; a Windows path with its drive is taken as it is."""
        if not self.root and name[1:2] == ":":
            return name
        return f"{self.root}/{name.lstrip('/')}"

    def text(self, name: str, limit: int = LIMIT) -> str | None:
        """At most ``limit`` bytes of a UTF-8 text; None if it is not there, denied or binary."""
        try:
            descriptor = os.open(self.path(name), _FLAGS | _NEVER_WAIT)
            try:
                text = _read(descriptor, limit).decode()
            finally:
                os.close(descriptor)
        except (OSError, ValueError):
            return None
        self.opened.add(name)
        return text

    def line(self, name: str) -> str | None:
        """The first line of a file, printable characters only; None where it is empty."""
        text = self.text(name, 4096)
        return clean(text.partition("\n")[0]) or None if text else None

    def integer(self, name: str) -> int | None:
        """The number that a file consists of."""
        return integer(self.line(name))

    def names(self, name: str) -> list[str]:
        """Names in a folder in order; empty where it cannot be listed."""
        try:
            names = sorted(os.listdir(self.path(name)))
        except (OSError, ValueError):
            return []
        self.opened.add(name)
        return names

    def exists(self, name: str) -> bool:
        """Whether there is such a file, folder or device."""
        found = os.path.exists(self.path(name))
        if found:
            self.opened.add(name)
        return found

    def openable(self, name: str) -> bool:
        """Whether this user may read and write it, as programs must that use a device node."""
        return os.access(self.path(name), os.R_OK | os.W_OK)

    def link(self, name: str) -> str | None:
        """The last part of a symbolic link's target: sysfs names the driver of a device so."""
        try:
            return clean(os.path.basename(os.readlink(self.path(name)))) or None
        except (OSError, ValueError):
            return None


def integer(text: str | None) -> int | None:
    """A decimal or ``0x`` number; None where the text is not one."""
    if not text:
        return None
    try:
        return int(text, 16 if text.lower().startswith("0x") else 10)
    except ValueError:
        return None


def clean(text: str, limit: int = 200) -> str:
    """``text`` without control characters: names from devices and files may be hostile."""
    return "".join(c for c in text if c.isprintable()).strip()[:limit]


def which(name: str, path: str) -> str | None:
    """Absolute path of the first program ``name`` in the folders of ``path``."""
    for folder in path.split(os.pathsep):
        # A relative folder would let the current directory choose what is run.
        candidate = os.path.join(folder, name)
        if os.path.isabs(folder) and os.path.isfile(candidate) and os.access(candidate, os.X_OK):
            return candidate
    return None


def _read(descriptor: int, limit: int) -> bytes:
    parts = []
    while limit > 0 and (part := os.read(descriptor, min(limit, 1 << 16))):
        parts.append(part)
        limit -= len(part)
    return b"".join(parts)
