"""What a start may import; see docs/data-guidelines.md for why the knowledge is compiled."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.serving.fake_server import fake_server

HEAVY = (
    *("pydantic", "rich", "yaml", "psutil", "pynvml", "cpuinfo", "importlib.metadata"),
    *("huggingface_hub", "jinja2"),
)
# What reads a site's own folder, where none is named.
_OF_SITES = ("recommender.site", "recommender.overlay")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems need psutil")
@pytest.mark.parametrize(
    ("arguments", "allowed"),
    [
        (("recommend", "--json"), ()),
        (("recommend", "--json", "--model", "Qwen/Qwen3-8B"), ()),
        (("recommend", "--json", "--hub", "--model", "Qwen/Qwen3-8B"), ()),
        (("recommend", "--json", "--gpu", "H100 80GB:8"), ()),
        (("recommend",), ("rich",)),
        (("fit", "Qwen/Qwen3-8B", "--json", "--gpu", "H100 80GB:8"), ()),
        (("fit", "Qwen/Qwen3-8B", "--gpu", "H100 80GB:8"), ("rich",)),
        (("compare", "--gpu", "RTX 4090", "--gpu", "L40S", "--json"), ()),
        (("probe", "--json"), ()),
        (("probe",), ("rich",)),
        (("--version",), ()),
        (("__complete", "fish", "recommend", "--gpu", ""), ()),
        (("__complete", "bash", "llmpick fit qwen3:"), ()),
        (("fit", "--help"), ("rich",)),
    ],
)
def test_imports(arguments: tuple[str, ...], allowed: tuple[str, ...]) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "recommender", *arguments]
    _check(command, allowed)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems need psutil")
def test_imports_of_verify() -> None:
    wish = ("--gpu", "RTX 4090", "--concurrency", "2", "--max-tokens", "4", "--no-save", "--json")
    with fake_server() as server:
        command = [sys.executable, "-X", "importtime", "-m", "recommender", "verify", server.url]
        _check([*command, *wish], ())


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems need psutil")
def test_imports_of_fleet(tmp_path: Path) -> None:
    file = tmp_path / "nodes"
    file.write_text("NodeName=n1 Gres=gpu:h100:8 State=IDLE\n", encoding="utf-8")
    command = [
        sys.executable,
        "-X",
        "importtime",
        "-m",
        "recommender",
        "fleet",
        str(file),
        "--json",
    ]
    _check(command, ())
    file.write_text('{"name":"n1","os":{"family":"linux"},"arch":"x86_64"}\n', encoding="utf-8")
    _check(command, ("pydantic", "importlib.metadata"))


def test_measurements_cost_nothing_where_there_are_none(tmp_path: Path) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "recommender", "recommend", "--json"]
    nowhere = {**os.environ, "LLMPICK_MEASUREMENTS": str(tmp_path / "none")}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=nowhere)
    assert "measure" not in done.stderr
    assert "recommender.serving" not in done.stderr


def _check(command: list[str], allowed: tuple[str, ...]) -> None:
    for _ in range(2):  # The first start of a checkout compiles the knowledge.
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    imported = {line.rsplit("|", 1)[-1].strip() for line in done.stderr.splitlines()}
    for module in HEAVY:
        assert module in allowed or module not in imported
    assert not any(module.startswith(_OF_SITES) for module in imported)
    if not {"--help", "__complete"} & set(command):
        assert not any(module.startswith("recommender.cli.helping") for module in imported)


# Times of `python -c pass`, measured side by side on a quiet machine. Beside other work the caches
# serve the longer program worse: half as much again, and up to twice as much while all cores work.
BOUNDS = {
    ("recommend", "--json"): 10,
    ("recommend", "--gpu", "RTX 4090"): 14,
    ("probe", "--json"): 8,
}
_BLUR, _ROUNDS, _TRIES = 2, 5, 4


def _cpu_s(command: list[str]) -> float:
    """Seconds of processor time, in user and system mode, that a program takes."""
    import resource

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems need psutil")
@pytest.mark.parametrize("arguments", BOUNDS)
def test_cpu_time(arguments: tuple[str, ...]) -> None:
    plain, asked = [sys.executable, "-c", "pass"], [sys.executable, "-m", "recommender", *arguments]
    _cpu_s(asked)  # The first start of a checkout compiles the knowledge.
    assert any(_ratio(plain, asked) <= BOUNDS[arguments] * _BLUR for _ in range(_TRIES))


def _ratio(plain: list[str], asked: list[str]) -> float:
    """The least time of one program over that of the other, run in turns."""
    rounds = [(_cpu_s(plain), _cpu_s(asked)) for _ in range(_ROUNDS)]
    return min(second for _, second in rounds) / min(first for first, _ in rounds)
