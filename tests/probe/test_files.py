"""Reading below a root: bounded, and None instead of an error."""

import os
from pathlib import Path

import pytest

from recommender.probe.files import LIMIT, Files, clean, integer, which
from tests.probe.conftest import Root


def test_what_cannot_be_read_is_none(root: Root) -> None:
    root.file("text", "x\n").path.joinpath("binary").write_bytes(b"\xff\xfe")
    files = Files(root.path)
    assert files.text("text") == "x\n"
    assert [files.text(name) for name in ("gone", "binary", "", "nul\0byte")] == [None] * 4
    assert (files.line("gone"), files.integer("text"), files.link("text")) == (None, None, None)
    assert files.names("gone") == []


def test_a_pipe_in_the_place_of_a_file_does_not_hang(root: Root) -> None:
    root.path.mkdir()
    os.mkfifo(root.path / "pipe")
    assert Files(root.path).text("pipe") == ""


def test_endless_and_long_files_are_cut(root: Root) -> None:
    assert len(Files("/").text("dev/zero") or "") == LIMIT
    assert Files(root.file("long", "ab" * 9).path).text("long", 3) == "aba"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_denied_file_is_none(root: Root) -> None:
    root.file("secret", "x").path.joinpath("secret").chmod(0)
    assert Files(root.path).text("secret") is None


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", 12),
        ("0x1F", 31),
        (" 7\n", 7),
        ("-1", -1),
        ("", None),
        (None, None),
        ("9" * 5000, None),
    ],
)
def test_numbers(text: str | None, number: int | None) -> None:
    assert integer(text) == number


def test_clean_drops_what_a_terminal_would_obey() -> None:
    assert clean(" a\x1b[2Jb\0\u202ec\n") == "a[2Jbc"
    assert len(clean("x" * 999)) == 200


def test_which_takes_programs_only(tmp_path: Path) -> None:
    (tmp_path / "first" / "tool").mkdir(parents=True)
    (tmp_path / "second").mkdir()
    tool = tmp_path / "second" / "tool"
    tool.write_text("", encoding="utf-8")
    path = os.pathsep.join(map(str, (tmp_path / "first", tmp_path / "second")))
    assert which("tool", path) is None
    tool.chmod(0o755)
    assert which("tool", path) == str(tool)
    assert which("tool", "") is None
