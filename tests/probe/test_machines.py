"""Made-up computers in tests/machines, each beside the Machine that must be read from it.

A folder ``<os>-<what>`` holds ``root/`` (the computer's files), ``links.txt`` (``path -> target``
lines: its symbolic links), ``bin/`` (what each tool prints: a file, or a folder with a file for
each list of arguments, joined by spaces), ``env.json`` (its environment), and ``machine.json``: the
expected Machine, as far as it is compared.
"""

import json
import shlex
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

MACHINES = Path(__file__).parents[1] / "machines"
Probed = Callable[..., dict[str, Any]]


def computers(system: str) -> list[Path]:
    return sorted(path.parent for path in MACHINES.glob(f"{system}-*/machine.json"))


def assembled(folder: Path, target: Path) -> Path:
    """The computer's root with its links."""
    if (folder / "root").is_dir():
        shutil.copytree(folder / "root", target)
    target.mkdir(exist_ok=True)
    lines = folder / "links.txt"
    for line in lines.read_text(encoding="utf-8").splitlines() if lines.exists() else ():
        path, _, aim = line.partition(" -> ")
        place = target / path.strip().lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(aim.strip())
    return target


def programs(folder: Path, target: Path) -> Path:
    """A script for each tool that prints what was recorded."""
    target.mkdir()
    source = folder / "bin"
    for tool in sorted(source.iterdir()) if source.is_dir() else ():
        script = target / tool.name
        script.write_text("\n".join(["#!/bin/sh", *_answers(tool)]) + "\n", encoding="utf-8")
        script.chmod(0o755)
    return target


def _answers(tool: Path) -> Iterator[str]:
    if tool.is_file():
        yield f"exec cat {shlex.quote(str(tool))}"
        return
    yield 'case "$*" in'
    for answer in sorted(tool.iterdir()):
        yield f"{shlex.quote(answer.name)}) exec cat {shlex.quote(str(answer))};;"
    yield "esac"
    yield "exit 2"


def differences(expected: Any, found: Any, path: str = "") -> Iterator[str]:
    """Where ``found`` lacks or contradicts what is expected."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for key, value in expected.items():
            yield from differences(value, found.get(key), f"{path}.{key}")
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        for place, (one, other) in enumerate(zip(expected, found, strict=True)):
            yield from differences(one, other, f"{path}.{place}")
    elif isinstance(expected, float) and isinstance(found, (int, float)):
        if found != pytest.approx(expected, abs=0.001):
            yield f"{path}: expected {expected}, found {found}"
    elif expected != found:
        yield f"{path}: expected {expected!r}, found {found!r}"


def seen(folder: Path, probed: Probed, tmp_path: Path) -> dict[str, Any]:
    """The machine that is read from a folder; ``tmp_path/root`` is what ``probed`` reads."""
    assembled(folder, tmp_path / "root")
    env = folder / "env.json"
    variables = json.loads(env.read_text(encoding="utf-8")) if env.exists() else {}
    return probed(path=programs(folder, tmp_path / "programs"), **variables)


@pytest.mark.parametrize(
    "folder", [*computers("linux"), *computers("wsl"), *computers("jetson")], ids=lambda p: p.name
)
def test_computer(folder: Path, probed: Probed, tmp_path: Path) -> None:
    expected = json.loads((folder / "machine.json").read_text(encoding="utf-8"))
    assert list(differences(expected, seen(folder, probed, tmp_path))) == []
