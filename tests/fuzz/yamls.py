"""Target of knowledge: one file of the folder is fed in, the others are the shipped ones."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

from recommender import knowledge_source, lint
from recommender.lint import loaded
from tests.fuzz.properties import BrokenError, quickly, refused, shown
from tests.fuzz.target import NASTY, Target

_KNOWLEDGE = Path(__file__).parents[2] / "knowledge"
_REAL = knowledge_source.read_yaml
# A file's findings are some lines; one of a wrong type may be told once a place.
_MOST_FINDINGS = 20_000
_SECONDS = 15.0
_SLOW = (lint.launches, lint.options)


@cache
def _folder() -> Path:
    """The shipped files as links; each process has its own."""
    root = Path(tempfile.mkdtemp(prefix="llmpick-knowledge-"))
    for path in _KNOWLEDGE.rglob("*"):
        place = root / path.relative_to(_KNOWLEDGE)
        if path.is_dir():
            place.mkdir(parents=True, exist_ok=True)
        else:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to(path)
    return root


@cache
def _shipped(path: Path) -> dict[str, Any]:
    return _REAL(path)


@contextmanager
def _one_file(name: str, content: bytes) -> Iterator[Path]:
    """The folder with that file; the rest is parsed once in a process."""
    root, path = _folder(), _folder() / name
    path.unlink()
    path.write_bytes(content)

    def read(wanted: Path) -> dict[str, Any]:
        return _REAL(wanted) if wanted == path else _shipped(wanted)

    # Without those that write every command: they take seconds.
    checks: Any = lint
    every = checks._LINTERS  # noqa: SLF001
    checks._LINTERS = tuple(one for one in every if one not in _SLOW)  # noqa: SLF001
    readers: tuple[Any, ...] = (knowledge_source, loaded)
    for module in readers:
        module.read_yaml = read
    try:
        yield root
    finally:
        checks._LINTERS = every  # noqa: SLF001
        for module in readers:
            module.read_yaml = _REAL
        path.unlink()
        path.symlink_to(_KNOWLEDGE / name)


@cache
def _names() -> tuple[str, ...]:
    return tuple(sorted(str(path.relative_to(_KNOWLEDGE)) for path in _KNOWLEDGE.rglob("*.yaml")))


def _check(data: bytes) -> None:
    """The first line names the file."""
    head, _, content = data.partition(b"\n")
    name = _names()[sum(head) % len(_names())]
    given = head.decode(errors="replace")
    name = given if given in _names() else name
    with _one_file(name, content) as root, quickly(_SECONDS):
        findings = lint.check(root)
        for finding in findings:
            shown(finding)
        if len(findings) > _MOST_FINDINGS:
            message = f"{len(findings)} findings"
            raise BrokenError(message)
        if not findings:
            # Which errors knowledge.py tells as broken knowledge.
            with suppress(KeyError, TypeError, AttributeError):
                refused(lambda: knowledge_source.pack(root))


def _seeds() -> Iterator[bytes]:
    """The smaller files, and the beginnings of the others."""
    for name in _names():
        text = (_KNOWLEDGE / name).read_bytes()
        whole = text if len(text) < 6000 else text[:6000].rpartition(b"\n")[0]
        yield name.encode() + b"\n" + whole
    yield b"systems.yaml\na: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"
    yield b"systems.yaml\na: 2026-11-23\nb: !!python/object:os.system x\nc: 0x1F\nd: 1_000\n"


TARGETS = (
    Target(
        name="knowledge-yaml",
        costly=True,
        check=_check,
        seeds=_seeds,
        words=(
            *NASTY,
            "&a ",
            "*a",
            "!!binary ",
            "<<: ",
            "? ",
            "- ",
            "{",
            "[",
            ": ",
            "|\n",
            os.linesep,
        ),
    ),
)
