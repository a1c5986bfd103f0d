"""Made-up computers in tests/machines, each beside the Machine that must be read from it.

A folder ``<os>-<what>`` holds two bundles (tests/bundles.py): ``root.txt`` has the computer's files
and ``bin.txt`` what its tools print, where a header names the tool, or the tool and its arguments
if its answers differ. ``env.json`` is its environment, ``machine.json`` the expected Machine, as
far as it is compared.
"""

import json
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import bundles

MACHINES = Path(__file__).parents[1] / "machines"
Probed = Callable[..., dict[str, Any]]


def computers(system: str) -> list[Path]:
    return sorted(path.parent for path in MACHINES.glob(f"{system}-*/machine.json"))


def _text(folder: Path, name: str) -> str:
    return (folder / name).read_text(encoding="utf-8") if (folder / name).exists() else ""


def assembled(folder: Path, target: Path) -> Path:
    """The computer's root."""
    target.mkdir(exist_ok=True)
    return bundles.unpack(_text(folder, "root.txt"), target)


def programs(folder: Path, target: Path) -> Path:
    """A script for each tool that prints what was recorded."""
    target.mkdir()
    answers: dict[str, dict[str, str]] = {}
    for header, _, content in bundles.pieces(_text(folder, "bin.txt")):
        tool, _, arguments = header.partition(" ")
        answers.setdefault(tool, {})[arguments] = content
    for tool, printed in answers.items():
        script = target / tool
        script.write_text("\n".join(_script(printed, target / f".{tool}")) + "\n", encoding="utf-8")
        script.chmod(0o755)
    return target


def _script(printed: dict[str, str], kept: Path) -> Iterator[str]:
    """Lines of a script; the answers lie in files that begin with ``kept``."""
    yield "#!/bin/sh"
    yield 'case "$*" in'
    for number, (arguments, content) in enumerate(printed.items()):
        file = kept.with_name(f"{kept.name}-{number}")
        file.write_text(f"{content}\n", encoding="utf-8")
        yield f"{shlex.quote(arguments) if arguments else '*'}) exec cat {shlex.quote(str(file))};;"
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


LINUX = [*computers("linux"), *computers("wsl"), *computers("jetson")]


@pytest.mark.parametrize("folder", LINUX, ids=lambda path: path.name)
def test_computer(folder: Path, probed: Probed, tmp_path: Path) -> None:
    expected = json.loads((folder / "machine.json").read_text(encoding="utf-8"))
    found = seen(folder, probed, tmp_path)
    assert list(differences(expected, found)) == []
    assert list(unproven(found)) == []


def unproven(machine: dict[str, Any]) -> Iterator[str]:
    """Known facts of devices of which nothing says where they were read."""
    for place, device in enumerate(machine["accelerators"]):
        facts = {**device, **{f"details.{name}": fact for name, fact in device["details"].items()}}
        for name, fact in facts.items():
            path = f"accelerators.{place}.{name}"
            known = fact is not None and name not in {"index", "details"}
            if known and not machine["evidence"].get(path):
                yield path
