"""Wrapped text stays inside the window, whatever its script, and loses nothing but blanks."""

import io

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from recommender.render.layout import hanging

# Wide characters, narrow ones, blanks and the marks that Chinese text may not begin a line with.
SENTENCES = st.text(st.sampled_from("abcXYZ019-/ 显存不足模型，。：（）"), max_size=300)


def _lines(text: str, width: int, first: int = 2, rest: int = 5) -> list[str]:
    console = Console(file=io.StringIO(), width=width)
    return hanging(Text(text), first, rest, console).plain.split("\n")


@given(SENTENCES, st.integers(min_value=30, max_value=120))
def test_nothing_is_lost_and_no_line_is_too_wide(text: str, width: int) -> None:
    lines = _lines(text, width)
    assert "".join("".join(lines).split()) == "".join(text.split())
    # A closing mark stays with the character before it, so marks in a row may hang over.
    marks = 0
    for line in lines:
        marks = max(marks, cell_len(line) - cell_len(line.rstrip("，。：）")))
    assert max(map(cell_len, lines)) <= width + marks


@given(SENTENCES, st.integers(min_value=30, max_value=120))
def test_indents_hang_and_lines_end_without_blanks(text: str, width: int) -> None:
    head, *more = _lines(f"a{text}", width)
    assert head == head.rstrip()
    assert head.startswith(" " * 2)
    assert all(line.startswith(" " * 5) and line == line.rstrip() for line in more)


def test_chinese_fills_its_lines_and_keeps_closing_marks() -> None:
    lines = _lines("显存不足以同时容纳模型权重与缓存，" * 6, 40, 0, 0)
    assert all(cell_len(line) >= 37 for line in lines[:-1])
    assert not any(line.startswith("，") for line in lines)


@given(st.integers(min_value=20, max_value=60))
def test_no_line_begins_with_a_closing_mark_or_ends_with_an_opening_one(width: int) -> None:
    lines = _lines("支持 Atlas 800I A2（910B）与 A3（910C），另有 vLLM、SGLang。" * 3, width, 0, 0)
    assert not any(line[0] in "，。、）" for line in lines)
    assert not any(line[-1] == "（" for line in lines)


def test_english_words_stay_whole() -> None:
    words = [
        "the",
        "weights",
        "of",
        "the",
        "model",
        "and",
        "its",
        "KV",
        "cache",
        "do",
        "not",
        "fit",
    ]
    assert " ".join(_lines(" ".join(words), 30, 0, 0)).split() == words


def test_a_word_longer_than_the_window_is_cut() -> None:
    lines = _lines("x" * 100, 30, 0, 0)
    assert [len(line) for line in lines] == [30, 30, 30, 10]
