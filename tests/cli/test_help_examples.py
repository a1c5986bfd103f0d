"""Every example of every --help runs and ends as it says."""

import functools
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from recommender import lint
from recommender.knowledge import document
from tests.cli.conftest import Run
from tests.serving.fake_server import Fake, fake_server

KNOWLEDGE = Path(__file__).parents[2] / "knowledge"
EXAMPLES = {
    example["run"]: example.get("exit", [0])
    for command in document("help")["commands"].values()
    for example in command["examples"]
}
_CHECK = functools.cache(lint.check)


@pytest.fixture(scope="module")
def server() -> Iterator[Fake]:
    with fake_server() as running:
        yield running


@pytest.fixture
def here(tmp_path: Path, kept: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of one's own, where the examples find what they name."""
    (tmp_path / "my-knowledge").mkdir()
    (tmp_path / "knowledge").symlink_to(KNOWLEDGE, target_is_directory=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(lint, "check", lambda folder: _CHECK(folder.resolve()))
    assert not kept.exists()
    return tmp_path


@pytest.mark.parametrize("example", EXAMPLES)
def test_example(llmpick: Run, server: Fake, here: Path, example: str) -> None:
    before = set(here.iterdir())
    output, done = "", None
    for part in example.replace("http://127.0.0.1:8000", server.url).split(" | "):
        program, *arguments = shlex.split(part)
        assert program == "llmpick"
        done = llmpick(*arguments, stdin=output)
        output = done.out
    assert done is not None
    assert done.code in EXAMPLES[example], done.err
    assert "Traceback" not in done.err
    assert output.strip() or done.code or _written(example) or "--mcp" in example
    _check_written(set(here.iterdir()) - before, example)


def _check_written(written: set[Path], example: str) -> None:
    """What a command writes is what its help says."""
    names = {path.name for path in written}
    verified = "verify" in example and "--no-save" not in example
    assert names == ({"data"} if verified else _written(example))


def _written(example: str) -> set[str]:
    """The file that an example names with -o."""
    return set(re.findall(r"-o (\S+\.(?:yaml|html))", example))


def test_what_only_a_shell_can_run_is_said_of_the_right_programs() -> None:
    texts: list[Any] = [e["en"] for e in document("help")["commands"]["completion"]["examples"]]
    assert [shell in text for shell, text in zip(("bash", "_llmpick", "fish"), texts, strict=True)]
