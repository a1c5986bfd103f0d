"""A real ``mlx_lm.server``: the wheels that llmpick names for a processor, apart from the tests."""

import platform
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from recommender.knowledge import load

from .debian import Unavailable
from .llama_server import write_program

INSTALL_SECONDS = 400.0
_PROGRAM = "mlx_lm.server"


def requirement() -> str:
    """Return what the emitted command installs on a Linux processor, as pip takes it."""
    cpu = load().platform("mlx-lm", "cpu")
    words = [
        word
        for line in cpu.methods["pip"].install
        for step in line.steps
        for word in step.args.split()
    ]
    (package,) = (word for word in words if word.startswith("mlx-lm"))
    return package.format(version=cpu.version)


def install(target: Path) -> Path:
    """Return a directory for PATH with ``mlx_lm.server``, installed into ``target`` once.

    Raises:
        Unavailable: there are no wheels for this machine or Python, or no network.

    """
    package = requirement()
    kind = f"{sys.implementation.cache_tag}-{platform.system()}-{platform.machine()}"
    root = target / "-".join([*re.findall(r"[\w.-]+", package), kind])
    try:
        if not root.is_dir():
            _fill(root, package)
        bin_dir = root.parent / f"{root.name}-bin"
        bin_dir.mkdir(exist_ok=True)
        command = shlex.join([str(root / "bin/python"), str(root / "bin" / _PROGRAM)])
        write_program(bin_dir / _PROGRAM, f'#!/bin/sh\nexec {command} "$@"\n')
    except OSError as error:
        message = f"mlx_lm.server cannot be kept in {target}: {error}"
        raise Unavailable(message) from error
    return bin_dir


def _fill(root: Path, package: str) -> None:
    root.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="installing-", dir=root.parent) as name:
        whole = Path(name) / "root"
        _run([sys.executable, "-m", "venv", str(whole)])
        # Wheels alone: where there is none, a build from source would take longer than it may.
        pip = [str(whole / "bin/python"), "-m", "pip", "install", "--quiet"]
        _run([*pip, "--only-binary", ":all:", package])
        try:
            whole.rename(root)
        except OSError:
            # Another session on this machine was faster; what it put there is the same.
            if not root.is_dir():
                raise


def _run(argv: Sequence[str]) -> None:
    try:
        subprocess.run(
            argv,
            capture_output=True,
            text=True,
            check=True,
            stdin=subprocess.DEVNULL,
            timeout=INSTALL_SECONDS,
        )
    except subprocess.CalledProcessError as error:
        said = " ".join(error.stderr.split())[-600:]
        message = f"{shlex.join(argv)} ended with {error.returncode}: {said}"
        raise Unavailable(message) from error
    except subprocess.TimeoutExpired as error:
        message = f"{shlex.join(argv)} did not end within {INSTALL_SECONDS:.0f} s"
        raise Unavailable(message) from error
