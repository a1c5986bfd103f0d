"""Columns begin at the same cell in every line, whatever the script."""

import io

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from recommender.render import columns

CELLS = st.text(st.sampled_from("abcXYZ019-/ 显存不足模型，。：（）"), max_size=60)


def _shown(head: list[str], rows: list[list[str]], first: int, width: int) -> list[str]:
    file = io.StringIO()
    console = Console(file=file, width=width)
    texts = [[Text(cell) for cell in row] for row in rows]
    columns.show([Text(cell) for cell in head], texts, first, console)
    return file.getvalue().splitlines()


@given(
    st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=4), st.sampled_from([60, 80, 120])
)
def test_nothing_is_lost_and_no_line_ends_in_blanks(rows: list[list[str]], width: int) -> None:
    lines = _shown(["a", "b", "c"], rows, 0, width)
    wanted = sorted("abc" + "".join("".join(row) for row in rows).replace(" ", ""))
    assert sorted("".join(lines).replace(" ", "")) == wanted
    assert all(line == line.rstrip() for line in lines)


def test_chinese_and_english_cells_stand_in_one_line_of_columns() -> None:
    rows = [["vLLM", "最高", "high"], ["SGLang", "x", "易用"]]
    lines = _shown(["", "吞吐量", "ease"], rows, 16, 60)
    told = zip(lines, ("ease", "high", "易用"), strict=True)
    starts = {cell_len(line[: line.index(cell)]) for line, cell in told}
    assert len(starts) == 1
