"""The manual page: everything that --help says, in macros that man's programs read."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from recommender.knowledge import document
from tests.cli.conftest import Run


@pytest.fixture(params=["en", "zh"])
def page(request: pytest.FixtureRequest, llmpick: Run, tmp_path: Path) -> Path:
    done = llmpick("man", "--lang", request.param)
    assert done.code == 0
    path = tmp_path / f"llmpick.{request.param}.1"
    path.write_text(done.out, encoding="utf-8")
    return path


def test_every_command_option_and_variable_is_in_it(page: Path) -> None:
    text = page.read_text(encoding="utf-8").replace(r"\-", "-")
    said = document("help")
    names = [name for name in said["commands"] if name]
    assert all(re.search(rf'^\.SS "llmpick {name}[ "]', text, re.MULTILINE) for name in names)
    options = {
        *said["options"],
        *(o for c in said["commands"].values() for o in c.get("options", ())),
    }
    assert all(option in text for option in options)
    assert all(name in text for name in said["environment"])


@pytest.mark.skipif(not shutil.which("mandoc"), reason="mandoc is not installed")
def test_mandoc_has_nothing_to_say(page: Path) -> None:
    command = ["mandoc", "-T", "lint", "-W", "warning", str(page)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout == ""


@pytest.mark.skipif(not shutil.which("groff"), reason="groff is not installed")
def test_groff_has_nothing_to_say(llmpick: Run) -> None:
    text = llmpick("man", "--lang", "en").out
    command = ["groff", "-man", "-Tutf8", "-ww", "-K", "utf8"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    shown = re.sub("\x1b\\[[0-9;]*m|.\b", "", done.stdout)
    assert "--gpu NAME[:COUNT]" in shown
    assert "llmpick recommend --gpu 'H100 80GB:8' --use-case production" in shown


def test_lines_that_roff_would_take_for_its_own_are_escaped() -> None:
    from recommender.cli.helping.manual import _text

    assert _text(".TH x") == r"\&.TH x"
    assert _text(r"a\b 'c' -d") == r"a\eb \(aqc\(aq \-d"
    assert _text('say "x"', quoted=True) == r"say \(dqx\(dq"
