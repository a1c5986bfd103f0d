"""A wheel installed without a network and run, with the lowest or the highest dependencies.

Needs nothing but the standard library and pip, so that any Python can do it for itself:

    python3.14 -m scripts.release.installing WHEEL WHEELHOUSE [--bounds lowest|highest] [--mcp]
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
CONSTRAINTS = {"lowest": ROOT / "tests" / "lowest.txt", "mcp": ROOT / "tests" / "lowest-mcp.txt"}
SMOKE = Path(__file__).with_name("smoke.py")
PYTHONS = ("3.11", "3.12", "3.13", "3.14")


def interpreters() -> list[str]:
    """The Pythons that llmpick supports and that are here: on PATH, and those of pyenv."""
    roots = (Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions").glob("3.*")
    installed = {root.name.rpartition(".")[0]: str(root / "bin" / "python") for root in roots}
    every = {f"{sys.version_info[0]}.{sys.version_info[1]}": sys.executable}
    for version in PYTHONS:
        found = installed.get(version) or shutil.which(f"python{version}")
        if found and version not in every and _works(found, version):
            every[version] = found
    return [every[version] for version in PYTHONS if version in every]


def _works(program: str, version: str) -> bool:
    """Whether it is that Python; one of pyenv on PATH may stand for none."""
    code = "import sys, venv; print('%d.%d' % sys.version_info[:2])"
    done = subprocess.run([program, "-c", code], capture_output=True, text=True, check=False)
    return done.stdout.strip() == version


def download(python: str, wheel: Path, house: Path, bounds: str, *, mcp: bool) -> None:
    """Fetch the wheels of every dependency: the only step that uses the network."""
    pip = (python, "-m", "pip", "download", "--quiet", "--only-binary", ":all:")
    subprocess.run([*pip, "-d", str(house), *_asked(wheel, bounds, mcp=mcp)], check=True)


def install(python: str, wheel: Path, house: Path, bounds: str, *, mcp: bool) -> str:
    """What the installed program says of itself, after everything that it does was tried.

    Raises:
        CalledProcessError: it cannot be installed or run.
    """
    with tempfile.TemporaryDirectory() as folder:
        venv, away = Path(folder) / "venv", Path(folder) / "away"
        away.mkdir()
        _run([python, "-m", "venv", "--without-pip", str(venv)], away)
        inside = str(venv / ("Scripts" if sys.platform == "win32" else "bin") / "python")
        # A pip in each environment would take longer than everything else.
        pip = (sys.executable, "-m", "pip", "--python", inside, "install", "--quiet", "--no-index")
        _run([*pip, "--find-links", str(house), *_asked(wheel, bounds, mcp=mcp)], away)
        program = away / SMOKE.name
        shutil.copy(SMOKE, program)
        return _run([inside, str(program)], away).strip()


def _asked(wheel: Path, bounds: str, *, mcp: bool) -> list[str]:
    """The wheel with its extras, as pip is asked for it."""
    lowest = CONSTRAINTS["mcp" if mcp else "lowest"]
    bound = ["--constraint", str(lowest)] if bounds == "lowest" else []
    return [f"{wheel}[{'mcp' if mcp else 'hub'}]", *bound]


def _run(command: Sequence[str], folder: Path) -> str:
    """The output of a program that sees no network, where the system can take it away."""
    kept = ("PATH", "SYSTEMROOT", "TMPDIR", "LD_LIBRARY_PATH")
    env = {name: os.environ[name] for name in kept if name in os.environ}
    env |= {"HOME": str(folder), "PIP_CONFIG_FILE": os.devnull, "LANG": "C.UTF-8"}
    whole = [*_without_network(), *command]
    done = subprocess.run(whole, cwd=folder, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.stderr.write(done.stderr)
        done.check_returncode()
    return done.stdout


def _without_network() -> Iterable[str]:
    tool = shutil.which("unshare")
    alone = [tool, "--net", "--map-root-user", "--"] if tool else []
    works = (
        tool and not subprocess.run([*alone, "true"], capture_output=True, check=False).returncode
    )
    return alone if works else []


def main() -> None:
    """Install and run one wheel with this Python."""
    parser = argparse.ArgumentParser()
    parser.add_argument("wheel", type=Path)
    parser.add_argument("house", type=Path)
    parser.add_argument("--bounds", choices=("lowest", "highest"), default="highest")
    parser.add_argument("--mcp", action="store_true")
    asked = parser.parse_args()
    print(install(sys.executable, asked.wheel, asked.house, asked.bounds, mcp=asked.mcp))


if __name__ == "__main__":
    main()
