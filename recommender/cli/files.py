"""The files that a user names: models on this disk, and what is written."""

import os
import re
import shlex
from pathlib import Path

from recommender.errors import InputError, printable, visible

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
    return os.path.abspath(here) if relative or os.path.exists(here) else model  # noqa: PTH100, PTH110


def named(text: str, file: str) -> str:
    """A file whose head says how to start it, with its own name where targets write ``FILE``."""
    if visible(file) != file:
        return text
    name = shlex.quote(f"./{file}" if file.startswith("-") else file)
    return _HEAD.sub(lambda line: _ITSELF.sub(lambda _: name, line[0]), text)


def save(file: str, text: str, *, force: bool, mark: bool = False) -> None:
    """Write a result to the file that was named.

    With ``mark``, text beyond ASCII begins with a byte order mark: Windows PowerShell takes a
    script without one for text in the system's code page.

    Raises:
        InputError: it names no file, is there already without ``force``, or cannot be written.
    """
    encoding = "utf-8-sig" if mark and not text.isascii() else "utf-8"
    path = Path(file)
    if not file or path.is_dir():
        message = f"-o '{printable(file)}' names no file; give the file's own name, or - to print"
        raise InputError(message)
    try:
        with path.open("w" if force else "x", encoding=encoding, newline="\n") as stream:
            stream.write(text)
    except FileExistsError as error:
        message = f"{printable(file)} exists; --force overwrites it"
        raise InputError(message) from error
    except OSError as error:
        message = f"{printable(file)} cannot be written ({error.strerror})"
        raise InputError(message) from error
