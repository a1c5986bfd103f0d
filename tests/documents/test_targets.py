"""The table of docs/targets.md says of each target what it does."""

import re

import pytest

from recommender.targets.registry import TARGETS, Target
from tests.cli.conftest import Run, llmpick
from tests.documents.reading import DOCS

__all__ = ["llmpick"]  # the fixture of the command line's tests

PAGE = DOCS / "targets.md"
_LARGE = ("--gpu", "H100 SXM:8", "--model", "deepseek-ai/DeepSeek-V3")
_SMALL = ("--gpu", "L40S", "--model", "Qwen/Qwen3-8B")


def _rows() -> dict[str, list[str]]:
    lines = re.findall(r"^\| `(\w+)` \| (.+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return {name: [cell.strip() for cell in rest.split(" | ")] for name, rest in lines}


ROWS = _rows()
_ON_POSIX = [name for name in TARGETS if name != "powershell"]


def test_every_target_has_a_row() -> None:
    assert list(ROWS) == list(TARGETS)


@pytest.mark.parametrize("target", TARGETS.values(), ids=list(TARGETS))
def test_the_ending_of_the_file(target: Target) -> None:
    assert ROWS[target.name][0] == f"`{target.suffix}`"


@pytest.mark.parametrize("name", _ON_POSIX)
def test_several_machines(llmpick: Run, name: str) -> None:
    done = llmpick("launch", "vllm", "--target", name, "--nodes", "2", *_LARGE)
    assert (done.code == 0) == (ROWS[name][2] != "no"), done.err


@pytest.mark.parametrize("name", _ON_POSIX)
def test_when_a_key_is_asked_for(llmpick: Run, name: str) -> None:
    said = ROWS[name][3].split(":")[0]
    plain = llmpick("launch", "vllm", "--target", name, *_SMALL).out
    exposed = llmpick("launch", "vllm", "--target", name, "--expose", *_SMALL).out
    asked = ["API_KEY" in text for text in (plain, exposed)]
    assert asked == {"always": [True, True], "with `--expose`": [False, True]}.get(
        said, [False, False]
    )


def test_windows(llmpick: Run) -> None:
    windows = ("--target", "powershell", "--os", "windows", "--gpu", "RTX 4090")
    model = ("--model", "Qwen/Qwen3-8B")
    assert llmpick("launch", "llama.cpp", *windows, *model).code == 0
    assert "WSL2" in llmpick("launch", "vllm", *windows, *model).err
    assert "API_KEY" in llmpick("launch", "llama.cpp", *windows, *model, "--expose").out
    assert "API_KEY" not in llmpick("launch", "llama.cpp", *windows, *model).out
    assert ROWS["powershell"][3] == "with `--expose`"
