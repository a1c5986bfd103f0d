"""Command lines run in this process as a shell would run them, and can harm nothing.

An audit hook keeps writing to one folder, and programs and connections out, while it is closed.
"""

import io
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from recommender.cli import inputs, main
from recommender.facts import Machine
from recommender.schema import read_machine

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# What changes files, and what leaves the process.
_CHANGES = frozenset(
    ("os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.link", "os.symlink", "os.truncate")
)
_LEAVES = frozenset(
    ("subprocess.Popen", "os.system", "os.exec", "os.fork", "os.posix_spawn", "os.kill")
)
_ASKS = frozenset(("socket.connect", "socket.getaddrinfo", "socket.bind", "socket.gethostbyname"))
# Devices may be written as a user does: nothing is lost there.
_NOWHERE = frozenset((os.devnull, "/dev/full"))
_HERE = (
    '{"os": {"family": "linux"}, "arch": "x86_64", "memory": {"total_gib": 64}, "accelerators": '
    '[{"vendor": "nvidia", "name": "RTX 4090", "memory_gib": 24, "driver_bound": true}]}'
)


@dataclass
class _Guard:
    folder: str = ""
    closed: bool = False


_GUARD = _Guard()


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if not _GUARD.closed:
        return
    if event in _LEAVES or event in _ASKS:
        raise PermissionError(13, "no program and no network here")
    if event == "open" and _writes(arguments) and not _inside(arguments[0]):
        raise PermissionError(13, "nothing is written here", str(arguments[0]))
    if event in _CHANGES and not _inside(arguments[0]):
        raise PermissionError(13, "nothing is changed here", str(arguments[0]))


def _writes(arguments: tuple[Any, ...]) -> bool:
    flags = arguments[2] if len(arguments) > 2 else 0
    return isinstance(flags, int) and bool(flags & _WRITES)


def _inside(path: object) -> bool:
    if isinstance(path, int):
        return True
    named = os.path.realpath(os.fsdecode(path))  # type: ignore[arg-type]  # what open takes
    return named in _NOWHERE or named.startswith(f"{_GUARD.folder}{os.sep}")


@cache
def _folder() -> Path:
    """A folder of one's own for all runs of this process; the hook stays once it was added."""
    made = Path(os.path.realpath(mkdtemp(prefix="llmpick-sandbox-")))
    _GUARD.folder = str(made)
    sys.addaudithook(_audit)
    return made


@dataclass(frozen=True)
class Ended:
    """How a command line ended."""

    code: int
    out: str
    err: str


class Kept(io.TextIOWrapper):
    """A stream as a process has it, which bytes can be written to as well."""

    def __init__(self) -> None:
        self._kept = io.BytesIO()
        super().__init__(self._kept, encoding="utf-8", newline="\n", write_through=True)

    def getvalue(self) -> str:
        """What was written."""
        return self._kept.getvalue().decode(errors="surrogateescape")


@contextmanager
def _closed(arguments: Sequence[str], stdin: bytes, lang: str) -> Iterator[tuple[Kept, Kept]]:
    folder = _folder()
    kept = sys.argv, sys.stdin, sys.stdout, sys.stderr, dict(os.environ), Path.cwd()
    out, err = Kept(), Kept()
    sys.argv = ["llmpick", *arguments]
    sys.stdin, sys.stdout, sys.stderr = io.TextIOWrapper(io.BytesIO(stdin)), out, err
    os.environ |= {"HOME": str(folder), "LLMPICK_MEASUREMENTS": str(folder / "m.jsonl")}
    os.environ |= {"LLMPICK_LANG": lang, "COLUMNS": "80", "HF_HUB_OFFLINE": "1"}
    os.chdir(folder)
    _GUARD.closed = True
    try:
        yield out, err
    finally:
        _GUARD.closed = False
        sys.argv, sys.stdin, sys.stdout, sys.stderr = kept[:4]
        os.environ.clear()
        os.environ.update(kept[4])
        os.chdir(kept[5])


def ran(arguments: Sequence[str], stdin: bytes = b"", lang: str = "en") -> Ended:
    """Run one command line; whatever it raises but its own end goes on to the caller."""
    looked, real = inputs._probed, _probe()  # noqa: SLF001  # this machine is not looked at
    inputs._probed = _here  # noqa: SLF001
    real.probe = lambda **_: _here()
    try:
        with _closed(arguments, stdin, lang) as (out, err):
            try:
                main.run()
                code = 0
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else int(end.code is not None)
        _emptied()
        return Ended(code, out.getvalue(), err.getvalue())
    finally:
        inputs._probed = looked  # noqa: SLF001
        real.probe = real.survey.probe


def _probe() -> Any:
    import recommender.probe

    return recommender.probe


@cache
def _here() -> Machine:
    return read_machine(_HERE, "-")


def _emptied() -> None:
    for path in _folder().iterdir():
        if path.is_file():
            path.unlink()
