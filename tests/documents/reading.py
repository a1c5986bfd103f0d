"""What documents hold: code blocks, commands, headings, links."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
README = ROOT / "README.md"
CHINESE = ROOT / "README.zh-CN.md"
DOCUMENTS = (README, CHINESE, ROOT / "CONTRIBUTING.md", *sorted(DOCS.glob("*.md")))
# The two lines of the README that set an environment up; .ci/run runs them.
SET_UP = "python3 -m venv "

_FENCE = re.compile(r"^ *```(\S*)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s]+)\)|(?:src|srcset|href)=\"([^\"]+)\"")


@dataclass(frozen=True)
class Block:
    """A fenced block: its language and its text."""

    language: str
    text: str

    def commands(self) -> list[str]:
        """The commands in it: lines without comments, one with what a backslash continues.

        In a ``console`` block only lines after a prompt are commands; the others are output.
        """
        joined = re.sub(r"\\\n\s*", "", self.text)
        lines = [line.strip() for line in joined.splitlines()]
        if self.language == "console":
            return [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
        return [line for line in lines if line and not line.startswith("#")]


def blocks(path: Path, language: str | None = None) -> list[Block]:
    """The fenced blocks of a document, of one language or all."""
    found = _FENCE.findall(path.read_text(encoding="utf-8"))
    return [Block(name, dedent(text)) for name, text in found if language in {None, name}]


def commands(path: Path, language: str = "sh") -> list[str]:
    """The commands in the blocks of a language, without those that set an environment up."""
    found = [line for block in blocks(path, language) for line in block.commands()]
    return [line for line in found if not line.startswith(SET_UP)]


def headings(path: Path) -> list[tuple[int, str]]:
    """Level and text of every heading, in order."""
    text = _FENCE.sub("", path.read_text(encoding="utf-8"))
    return [(len(marks), title) for marks, title in re.findall(r"^(#+) (.+)$", text, re.MULTILINE)]


def links(path: Path) -> Iterator[str]:
    """The addresses that a document points to, in order."""
    for match in _LINK.finditer(_FENCE.sub("", path.read_text(encoding="utf-8"))):
        yield match[1] or match[2]


def anchor(title: str) -> str:
    """What GitHub makes of a heading in an address."""
    kept = re.sub(r"[^\w\- ]", "", title.lower())
    return kept.replace(" ", "-")
