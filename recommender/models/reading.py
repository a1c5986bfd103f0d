"""Bytes of weight files, from a disk or from a hub, a bounded piece at a time."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

from recommender.errors import InputError, printable
from recommender.facts.noun import noun

# One read; what is longer is read in steps.
STEP = 256 * 1024


class Source(Protocol):
    """One file: ``name`` is for sentences, ``size`` in bytes."""

    @property
    def name(self) -> str:
        """What a sentence calls it."""

    @property
    def size(self) -> int:
        """Its bytes."""

    def read(self, at: int, count: int) -> bytes:
        """``count`` bytes from ``at`` on, fewer at the end of the file.

        Raises:
            InputError: they cannot be read.
        """


class Files(Protocol):
    """The files of one folder or repository."""

    @property
    def name(self) -> str:
        """What a sentence calls it."""

    def sizes(self) -> Mapping[str, int]:
        """The bytes of each file by its name, folders below left out."""

    def source(self, name: str) -> Source:
        """One of them."""

    def inside(self, identity: str, name: str, /) -> str:
        """What a server is given for one file of what was called ``identity``."""

    def ahead(self, names: Iterable[str]) -> None:
        """Whatever makes reading the beginnings of these files faster."""


@noun
class LocalFile:
    """A file on this machine."""

    path: Path
    size: int

    @property
    def name(self) -> str:
        """Its path."""
        return printable(self.path)

    def read(self, at: int, count: int) -> bytes:
        """Up to ``count`` bytes from ``at`` on.

        Raises:
            InputError: the file cannot be read.
        """
        try:
            with self.path.open("rb", buffering=0) as file:
                file.seek(at)
                return file.read(count) or b""
        except OSError as error:
            raise unreadable(self.path, error) from error


@noun
class LocalFolder:
    """A folder on this machine; ``typed`` is how it was called."""

    path: Path
    typed: str

    @property
    def name(self) -> str:
        """Its path."""
        return printable(self.path)

    def sizes(self) -> Mapping[str, int]:
        """The bytes of its regular files.

        Raises:
            InputError: the folder cannot be read.
        """
        try:
            return {
                item.name: item.stat().st_size
                for item in sorted(self.path.iterdir())
                if item.is_file()
            }
        except OSError as error:
            raise unreadable(self.path, error) from error

    def source(self, name: str) -> Source:
        """One of its files."""
        return local_file(self.path / name)

    def inside(self, _: str, name: str) -> str:
        """The path of the file, beginning as it was typed."""
        joint = "" if not self.typed or self.typed.endswith(("/", "\\")) else "/"
        return f"{self.typed}{joint}{name}"

    def ahead(self, names: Iterable[str]) -> None:
        """Nothing: a disk is fast enough."""


def local_file(path: Path) -> Source:
    """The file at ``path``.

    Raises:
        InputError: it cannot be read.
    """
    try:
        return LocalFile(path=path, size=path.stat().st_size)
    except OSError as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: OSError) -> InputError:
    """What is said of a file that the system does not give."""
    return InputError(f"--model {printable(path)}: cannot be read ({error.strerror})")


def exactly(source: Source, at: int, count: int) -> bytes:
    """``count`` bytes from ``at`` on, in bounded steps.

    Raises:
        InputError: the file ends before, or cannot be read.
    """
    if at + count > source.size:
        raise cut_off(source)
    parts = []
    while count > 0:
        part = source.read(at, min(count, STEP))
        if not part:
            raise cut_off(source)
        parts.append(part)
        at, count = at + len(part), count - len(part)
    return b"".join(parts)


def cut_off(source: Source) -> InputError:
    """What is said of a file that ends too early."""
    return wrong(source, "is cut off; download it again")


def wrong(source: Source, what: str) -> InputError:
    """A sentence about one file."""
    return InputError(f"--model {source.name}: {what}")
