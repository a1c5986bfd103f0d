"""Writing results: to standard output alone, without colour codes for pipes."""

import codecs
import io
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from recommender.cli.inputs import one_of

if TYPE_CHECKING:
    from rich.console import Console


FORMS = ("table", "json", "yaml", "csv", "markdown", "name")


def chosen(output: str, *, json: bool, known: tuple[str, ...] = FORMS) -> str:
    """The form of the result; ``--json`` is short for ``-o json``.

    Raises:
        InputError: an unknown form.
    """
    return "json" if json else one_of("--output", output, known)


# What stands for a sign where the encoding of a stream lacks it.
_PLAIN = str.maketrans({"→": "->", "↑": "^", "↓": "v", "≈": "~", "·": "-", "…": "...", "≠": "!="})


_MOST_DIGITS = 4


def _plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end].translate(_PLAIN)
    return text.encode("ascii", "backslashreplace").decode(), error.end


def prepare() -> None:
    """Make the standard streams write every character, whatever their encoding.

    A width or height of the environment that no terminal has is dropped.

    A sign that the encoding lacks is written in ASCII, any other character as an escape.

    A stream that the caller closed is replaced by one that goes nowhere.
    """
    for name in ("COLUMNS", "LINES"):
        size = os.environ.get(name, "")
        # What no terminal has is asked of the terminal itself.
        if not (size.isascii() and size.isdecimal() and len(size) <= _MOST_DIGITS):
            os.environ.pop(name, None)
    nowhere = Path(os.devnull)
    sys.stdin = sys.stdin or nowhere.open(encoding="utf-8")  # lives as long as we
    sys.stdout = sys.stdout or nowhere.open("w", encoding="utf-8")
    sys.stderr = sys.stderr or nowhere.open("w", encoding="utf-8")
    codecs.register_error("llmpick", _plain)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="llmpick")


def complain(text: str) -> None:
    """Write to standard error; where that takes nothing, the exit code alone tells."""
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def abandon() -> None:
    """Give up standard output, so that nothing fails again when the process ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def write(text: str) -> None:
    """A result and a line end."""
    sys.stdout.write(f"{text}\n")


def written(value: object, form: str) -> bool:
    """Whether ``form`` is one for programs and documents, in which the result was now written."""
    if form == "json":
        write_json(value)
        return True
    if form in {"table", "name"}:
        return False
    from recommender.render import forms

    write({"yaml": forms.as_yaml, "csv": forms.as_csv, "markdown": forms.as_markdown}[form](value))
    return True


def write_json(value: object) -> None:
    """A result as JSON: indented for a terminal, on one line for a pipe."""
    from recommender.render.document import json_parts

    for part in json_parts(value, indent=sys.stdout.isatty()):
        sys.stdout.write(part)
    sys.stdout.write("\n")


def console() -> "Console":
    """Where tables go; rich follows NO_COLOR, FORCE_COLOR and TERM, and 80 columns in a pipe."""
    from rich.console import Console

    narrow = os.environ.get("COLUMNS") == "0"
    return Console(highlight=False, markup=False, emoji=False, width=80 if narrow else None)
