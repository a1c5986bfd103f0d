"""One thing on one line: never too wide, always a beginning of the whole."""

import io

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from recommender.render.brief import line, one_line

SENTENCES = st.text(st.sampled_from("abcXYZ019-/;:,( 显存不足模型，。：（）"), max_size=200)


@given(SENTENCES, st.integers(min_value=12, max_value=120))
def test_a_cut_line_fits_and_begins_the_whole(text: str, width: int) -> None:
    shown = one_line(Text(text), width).plain
    assert cell_len(shown) <= width
    if cell_len(text) <= width:
        assert shown == text
    else:
        assert shown.endswith("…")
        assert text.startswith(shown[:-1].rstrip())


def test_it_stops_where_a_clause_ends() -> None:
    text = Text("needs compute capability 8.0 or newer; Tesla T4 has 7.5")
    assert one_line(text, 50).plain == "needs compute capability 8.0 or newer …"
    assert one_line(text, 30).plain == "needs compute capability 8.0 …"


def test_a_narrow_console_gets_the_head_on_a_line_of_its_own() -> None:
    file = io.StringIO()
    console = Console(file=file, width=40)
    line(console, Text("7  TensorRT-LLM · cuda     "), "complex to set up\x1b[31m")
    head, rest = file.getvalue().splitlines()
    assert head == "7  TensorRT-LLM · cuda"
    assert rest == "     complex to set up\\x1b[31m"
