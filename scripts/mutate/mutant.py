"""What a mutant is: one change of one file, and how it comes about in this process."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Mutant:
    """One change; ``install`` makes it in this process, of which there is no way back.

    ``place`` is what encloses it: a function or constant of a module, a rule or platform of the
    knowledge. ``lines`` are the first and the last line that it stands on.
    """

    path: Path
    lines: tuple[int, int]
    place: str
    what: str
    install: Callable[[], None]

    def __str__(self) -> str:
        """File, line and change, as survivors are listed."""
        return f"{self.path.relative_to(ROOT)}:{self.lines[0]} {self.place}: {self.what}"
