"""Every word of a command stays one word, in the shell that it is for."""

import shlex
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.facts.command import Command
from recommender.launch.shell import posix, powershell

HOSTILE = [
    "x'; rm -rf ~ #",
    "$(reboot)",
    "`reboot`",
    "a\nb",
    "\x1b[31mred",
    'double " quote',
    "",
    "--flag",
    "100%",
    "curly \u2019 quote",
    "{port}",
]


@pytest.mark.parametrize("word", HOSTILE)
def test_a_real_shell_reads_the_word_back(word: str) -> None:
    line = posix(Command(argv=("printf", "%s", word)))
    done = subprocess.run(["/bin/sh", "-c", line], capture_output=True, check=True)
    assert done.stdout.decode() == word


@given(st.lists(st.text(st.characters(exclude_characters="\x00")), min_size=1))
def test_posix_words_survive(words: list[str]) -> None:
    harmless = tuple(word for word in words if not word.startswith("~/"))
    assert tuple(shlex.split(posix(Command(argv=harmless)))) == harmless


def test_home_is_expanded_and_the_rest_is_not(tmp_path: Path) -> None:
    line = posix(Command(argv=("printf", "%s", "~/a b:/c$HOME")))
    done = subprocess.run(
        ["/bin/sh", "-c", line], capture_output=True, check=True, env={"HOME": str(tmp_path)}
    )
    assert done.stdout.decode() == f"{tmp_path}/a b:/c$HOME"


def test_variables_stand_before_the_command() -> None:
    line = posix(Command(argv=("sh", "-c", 'printf %s "$A"'), env={"A": "x'y z"}))
    done = subprocess.run(["/bin/sh", "-c", line], capture_output=True, check=True)
    assert done.stdout.decode() == "x'y z"


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (Command(argv=("ollama", "run", "it's")), "ollama run 'it''s'"),
        (Command(argv=("x", "a\u2019b")), "x 'a\u2019\u2019b'"),
        (Command(argv=("x",), env={"A": "1 2"}), "$env:A = '1 2'; x"),
        (Command(argv=("C:\\a b\\x.exe",)), "& 'C:\\a b\\x.exe'"),
        (Command(argv=("x", "~/a$b")), 'x "$HOME/a`$b"'),
        (Command(argv=("x", "")), "x ''"),
    ],
)
def test_powershell(command: Command, expected: str) -> None:
    assert powershell(command) == expected


def test_raw_text_quotes_its_values() -> None:
    command = Command(raw="curl {model} | sh", values={"model": "a; b"})
    assert posix(command) == "curl 'a; b' | sh"
