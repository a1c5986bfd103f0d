"""The files that a user names: models on this disk, and what is written."""

import os
import re
import shlex
from pathlib import Path

from recommender.errors import InputError, printable, visible

# A name of 255 bytes is the longest; another one is made of its beginning.
_SHORT = 40
_BINARY = getattr(os, "O_BINARY", 0)
_HEAD = re.compile(r"^#.*$", re.MULTILINE)
_ITSELF = re.compile(r"(?<= )FILE(?=[ ,，]|$)")  # noqa: RUF001  # Chinese, as a translation has it


def placed(model: str | None, *, elsewhere: bool) -> str | None:
    """A model on this disk by its whole path, for a container and a service know no other."""
    if model is None:
        return None
    if visible(model) != model:
        message = f"--model '{printable(model)}' holds invisible characters"
        raise InputError(message)
    relative = model.startswith(("~", "./", "../", ".\\", "..\\")) or model.endswith(".gguf")
    if elsewhere:
        if relative and not model.startswith("/"):
            name = printable(model)
            message = f"--model '{name}' is of this machine: give its absolute path on the others"
            raise InputError(message)
        return model
    here = os.path.expanduser(model)  # noqa: PTH111  # raises nothing without a home
    # What pathlib makes of a path keeps its "..", which a mount does not follow.
    try:
        return os.path.abspath(here) if relative or os.path.exists(here) else model  # noqa: PTH100, PTH110
    except OSError as error:
        message = (
            f"--model '{printable(model)}' cannot be found, for the working directory is gone; "
            "go to another one"
        )
        raise InputError(message) from error


def named(text: str, file: str) -> str:
    """A file whose head says how to start it, with its own name where targets write ``FILE``."""
    if visible(file) != file:
        return text
    name = shlex.quote(f"./{file}" if file.startswith("-") else file)
    return _HEAD.sub(lambda line: _ITSELF.sub(lambda _: name, line[0]), text)


def save(file: str, text: str, *, force: bool, mark: bool = False) -> None:
    """Write a result to the file that was named, as a whole or not at all.

    With ``mark``, text beyond ASCII begins with a byte order mark: Windows PowerShell takes a
    script without one for text in the system's code page.

    Raises:
        InputError: it names no file, is there already without ``force``, or cannot be written.
    """
    encoding = "utf-8-sig" if mark and not text.isascii() else "utf-8"
    # What the system hands over of a name that is no UTF-8 is written as it was.
    data = text.encode(encoding, errors="surrogateescape")
    path = Path(file)
    try:
        if not file or path.is_dir():
            message = (
                f"-o '{printable(file)}' names no file; give the file's own name, or - to print"
            )
            raise InputError(message)
        _write(path, data, force=force)
    except FileExistsError as error:
        message = f"{printable(file)} exists; --force overwrites it"
        raise InputError(message) from error
    except (OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        why = error.strerror if isinstance(error, OSError) else "no name of a file"
        message = f"{printable(file)} cannot be written ({why})"
        raise InputError(message) from error


def _write(path: Path, data: bytes, *, force: bool) -> None:
    if not force:
        _create(path, data)
    elif path.is_file() and os.access(path, os.W_OK) and os.access(path.parent, os.W_OK):
        _replace(path.resolve(), data)
    else:
        # A device, a pipe, a new file, one in a folder that takes no other: there is no way around.
        with path.open("wb", buffering=0) as stream:
            _all(stream.fileno(), data)


def _create(path: Path, data: bytes) -> None:
    """A new file; nothing is left of one that could not be written to its end."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o666)
    try:
        try:
            _all(descriptor, data)
        finally:
            os.close(descriptor)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _replace(path: Path, data: bytes) -> None:
    """Another content of a file, which keeps its old one until the new one is whole."""
    beside = path.with_name(f".{path.name[:_SHORT]}.{os.getpid()}")
    mode = path.stat().st_mode
    _create(beside, data)
    try:
        beside.chmod(mode)
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _all(descriptor: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]
