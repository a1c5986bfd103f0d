"""The programs that read what llmpick writes, each the real one.

Docker Compose and podman's generator are taken from Debian sid where this machine has none, 40 MB
in a private folder that is kept.
"""

import os
import platform
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NoReturn

import pytest

from tests.real.debian import Unavailable, unpack
from tests.real.llama_server import cache_directory

_PACKAGES = ("podman", "docker-compose", "libc6")
_QUADLET = "usr/libexec/podman/quadlet"
_COMPOSE = "usr/libexec/docker/cli-plugins/docker-compose"
_SYSTEMD = ("/usr/lib/systemd/systemd", "/lib/systemd/systemd")
_NOBODY = "65534"
_SECONDS = 120


def compose() -> list[str]:
    """Words that start Docker Compose."""
    return _program(_COMPOSE)


def quadlet() -> list[str]:
    """Words that start podman's generator of units."""
    return _program(_QUADLET)


def done(
    words: Sequence[str], env: Mapping[str, str] | None = None, text: str = ""
) -> subprocess.CompletedProcess[str]:
    """A program that has ended, with its two outputs."""
    return subprocess.run(
        words,
        input=text,
        capture_output=True,
        text=True,
        check=False,
        timeout=_SECONDS,
        env={**os.environ, "NO_COLOR": "1", **(env or {})},
    )


def verified(units: Sequence[Path]) -> str:
    """What ``systemd-analyze verify`` has to say about units; nothing if they are right."""
    if shutil.which("systemd-analyze") is None:
        _do_without("systemd-analyze is not on this machine (Debian package systemd)")
    checked = done(["systemd-analyze", "verify", "--man=no", *map(str, units)])
    return checked.stderr


def parsed(unit: Path) -> dict[str, list[list[str]]]:
    """The commands of a unit as systemd itself reads them, by their key, ``$$`` unreplaced."""
    manager = next((path for path in _SYSTEMD if Path(path).exists()), None)
    if manager is None:
        _do_without("systemd is not on this machine")
    with tempfile.TemporaryDirectory(prefix="llmpick-units-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "default.target").write_text(f"[Unit]\nWants={unit.name}\n")
        shutil.copy(unit, folder / unit.name)
        run = folder / "run"
        run.mkdir()
        run.chmod(0o777)
        env = {"XDG_RUNTIME_DIR": str(run), "HOME": name, "SYSTEMD_UNIT_PATH": name}
        # The manager of a user refuses to be root.
        ids = ("--reuid", _NOBODY, "--regid", _NOBODY, "--clear-groups")
        lower = ("setpriv", *ids) if os.getuid() == 0 else ()
        told = done([*lower, manager, "--test", "--user", "--log-target=console"], env)
        assert f"-> Unit {unit.name}" in told.stdout, told.stderr + told.stdout
        return _commands(told.stdout, unit.name)


def _commands(dump: str, name: str) -> dict[str, list[list[str]]]:
    found: dict[str, list[list[str]]] = {}
    own, key = False, ""
    for line in dump.split("\n"):
        if start := re.match(r"\s*-> (Unit|Exec\w+) ?(.*):$", line):
            own = start[2] == name if start[1] == "Unit" else own
            key = start[1]
        elif own and (command := re.match(r"\s+Command Line: (.*)", line)):
            found.setdefault(key, []).append(_words(command[1]))
    return found


def _words(line: str) -> list[str]:
    """The words of a line in which systemd quoted them."""
    pieces = re.findall(r'"(?:[^"\\]|\\.)*"|\S+', line)
    return [re.sub(r"\\(x[0-9a-f]{2}|.)", _character, piece.strip('"')) for piece in pieces]


def _character(found: re.Match[str]) -> str:
    code = found[1]
    if code.startswith("x") and len(code) > 1:
        return chr(int(code[1:], 16))
    return {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}.get(
        code, code
    )


@cache
def _program(inside: str) -> list[str]:
    here = Path("/", inside)
    if here.exists() and "LLMPICK_REQUIRE_REAL" not in os.environ:
        return [str(here)]
    try:
        root = _unpacked()
    except (Unavailable, OSError) as reason:
        _do_without(f"no {Path(inside).name}: {reason}")
    loader = next(root.glob("usr/lib*/**/ld-linux-*.so.*"))
    return [str(loader), "--library-path", str(loader.parent), str(root / inside)]


def _unpacked() -> Path:
    root = cache_directory() / f"containers-sid-{platform.machine()}"
    if not root.is_dir():
        root.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="unpacking-", dir=root.parent) as name:
            whole = Path(name) / "root"
            whole.mkdir()
            unpack(_PACKAGES, whole, alone=True)
            for unused in ("usr/bin", "usr/share", "usr/libexec/podman/podman-testing"):
                _remove(whole / unused)
            try:
                whole.rename(root)
            except OSError:
                # Another session was faster; what it put there is the same.
                if not root.is_dir():
                    raise
    return root


def _remove(path: Path) -> None:
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def _do_without(reason: str) -> NoReturn:
    if os.environ.get("LLMPICK_REQUIRE_REAL") == "1":
        pytest.fail(reason)
    pytest.skip(reason)
