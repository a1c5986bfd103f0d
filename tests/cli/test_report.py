"""``llmpick report``: one file, and nothing else."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run

GPU = ("--gpu", "RTX 4090")


def test_it_writes_the_file_and_tells_its_name(llmpick: Run, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    done = llmpick("report", "-o", str(file), *GPU)
    assert done.code == 0
    assert done.out == ""
    assert done.err == f"{file} is written; open it in a browser\n"
    text = file.read_text(encoding="utf-8")
    assert text.startswith("<!DOCTYPE html>")
    assert 'lang="en" data-first="en"' in text


def test_it_never_overwrites_without_force(llmpick: Run, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text("mine", encoding="utf-8")
    done = llmpick("report", "-o", str(file), *GPU)
    assert done.code == 2
    assert "exists; --force overwrites it" in done.err
    assert file.read_text(encoding="utf-8") == "mine"
    assert llmpick("report", "-o", str(file), "--force", *GPU).code == 0
    assert "</html>" in file.read_text(encoding="utf-8")


def test_a_file_must_be_named(llmpick: Run, tmp_path: Path) -> None:
    done = llmpick("report", *GPU)
    assert done.code == 2
    assert "-o report.html" in done.err
    assert llmpick("report", "-o", str(tmp_path), *GPU).code == 2


def test_it_prints_the_page_of_the_language(llmpick: Run) -> None:
    done = llmpick("report", "-o", "-", "--lang", "zh", *GPU)
    assert done.code == 0
    assert 'lang="zh-CN" data-first="zh"' in done.out
    assert done.out.endswith("</html>\n")


@pytest.mark.parametrize(
    "options",
    [
        ("--gpu", "none", "--ram", "0.3", "--arch", "armv7l"),
        ("--gpu", "none", "--ram", "4", "--model", "deepseek-ai/DeepSeek-V3"),
    ],
)
def test_the_exit_code_is_that_of_recommend(llmpick: Run, options: tuple[str, ...]) -> None:
    done = llmpick("report", "-o", "-", *options)
    assert done.code == llmpick("recommend", *options).code == 3
    assert "</html>" in done.out


def test_a_hostile_model_is_refused_or_inert(llmpick: Run, tmp_path: Path) -> None:
    assert llmpick("report", "-o", "-", *GPU, "--model", "a\x1b[31m").code == 2
    machine = llmpick("probe", "--json").json
    device = {"vendor": "nvidia", "name": "<script>alert(1)</script>\u202e", "memory_gib": 24}
    file = tmp_path / "machine.json"
    file.write_text(json.dumps({**machine, "accelerators": [device]}), encoding="utf-8")
    done = llmpick("report", "-o", "-", "--machine", str(file))
    assert "<script>alert" not in done.out
    assert "&lt;script&gt;alert(1)" in done.out
    assert "\u202e" not in done.out
