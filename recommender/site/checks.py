"""What is wrong in the files of a site, each with its file and line, and values that are right."""

import math
from collections.abc import Collection, Iterable
from typing import Any

from recommender.errors import nearest, printable
from recommender.site.tree import Node

# Texts are shown on a line or two of a terminal.
_LONGEST = 400
_LARGEST = 1e15


class Findings:
    """Collects what is wrong; a value that is wrong is left out, so that the rest is looked at."""

    def __init__(self) -> None:
        """Nothing is wrong so far."""
        self._found: dict[tuple[str, int, str], None] = {}

    def __len__(self) -> int:
        """How many there are."""
        return len(self._found)

    def places(self) -> list[tuple[str, str]]:
        """Where something is wrong, and what, in the order of files and lines."""
        return [
            (f"{file}:{line}" if line else file, what) for file, line, what in sorted(self._found)
        ]

    def add(self, node: Node, what: str) -> None:
        """One sentence about what stands there."""
        self.note(node.file, node.line, what)

    def note(self, file: str, line: int, what: str) -> None:
        """The same by file and line; line 0 is the whole file."""
        self._found[file, line, what] = None

    def mapping(self, node: Node, known: Collection[str]) -> dict[str, Node]:
        """The values by those of its keys that are known."""
        if not isinstance(node.value, dict):
            names = ", ".join(sorted(known)[:12])
            self.add(node, f"keys with values are expected here, such as {names}")
            return {}
        for key, value in node.value.items():
            if key not in known:
                hint = nearest(key, known) or f"; known are {', '.join(sorted(known)[:40])}"
                self.add(value, f"there is no key '{printable(key)}' here{hint}")
        return {key: value for key, value in node.value.items() if key in known}

    def items(self, node: Node) -> list[Node]:
        """The entries of a list."""
        if isinstance(node.value, list):
            return node.value
        self.add(node, "a list is expected here: lines that begin with a dash")
        return []

    def several(self, node: Node) -> list[str]:
        """One text or a list of texts."""
        nodes = node.value if isinstance(node.value, list) else [node]
        if not nodes:
            self.add(node, "this list is empty")
        found = ((inner, self.text(inner)) for inner in nodes)
        return [text for _, text in found if text is not None]

    def text(self, node: Node) -> str | None:
        """A text of printable characters; a number counts as it was written."""
        if node.text is None or not node.text.strip():
            self.add(node, "a text is expected here")
        elif not node.text.strip("\n").isprintable():
            self.add(node, "the text holds a line break or an invisible character")
        elif len(node.text) > _LONGEST:
            self.add(node, f"the text is longer than {_LONGEST} characters")
        else:
            return node.text.strip()
        return None

    def one_of(self, node: Node, known: Iterable[str]) -> str | None:
        """One of the known words."""
        text, options = self.text(node), list(known)
        if text is None or text in options:
            return text
        hint = nearest(text, options) or f"; known are {', '.join(options[:40])}"
        self.add(node, f"'{printable(text)}' is unknown{hint}")
        return None

    def number(self, node: Node, least: float = 0, most: float = _LARGEST) -> float | None:
        """A number from ``least`` to ``most``."""
        value: Any = node.value
        usable = isinstance(value, (int, float)) and not isinstance(value, bool)
        if usable and math.isfinite(value) and least <= value <= most:
            return value  # type: ignore[no-any-return]
        self.add(node, f"a number from {least:g} to {most:g} is expected here")
        return None

    def truth(self, node: Node) -> bool | None:
        """``true`` or ``false``."""
        if isinstance(node.value, bool):
            return node.value
        self.add(node, "true or false is expected here")
        return None
