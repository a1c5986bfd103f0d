"""Writing results: to standard output alone, without colour codes for pipes."""

import sys
from typing import TYPE_CHECKING

from recommender.cli.inputs import one_of

if TYPE_CHECKING:
    from rich.console import Console


def chosen(output: str, *, json: bool, known: tuple[str, ...] = ("table", "json", "name")) -> str:
    """The form of the result; ``--json`` is short for ``-o json``.

    Raises:
        InputError: an unknown form.
    """
    return "json" if json else one_of("--output", output, known)


def write(text: str) -> None:
    """A result and a line end."""
    sys.stdout.write(f"{text}\n")


def write_json(value: object) -> None:
    """A result as JSON: indented for a terminal, on one line for a pipe."""
    from recommender.render.document import as_json

    write(as_json(value, indent=sys.stdout.isatty()))


def console() -> "Console":
    """Where tables go; rich follows NO_COLOR, FORCE_COLOR and TERM, and 80 columns in a pipe."""
    from rich.console import Console

    return Console(highlight=False, markup=False, emoji=False)
