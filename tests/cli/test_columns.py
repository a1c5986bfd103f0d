"""Chinese characters take two columns of a terminal: nothing is too wide, and columns line up."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.cli.conftest import Run

WIDTHS = (60, 80, 120)
MACHINE = str(Path(__file__).parents[1] / "machines" / "linux-nvidia-mig" / "machine.json")
COMMANDS = (
    ("probe",),
    ("recommend", "--gpu", "Ascend 910B3:8"),
    ("recommend", "--gpu", "T4", "--model", "deepseek-ai/DeepSeek-V3"),
    ("fit", "Qwen/Qwen3-32B", "--gpu", "RTX 4090:2"),
    ("compare", "--gpu", "RTX 4090:2", "--gpu", "L40S"),
    ("models", "qwen3"),
    ("doctor", "--machine", MACHINE),
    ("explain", "lmdeploy", "--gpu", "Ascend 910B3:8"),
    ("explain", "vllm", "--why-not", "--gpu", "Ascend 310P"),
    ("frameworks",),
)


def _lines(llmpick: Run, arguments: Sequence[str]) -> list[str]:
    return llmpick(*arguments, "--lang", "zh").out.rstrip("\n").split("\n")


def _is_for_copying(line: str) -> bool:
    """Commands and the report for bugs are never broken: what is copied must stay whole."""
    return not any("\u3000" <= sign <= "\uffef" for sign in line)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_no_line_is_wider_than_the_console(
    llmpick: Run, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    lines = _lines(llmpick, arguments)
    assert len(lines) > 3
    wide = [line for line in lines if cell_len(line) > width and not _is_for_copying(line)]
    assert wide == []


def _gutters(lines: Sequence[str]) -> int:
    """How many runs of columns are blank on every line between two that are not."""
    cells = [[sign for char in line for sign in char.ljust(cell_len(char), "\0")] for line in lines]
    longest = max(map(len, cells))
    blank = [all(len(line) <= at or line[at] == " " for line in cells) for at in range(longest)]
    runs = "".join(" " if free else "x" for free in blank).split("x")
    return sum(len(run) > 1 for run in runs[1:])


def _from(lines: list[str], first: str) -> list[str]:
    """The lines of a table, from its heading to the next empty line."""
    start = next(at for at, line in enumerate(lines) if first in line)
    rest = lines[start:]
    return rest[: next((at for at, line in enumerate(rest) if not line.strip()), len(rest))]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    ("arguments", "heading", "columns"),
    [
        (("models", "qwen3"), "参数（激活）", 2),
        (("compare", "--gpu", "RTX 4090:2", "--gpu", "L40S"), "硬件", 3),
        (("explain", "lmdeploy", "--gpu", "Ascend 910B3:8"), "llmpick 的处理", 3),
        (("probe",), "加速卡", 2),
        (("doctor", "--machine", MACHINE), "llama.cpp  ", 3),
    ],
)
def test_columns_line_up(
    llmpick: Run,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    heading: str,
    columns: int,
    width: int,
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    assert _gutters(_from(_lines(llmpick, arguments), heading)) >= columns - 1


def test_a_column_that_is_askew_is_found() -> None:
    assert _gutters(["加速卡  无", "系统    debian"]) == 1
    assert _gutters(["加速卡   无", "系统  debian"]) == 0
