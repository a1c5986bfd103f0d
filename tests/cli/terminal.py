"""A real terminal (a pty) in which a program runs and a person types."""

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).parents[2]
_LIMIT_S = 30.0


class Terminal:
    """A program at a terminal of 100 columns; ``text`` is what it showed so far."""

    def __init__(self, command: Sequence[str], **env: str) -> None:
        import pty

        ours, its = pty.openpty()
        self.fd, self.text, self._read = ours, "", 0
        self.process = subprocess.Popen(
            command,
            stdin=its,
            stdout=its,
            stderr=its,
            env={**os.environ, "TERM": "dumb", "COLUMNS": "100", **env},
            start_new_session=True,
            preexec_fn=lambda: _own(its),  # noqa: PLW1509  # no threads run here
        )
        os.close(its)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        os.close(self.fd)

    def type(self, keys: str, until: str) -> str:
        """Type, wait for a text that is new, and give what was shown up to it.

        Raises:
            AssertionError: it is not shown within 30 seconds.
        """
        os.write(self.fd, keys.encode())
        return self.wait(until)

    def wait(self, until: str) -> str:
        """Wait for a text that was not waited for before."""
        end = time.monotonic() + _LIMIT_S
        while until not in self.text[self._read :]:
            assert time.monotonic() < end, (until, self.text)
            if not self._more():
                assert until in self.text[self._read :], (until, self.text)
        start = self._read
        self._read = self.text.index(until, start) + len(until)
        return self.text[start : self._read]

    def ended(self) -> int:
        """The exit code, after everything that was shown is read."""
        while self._more():
            pass
        return self.process.wait(_LIMIT_S)

    def _more(self) -> bool:
        """Read what there is within a moment; False at the end."""
        if not select.select([self.fd], [], [], 1.0)[0]:
            return self.process.poll() is None
        try:
            data = os.read(self.fd, 65536)
        except OSError:  # Linux says so where the other side is closed.
            return False
        self.text += data.decode(errors="replace").replace("\r\n", "\n")
        return bool(data)


def _own(terminal: int) -> None:
    """Make it the controlling terminal, so that Ctrl-C reaches the program."""
    import fcntl
    import termios

    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)


def llmpick(*arguments: str, **env: str) -> Terminal:
    """Run llmpick at a terminal, in English unless told otherwise."""
    command = [sys.executable, "-m", "recommender", *arguments]
    return Terminal(command, **{"LLMPICK_LANG": "en", "PYTHONPATH": str(ROOT), **env})


def program(folder: Path) -> dict[str, str]:
    """The variables with which a shell finds this checkout's llmpick on its PATH."""
    path = folder / "llmpick"
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m recommender "$@"\n', encoding="utf-8")
    path.chmod(0o755)
    paths = os.pathsep.join((str(folder), os.environ["PATH"]))
    return {"PATH": paths, "PYTHONPATH": str(ROOT), "LLMPICK_LANG": "en"}
