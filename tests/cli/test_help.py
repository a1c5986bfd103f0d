"""Every command's help: whole, in both languages, for any width, with and without colours."""

import re
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import typer
from rich.cells import cell_len

from recommender.cli.helping import values
from recommender.cli.helping.pages import argument_name, children, page
from recommender.cli.helping.texts import Texts
from recommender.cli.main import application
from recommender.knowledge import document
from recommender.schema import NOUNS
from tests.cli.conftest import Run

HELP = document("help")


def _tree(command: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    yield path, command
    for name, child in children(command).items():
        yield from _tree(child, f"{path} {name}".strip())


TREE = dict(_tree(typer.main.get_command(application(()))))


def _options(command: Any) -> Iterator[tuple[str, ...]]:
    for item in command.params:
        if item.param_type_name == "option":
            yield tuple(item.opts)


def test_every_command_has_its_texts_and_none_is_left_over() -> None:
    assert set(HELP["commands"]) == set(TREE)


@pytest.mark.parametrize("path", TREE)
def test_every_argument_and_own_option_is_told_and_none_is_left_over(path: str) -> None:
    command, said = TREE[path], HELP["commands"][path]
    arguments = [
        argument_name(item)
        for item in command.params
        if item.param_type_name == "argument" and not item.hidden
    ]
    assert arguments == list(said.get("arguments", {}))
    names = {name for option in _options(command) for name in option}
    assert set(said.get("options", {})) <= names
    for option in _options(command):
        assert {*said.get("options", {}), *HELP["options"]} & set(option), option


def test_no_shared_option_is_left_over() -> None:
    used = {
        name
        for path, command in TREE.items()
        for option in _options(command)
        for name in option
        if not set(HELP["commands"][path].get("options", {})) & set(option)
    }
    assert set(HELP["options"]) == (used | {"--help"}) & set(HELP["options"])


def test_every_kind_of_value_is_known() -> None:
    every = [HELP["options"], *(c.get("options", {}) for c in HELP["commands"].values())]
    every += [c.get("arguments", {}) for c in HELP["commands"].values()]
    for entry in (entry for entries in every for entry in entries.values()):
        if entry.get("values", "files") != "files":
            assert list(values.known(entry["values"], "en")), entry
    assert HELP["commands"]["schema"]["arguments"]["NAME"]["values"] == sorted(NOUNS)


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("width", [60, 80, 120])
def test_pages_fit_any_width(
    llmpick: Run, monkeypatch: pytest.MonkeyPatch, width: int, lang: str
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    for path in TREE:
        done = llmpick(*path.split(), "--help", "--lang", lang)
        assert done.code == 0, done.err
        for line in done.out.splitlines():
            assert line == line.rstrip()
            assert line.startswith("  llmpick ") or cell_len(line) <= width, line
        assert not re.search("[\u2500-\u257f\x1b]", done.out)


@pytest.mark.parametrize("path", TREE)
def test_a_page_says_what_the_command_reads_changes_and_ends_with(llmpick: Run, path: str) -> None:
    text = llmpick(*path.split(), "--help").out
    said = HELP["commands"][path]
    for part in ("Usage: llmpick", "Reads: ", "Changes: ", "Examples:", "Exit codes:"):
        assert part in text
    assert all(example["run"] in text for example in said["examples"])
    assert all(re.search(rf"^  {code}  ", text, re.MULTILINE) for code in said.get("exits", {}))
    assert "-h, --help" in text


def test_a_chinese_page_has_no_english_sentence() -> None:
    texts = Texts(document=HELP, lang="zh")
    for path, command in TREE.items():
        told = page(command, path, texts)
        every = [told.summary, told.about, *(fact.text for fact in told.facts)]
        every += [e.text for s in (*told.sections, told.exits) for e in s.entries]
        for text in filter(None, every):
            assert re.search("[\u4e00-\u9fff]", text), (path, text)


@pytest.mark.parametrize(
    "arguments",
    [
        ("fit", "--help", "--lang", "zh"),
        ("fit", "--lang=zh", "--help"),
        ("--lang", "zh", "fit", "-h"),
        ("--lang", "zh", "knowledge", "validate", "--help"),
        ("--help", "--lang", "zh"),
        ("schema", "--help", "--lang", "zh"),
    ],
)
def test_the_language_stands_anywhere(llmpick: Run, arguments: tuple[str, ...]) -> None:
    assert "用法" in llmpick(*arguments).out


def test_the_language_of_the_environment(llmpick: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLMPICK_LANG", "zh_CN.UTF-8")
    assert "退出码" in llmpick("probe", "--help").out
    assert "Exit codes" in llmpick("probe", "--help", "--lang", "en").out
    assert "known are en, zh" in llmpick("probe", "--help", "--lang", "fr").err


def test_the_language_before_a_command_is_the_answers(
    llmpick: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LLMPICK_LANG", "en")
    assert "维护模式" in llmpick("--lang", "zh", "frameworks").out


def test_colours_are_for_those_who_want_them(llmpick: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in llmpick("fit", "--help").out
    monkeypatch.delenv("FORCE_COLOR")
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in llmpick("fit", "--help").out


def test_llmpick_alone_shows_what_it_can(llmpick: Run) -> None:
    for arguments in ((), ("knowledge",)):
        done = llmpick(*arguments)
        assert (done.code, done.out) == (2, "")
        assert "Exit codes:" in done.err


def test_help_may_stand_first(llmpick: Run) -> None:
    assert llmpick("help", "fit").out == llmpick("fit", "--help").out
    assert llmpick("help").out == llmpick("--help").out


def test_help_needs_no_pydantic(llmpick: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pydantic", None)
    assert llmpick("schema", "--help").code == 0
