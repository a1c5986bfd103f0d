"""A controller of Slurm with nodes that do not exist: real ``scontrol``, ``sinfo`` and ``sbatch``.

Nodes of a cloud that are powered down are idle to it without any daemon of theirs, and it knows
their generic resources from its configuration alone.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from getpass import getuser
from pathlib import Path
from typing import NoReturn

import pytest

_SECONDS = 20
_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
_CONFIGURATION = """\
ClusterName=made-up
SlurmctldHost=localhost
SlurmctldPort={port}
AuthType=auth/none
CredType=cred/none
SlurmUser={user}
StateSaveLocation={folder}/state
SlurmctldPidFile={folder}/pid
ProctrackType=proctrack/linuxproc
SelectType=select/cons_tres
MpiDefault=none
GresTypes=gpu
# Nodes of a cloud are shown, and idle, though nobody started them.
PrivateData=cloud
SuspendProgram=/bin/true
ResumeProgram=/bin/true
SuspendTime=300
"""


class Controller:
    """A running controller, asked by the programs of its own version."""

    def __init__(self, configuration: Path) -> None:
        """Of that configuration."""
        self._env = {**os.environ, "SLURM_CONF": str(configuration), "TZ": "UTC"}

    def done(self, *words: str, first: Path | None = None) -> subprocess.CompletedProcess[str]:
        """A program that has ended, which finds others in ``first`` before all other folders."""
        path = f"{first}:{_PATH}" if first else _PATH
        return subprocess.run(
            words,
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
            env={**self._env, "PATH": path},
        )

    def says(self, *words: str) -> str:
        """What a program prints that has to succeed."""
        done = self.done(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout


@contextmanager
def controller(folder: Path, nodes: str, resources: str) -> Iterator[Controller]:
    """A controller of the nodes and partitions in ``nodes``, of the lines of gres.conf."""
    program = shutil.which("slurmctld", path=_PATH)
    if program is None or shutil.which("sinfo", path=_PATH) is None:
        _do_without("slurmctld and sinfo are not on this machine (slurmctld, slurm-client)")
    (folder / "state").mkdir()
    (folder / "gres.conf").write_text(f"AutoDetect=off\n{resources}")
    text = _CONFIGURATION.format(port=_free_port(), user=getuser(), folder=folder)
    (folder / "slurm.conf").write_text(text + nodes)
    with (folder / "log").open("wb") as log:
        started = subprocess.Popen(
            [program, "-D", "-c", "-f", str(folder / "slurm.conf")], stdout=log, stderr=log
        )
    try:
        found = Controller(folder / "slurm.conf")
        _wait(found, started, folder / "log")
        yield found
    finally:
        started.terminate()
        started.wait(_SECONDS)


def _wait(found: Controller, started: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _SECONDS
    while found.done("scontrol", "ping").stdout.count(" UP") == 0:
        if started.poll() is not None or time.monotonic() > until:
            _do_without(f"slurmctld does not start: {log.read_text(errors='replace')[-500:]}")
        time.sleep(0.1)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _do_without(reason: str) -> NoReturn:
    if os.environ.get("LLMPICK_REQUIRE_REAL") == "1" and sys.platform == "linux":
        pytest.fail(reason)
    pytest.skip(reason)
