"""``llmpick models``: the catalogue, listed and searched."""

import re

import pytest

from recommender.knowledge import document
from tests.cli.conftest import Run

IDS = [row["id"] for row in document("models")["models"]]


def test_all_models_are_listed_in_the_order_of_the_catalogue(llmpick: Run) -> None:
    assert llmpick("models", "-o", "name").out.split() == IDS
    assert [model["id"] for model in llmpick("models", "--json").json] == IDS


@pytest.mark.parametrize(
    ("arguments", "id_"),
    [
        (("qwen3", "8b"), "Qwen/Qwen3-8B"),
        (("Llama3.3",), "meta-llama/Llama-3.3-70B-Instruct"),
        (("llama-3-3 70b",), "meta-llama/Llama-3.3-70B-Instruct"),
        (("moonshotai",), "moonshotai/Kimi-K2-Instruct"),
        (("embedding", "0.6b"), "Qwen/Qwen3-Embedding-0.6B"),
        (("vision", "gemma"), "google/gemma-3-27b-it"),
        (("--task", "asr"), "openai/whisper-large-v3"),
        (("--max-params", "500m"), "Qwen/Qwen2.5-0.5B-Instruct"),
    ],
)
def test_words_and_bounds_find_models(llmpick: Run, arguments: tuple[str, ...], id_: str) -> None:
    found = llmpick("models", *arguments, "-o", "name").out.split()
    assert id_ in found
    assert len(found) < len(IDS) / 4


def test_bounds_hold_for_every_model(llmpick: Run) -> None:
    for model in llmpick("models", "--fits", "16", "--json").json:
        assert model["params"] * 2 <= 16 * 2**30
    tasks = {model["task"] for model in llmpick("models", "--task", "generate", "--json").json}
    assert tasks == {None}


def test_a_row_tells_what_the_model_needs(llmpick: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "140")
    table = llmpick("models", "Qwen3-30B-A3B").out
    row = next(line for line in table.splitlines() if line.startswith("Qwen/Qwen3-30B-A3B "))
    assert re.split(r"\s{2,}", row.rstrip())[1:6] == [
        "30.5B (3.3B)", "40k", "56.9", "96", "apache-2.0"
    ]  # fmt: skip
    assert row.rstrip().endswith("config.json")
    assert "KV cache of 1024 tokens" in table
    assert "许可证" in llmpick("models", "kimi", "--lang", "zh").out


@pytest.mark.parametrize("columns", ["40", "60", "80", "100", "140"])
def test_names_stand_whole_in_every_window(
    llmpick: Run, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    lines = llmpick("models", "qwen3").out.splitlines()
    assert lines == [line.rstrip() for line in lines]
    names = llmpick("models", "qwen3", "-o", "name").out.split()
    assert [line.split(" ")[0] for line in lines[1 : len(names) + 1]] == names


@pytest.mark.parametrize("columns", ["40", "80", "0"])
def test_no_line_is_wider_than_the_terminal(
    llmpick: Run, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    table = llmpick("models", "qwen3").out
    assert max(map(len, table.splitlines())) <= (int(columns) or 80)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("quen3-8b",), "has 'quen38b' .*did you mean .*Qwen3-8B"),
        (("zzzzzzzz",), "see them all with `llmpick models`"),
        (("--max-params", "1m", "--task", "asr"), "keeps these bounds; widen them"),
        (("--max-params", "big"), "--max-params 'big' is no size"),
        (("--task", "paint"), "--task 'paint' is unknown; known are generate"),
        (("-o", "xml"), "--output"),
    ],
)
def test_what_finds_nothing_is_one_sentence(
    llmpick: Run, arguments: tuple[str, ...], says: str
) -> None:
    done = llmpick("models", *arguments)
    assert done.code == 2
    assert done.out == ""
    assert re.search(says, done.err), done.err
    assert done.err.count("\n") == 1
