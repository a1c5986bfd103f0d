"""What is installed: serving frameworks with their versions, container engines, vendors' stacks."""
# pathlib is not used: importing it takes longer than the whole probe.
# ruff: noqa: PTH110, PTH111, PTH117, PTH118

import os
import re
import sys
from collections.abc import Iterator, Mapping

from recommender.facts.machine import Problem
from recommender.probe import normal
from recommender.probe.context import Context
from recommender.probe.files import Files, clean, which

# Distribution name (as the folder of an installed wheel spells it) -> framework.
_DISTRIBUTIONS = {
    "vllm": "vllm",
    "sglang": "sglang",
    "tensorrt_llm": "tensorrt-llm",
    "lmdeploy": "lmdeploy",
    "xinference": "xinference",
    "text_generation_server": "tgi",
}
# Framework -> program and where its version stands in what ``--version`` prints. llama.cpp prints
# "version: 0.7.0 (build 11669)", before that "version: 4567 (abcdef)": the build number counts.
_PROGRAMS = {
    "llama.cpp": ("llama-server", r"build (\d+)|version: (\d+) \("),
    "ollama": ("ollama", r"version is v?(\d[\w.+-]*)"),
    "tgi": ("text-generation-launcher", r"text-generation-launcher (\d[\w.+-]*)"),
    "uv": ("uv", r"uv (\d[\w.+-]*)"),
    "nvidia-container-toolkit": ("nvidia-ctk", r"version v?(\d[\w.+-]*)"),
}
# Programs that are no framework: Software.versions has them.
TOOLS = frozenset(("nvidia-container-toolkit",))
_TOOL_SECONDS = 2.0

# Field of Software -> where its vendor's installation shows (facts: the vendors' documentation).
_STACKS = {
    "nvidia_driver": (
        *("proc/driver/nvidia/version", "dev/nvidiactl", "sys/module/nvidia"),
        *("usr/lib/wsl/lib/libnvidia-ml.so.1", "etc/nv_tegra_release"),
    ),
    "rocm": ("opt/rocm",),
    "cann": ("usr/local/Ascend",),
    "level_zero": (
        *("usr/lib/x86_64-linux-gnu/libze_loader.so.1", "usr/lib64/libze_loader.so.1"),
        "usr/lib/libze_loader.so.1",
    ),
    "habana": ("sys/module/habanalabs", "usr/bin/hl-smi"),
    "neuron": ("sys/module/neuron", "opt/aws/neuron"),
    "jetpack": ("etc/nv_tegra_release",),
    "maca": ("opt/maca", "opt/mxdriver"),
    "neuware": ("usr/local/neuware",),
    "musa": ("usr/local/musa",),
    "nvidia-container-toolkit": (
        *("usr/bin/nvidia-ctk", "usr/bin/nvidia-container-runtime", "etc/cdi/nvidia.yaml"),
        *("usr/local/bin/nvidia-ctk", "run/current-system/sw/bin/nvidia-ctk"),
    ),
}
_STACK_ENV = {
    "rocm": ("ROCM_PATH", "ROCM_HOME"),
    "cann": ("ASCEND_TOOLKIT_HOME", "ASCEND_HOME_PATH"),
    "neuware": ("NEUWARE_HOME",),
    "musa": ("MUSA_HOME",),
    "maca": ("MACA_PATH",),
}


def python_version() -> str:
    """Version of this interpreter."""
    return sys.version.split()[0]


def python_arch() -> str | None:
    """Architecture of this interpreter, which an emulated one does not share with the machine."""
    triplet = getattr(sys.implementation, "_multiarch", "")
    if "-linux" in triplet:
        return normal.arch(triplet.partition("-")[0])
    if hasattr(os, "uname"):
        return normal.arch(os.uname().machine)
    return normal.arch(os.environ.get("PROCESSOR_ARCHITECTURE", ""))


def installed(context: Context) -> tuple[dict[str, str], tuple[Problem, ...]]:
    """Versions of the frameworks of this interpreter, of usual environments and on PATH.

    Returns:
        Versions by framework id, and a problem for each program that did not tell its own.

    """
    packages = _packages(context.env)
    answers = _ask_programs(context)
    told = {name: version for name, (version, _) in answers.items() if version}
    silent = tuple(_silent(path) for version, path in answers.values() if not version)
    return {**told, **packages}, silent


def docker(context: Context) -> tuple[bool, Problem | None]:
    """Whether a Docker engine can be reached, and what is wrong where only half of it is there."""
    program = which(_executable("docker", context), context.env.get("PATH", ""))
    sockets = [name for name in _sockets(context) if os.path.exists(name)]
    if program is None or not sockets:
        return bool(program and _remote(context.env)), None
    if context.family == "windows" or any(os.access(name, os.R_OK | os.W_OK) for name in sockets):
        return True, None
    return False, Problem(
        what=f"The Docker engine runs, but this user may not use {sockets[0]}.",
        fix="Add the user to the docker group and log in again, or use rootless Docker.",
        rule="probe.docker.permission",
    )


def podman(context: Context) -> bool:
    """Whether Podman is there; it needs no engine."""
    return which(_executable("podman", context), context.env.get("PATH", "")) is not None


def absent(context: Context) -> tuple[str, ...]:
    """Stacks of vendors that were looked for and show nowhere; on Windows none is looked for."""
    if context.family == "windows":
        return ()
    return tuple(
        name
        for name, places in _STACKS.items()
        if not any(map(context.files.exists, places))
        and not any(context.env.get(variable) for variable in _STACK_ENV.get(name, ()))
    )


def _executable(name: str, context: Context) -> str:
    return f"{name}.exe" if context.family == "windows" else name


def _remote(env: Mapping[str, str]) -> bool:
    """A DOCKER_HOST elsewhere is believed: asking it would need the network."""
    return env.get("DOCKER_HOST", "").startswith(("tcp://", "ssh://", "http"))


def _sockets(context: Context) -> Iterator[str]:
    host = context.env.get("DOCKER_HOST", "")
    if host:
        yield from (host.removeprefix(p) for p in ("unix://", "npipe://") if host.startswith(p))
        return
    if context.family == "windows":
        yield r"\\.\pipe\docker_engine"
        return
    home = context.env.get("HOME", "")
    yield context.files.path("var/run/docker.sock")
    if runtime := context.env.get("XDG_RUNTIME_DIR"):
        yield f"{runtime}/docker.sock"
    if home:
        yield from (f"{home}/.docker/{folder}/docker.sock" for folder in ("run", "desktop"))


def _packages(env: Mapping[str, str]) -> dict[str, str]:
    """Versions by the names of .dist-info folders; the first folder that has one counts."""
    found: dict[str, str] = {}
    for folder in dict.fromkeys(_package_folders(env)):
        for entry in Files(folder).names("") if os.path.isabs(folder) else ():
            if not entry.endswith(".dist-info"):
                continue
            name, _, version = entry.removesuffix(".dist-info").partition("-")
            framework = _DISTRIBUTIONS.get(name.lower().replace(".", "_"))
            if framework and version:
                found.setdefault(framework, version)
    return found


def _package_folders(env: Mapping[str, str]) -> Iterator[str]:
    yield from (folder for folder in sys.path if folder)
    roots = [root for name in ("VIRTUAL_ENV", "CONDA_PREFIX") if (root := env.get(name))]
    home = env.get("HOME") or os.path.expanduser("~")
    usual = (name for name in Files(home).names("") if name == ".venv" or name[:6] == ".venv-")
    for root in (*roots, *(os.path.join(home, name) for name in usual)):
        yield os.path.join(root, "Lib", "site-packages")
        for version in Files(os.path.join(root, "lib")).names(""):
            yield os.path.join(root, "lib", version, "site-packages")


def _ask_programs(context: Context) -> dict[str, tuple[str | None, str]]:
    """Version (None where the answer is not understood) and path of each program on PATH."""
    search = context.env.get("PATH", "")
    paths = {
        framework: path
        for framework, (program, _) in _PROGRAMS.items()
        if (path := which(_executable(program, context), search))
    }
    if not paths:
        return {}
    from recommender.probe.tools import run

    commands = {framework: (path, "--version") for framework, path in paths.items()}
    answers = run(commands, context.env, _TOOL_SECONDS, context.stop)
    return {name: (_version(name, answers[name]), path) for name, path in paths.items()}


def _version(framework: str, answer: str | None) -> str | None:
    match = re.search(_PROGRAMS[framework][1], answer or "")
    return next(filter(None, match.groups())) if match else None


def _silent(program: str) -> Problem:
    path = clean(program)
    return Problem(
        what=f"{path} is installed, but did not tell its version within {_TOOL_SECONDS:.0f} s.",
        fix=f"Run {path} --version by hand.",
        rule="probe.tool.version",
    )
