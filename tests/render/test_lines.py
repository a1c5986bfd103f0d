"""Folding a command changes how it looks, never what it means."""

import shlex
import subprocess

from hypothesis import given
from hypothesis import strategies as st

from recommender.errors import visible
from recommender.render.lines import fold

WORDS = st.lists(
    st.text(st.characters(codec="ascii", exclude_characters="\x00\r\n")), min_size=1, max_size=12
)


@given(WORDS, st.integers(min_value=20, max_value=100))
def test_a_folded_command_is_the_same_command(words: list[str], width: int) -> None:
    line = shlex.join(words)
    folded = "".join(fold(line, width)).replace(" \\    ", " ")
    assert shlex.split(folded) == words


def test_a_shell_reads_the_folded_lines_as_one() -> None:
    line = shlex.join(["printf", "%s-", *(f"word {number}" for number in range(20))])
    folded = fold(line, 40)
    assert len(folded) > 3
    assert max(map(len, folded)) <= 40
    done = subprocess.run(
        ["/bin/sh", "-c", "\n".join(folded)], capture_output=True, check=True, text=True
    )
    assert done.stdout == "".join(f"word {number}-" for number in range(20))


@given(st.text())
def test_nothing_invisible_reaches_a_terminal(text: str) -> None:
    assert visible(text).isprintable()
