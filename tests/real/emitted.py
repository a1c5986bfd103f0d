"""What llmpick prints, and the two places in it that a test may change: the model and the port."""

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
_MODEL = re.compile(rf"(?<=\s)-(?:hf|m)\s+{_WORD}")
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
        line = _swap(_PORT, self.serve, f" {port}")
        return _swap(_MODEL, line, f"-m {shlex.quote(str(model))}")

    def check_with(self, port: int) -> list[str]:
        """Return the emitted curl commands, asking the server on ``port``."""
        lines = [line for line in self.check if shlex.split(line)[0] == "curl"]
        return [_swap(re.compile(rf"(?<=:){self.port}(?!\d)"), line, str(port)) for line in lines]


def recommend(env: Mapping[str, str], *flags: str) -> Advice:
    """Run ``recommend --json`` with ``flags`` as a user does and return its advice on llama.cpp."""
    answer = ask(env, *flags)
    launch = launch_of(answer, "llama.cpp")
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
