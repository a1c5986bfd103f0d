"""A computer in memory: its files and what its tools print, for the readers of the probe.

One text holds both, in the form of tests/bundles.py: a header that begins with ``$`` names a tool,
or the tool and its arguments, any other one a file.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from recommender.probe import tools
from recommender.probe.context import Context
from recommender.probe.files import LIMIT, Files
from tests.bundles import pieces

# Of a text that is cut into a thousand files the rest tells nothing new.
_MOST_FILES = 400
_MOST_LINKS = 8
_ROOT = "/made-up"


class Recorded(Files):
    """Files and links that are held in memory."""

    __slots__ = ("_contents", "_folders", "_links")

    def __init__(self, contents: Mapping[str, str], links: Mapping[str, str]) -> None:
        """The contents and the targets of links by path, without a leading slash."""
        super().__init__(_ROOT)
        self._contents, self._links = dict(contents), dict(links)
        self._folders: dict[str, set[str]] = {}
        for path in (*contents, *links):
            while path:
                above, _, name = path.rpartition("/")
                self._folders.setdefault(above, set()).add(name)
                path = above  # noqa: PLW2901  # up to the root

    def _resolved(self, name: str) -> str:
        """The path behind every link on the way."""
        done: list[str] = []
        left = [part for part in name.split("/") if part not in {"", "."}]
        followed = 0
        while left:
            part = left.pop(0)
            if part == "..":
                done[-1:] = []
                continue
            done.append(part)
            target = self._links.get("/".join(done))
            if target is not None and followed < _MOST_LINKS:
                followed += 1
                done = [] if target.startswith("/") else done[:-1]
                left[:0] = [piece for piece in target.split("/") if piece not in {"", "."}]
        return "/".join(done)

    def text(self, name: str, limit: int = LIMIT) -> str | None:
        content = self._contents.get(self._resolved(name))
        if content is None:
            return None
        self.opened.add(name)
        try:
            return content.encode()[:limit].decode()
        except ValueError:
            return None

    def names(self, name: str) -> list[str]:
        found = sorted(self._folders.get(self._resolved(name), ()))
        if found:
            self.opened.add(name)
        return found

    def exists(self, name: str) -> bool:
        path = self._resolved(name)
        found = path in self._contents or path in self._folders
        if found:
            self.opened.add(name)
        return found

    def openable(self, name: str) -> bool:
        return self.exists(name)

    def link(self, name: str) -> str | None:
        above, _, last = name.rstrip("/").rpartition("/")
        path = f"{self._resolved(above)}/{last}".lstrip("/")
        target = self._links.get(path)
        return target.rstrip("/").rpartition("/")[2] or None if target else None


@dataclass
class Computer:
    """Files, and what tools print: by arguments, by nothing for all that are not named."""

    contents: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    answers: dict[str, dict[str, str]] = field(default_factory=dict)
    # What every tool prints that has no answer of its own; None where it is not installed.
    otherwise: str | None = None

    def context(self, env: Mapping[str, str] | None = None, **known: Any) -> Context:
        """What a reader is given."""
        found = {"PATH": f"{_ROOT}/bin", "HOME": _ROOT, **(env or {})}
        return Context(files=Recorded(self.contents, self.links), env=found, live=True, **known)

    def answer(self, argv: Sequence[str]) -> str | None:
        """What a program prints."""
        known = self.answers.get(argv[0].rpartition("/")[2].removesuffix(".exe"), {})
        said = known.get(" ".join(argv[1:]), known.get("", self.otherwise))
        if said is None:
            return None
        # As tools.py reads the pipe.
        cut = said.encode(errors="replace")[:LIMIT].decode(errors="replace")
        return "\n".join(islice(cut.split("\n"), 32_000))


def computer(text: str) -> Computer:
    """The computer of a text; one without a header is what every tool prints."""
    found = Computer()
    for name, target, content in islice(pieces(text), _MOST_FILES):
        if name.startswith("$"):
            tool, _, arguments = name[1:].strip().partition(" ")
            found.answers.setdefault(tool, {})[arguments] = content
        elif target:
            found.links[name.strip("/")] = target
        else:
            found.contents[name.strip("/")] = f"{content}\n" if content else ""
    if not (found.answers or found.contents or found.links):
        found.otherwise = text
    return found


@contextmanager
def asked(made: Computer) -> Iterator[None]:
    """Inside, tools answer as this computer's do; none is started."""
    module: Any = tools
    real = tools.find, tools.run

    def find(_: Context, name: str, *__: str) -> str | None:
        there = name in made.answers or made.otherwise is not None
        return f"{_ROOT}/bin/{name}" if there else None

    def run(commands: Mapping[str, Sequence[str]], *_: object) -> dict[str, str | None]:
        return {name: made.answer(argv) for name, argv in commands.items()}

    module.find, module.run = find, run
    try:
        yield
    finally:
        module.find, module.run = real
