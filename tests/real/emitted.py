"""What llmpick prints, and what a test may change in it: where program, model and port are."""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PROJECT = Path(__file__).parents[2]
_SECONDS = 60.0
_WORD = r"""(?:'[^']*'|"[^"]*"|\\.|[^\s'"\\])+"""
_VARIABLES = rf"(?:\w+={_WORD}\s+|\$env:\w+ = '[^']*'; )*"
_PROGRAMS = (
    r"(?:[\w.-]+/)*llama-server(?:\.exe)?|llama serve|docker run .* ghcr\.io/\S+",
    r"\.venv-mlx-lm/bin/mlx_lm\.server",
)
_PROGRAM = re.compile(rf"\A(?P<before>{_VARIABLES})(?:{'|'.join(_PROGRAMS)})(?=\s)")
_MODEL = re.compile(rf"(?<=\s)(?P<option>-hf|-m|--model)\s+{_WORD}")
_PORT = re.compile(r"(?<=\s--port)\s+\d+(?!\S)")


@dataclass(frozen=True, slots=True)
class Advice:
    """One answer of ``recommend --json`` and what it says about llama.cpp."""

    answer: dict[str, Any]
    serve: str
    check: tuple[str, ...]

    @property
    def port(self) -> int:
        """The port that the emitted command serves on."""
        return int(_only(_PORT, self.serve).group())

    def serve_with(self, model: Path, port: int) -> str:
        """Return the emitted command with another model and port, and nothing else changed."""
        return placed(self.serve, model, port)

    def check_with(self, port: int) -> list[str]:
        """Return the emitted curl commands, asking the server on ``port``."""
        lines = [line for line in self.check if shlex.split(line)[0] == "curl"]
        return [_swap(re.compile(rf"(?<=:){self.port}(?!\d)"), line, str(port)) for line in lines]


def placed(line: str, model: Path, port: int, program: str = "") -> str:
    """Return a serve command with another model and port and, where one is given, program.

    An image is a program, too: ``docker run`` and its options are before its arguments.
    """
    line = _swap(_PORT, line, f" {port}")
    option = _only(_MODEL, line)["option"].replace("-hf", "-m")
    line = _swap(_MODEL, line, f"{option} {shlex.quote(str(model))}")
    return _swap(_PROGRAM, line, _only(_PROGRAM, line)["before"] + program) if program else line


def recommend(env: Mapping[str, str], *flags: str, framework: str = "llama.cpp") -> Advice:
    """Run ``recommend --json`` with ``flags`` as a user does; return its advice on a framework."""
    answer = ask(env, *flags)
    launch = launch_of(answer, framework)
    return Advice(answer, launch["serve"][0], tuple(launch["check"]))


def ask(env: Mapping[str, str], *flags: str) -> dict[str, Any]:
    """Run ``recommend --json`` with ``flags`` as a user does and return the answer."""
    done = subprocess.run(
        [sys.executable, "-m", "recommender", "recommend", "--json", *flags],
        cwd=_PROJECT,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=_SECONDS,
    )
    assert done.returncode == 0, f"exit {done.returncode}:\n{done.stderr}\n{done.stdout}"
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def launch_of(answer: Mapping[str, Any], framework: str) -> dict[str, Any]:
    """Return the commands for ``framework``, which must be in the ranking."""
    entries = [entry for entry in answer["ranking"] if entry["framework"] == framework]
    assert entries, f"{framework} is not in the ranking:\n{json.dumps(answer, indent=1)}"
    launch: dict[str, Any] = entries[0]["launch"]
    return launch


def with_port(line: str, port: int) -> str:
    """Return the emitted command on another port, and nothing else changed."""
    return _swap(_PORT, line, f" {port}")


def _only(pattern: re.Pattern[str], line: str) -> re.Match[str]:
    found = list(pattern.finditer(line))
    assert len(found) == 1, f"{pattern.pattern} stands {len(found)} times in: {line}"
    return found[0]


def _swap(pattern: re.Pattern[str], line: str, new: str) -> str:
    found = _only(pattern, line)
    return line[: found.start()] + new + line[found.end() :]
