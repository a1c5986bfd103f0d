"""Streams, variables, limits and clocks that are not as usual."""

import os
import shutil
import sys

import pytest

from tests.environments.conftest import Line

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs a POSIX shell and Linux")
L4 = "llmpick recommend --gpu L4"
WRONG = "llmpick recommend --gpu nope"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"{L4} >&-", 0),
        (f"{L4} <&- >&- 2>&-", 0),
        (f"{WRONG} 2>&-", 2),
        ("llmpick fleet <&-", 2),
        (f"{WRONG} 2>/dev/full", 2),
        ("llmpick report --gpu L4 -o - >/dev/full", 1),
        ("llmpick launch vllm --gpu L4 >/dev/full", 1),
        ("echo NodeName=a Gres=gpu:h100:8 | llmpick fleet --json >/dev/full", 1),
        (f"{L4} 1</dev/null", 1),
        ("llmpick man | head -1", 0),
        ("llmpick report --gpu L4 -o - | head -c 1", 0),
    ],
)
def test_streams(line: Line, text: str, code: int) -> None:
    ended = line(text)
    assert ended.code == code
    assert ended.err.count("\n") <= 1


@pytest.mark.parametrize(
    "text",
    [
        f"unset HOME; {L4} --model '~/x.gguf'",
        f"HOME=/etc/passwd {L4}",
        "HOME=/nowhere/else; llmpick probe",
        "unset PATH; llmpick probe",
        "PATH=; llmpick probe",
        f"TERM=dumb {L4}",
        f"COLUMNS=0 {L4}",
        f"COLUMNS=1 {L4}",
        f"COLUMNS=99999999999999999999 {L4}",
        f"COLUMNS=² LINES=² {L4}",
        f"COLUMNS=garbage {L4}",
        f"LC_ALL=xx_XX.nothing {L4}",
        f"LC_ALL=C PYTHONUTF8=0 PYTHONCOERCECLOCALE=0 {L4} --lang zh",
        f"PYTHONIOENCODING=ascii:strict {L4} --lang zh",
        f"LLMPICK_MEASUREMENTS=/dev/zero {L4}",
        f"LLMPICK_MEASUREMENTS=. {L4}",
        "ulimit -n 16; llmpick probe",
        f"ulimit -v 524288; {L4}",
        "ulimit -v 524288; llmpick report --gpu L4 -o -",
        "ulimit -u 1; llmpick probe",
        f"mkdir gone; cd gone; rmdir ../gone; {L4}",
        "mkdir gone; cd gone; rmdir ../gone; llmpick probe",
    ],
)
def test_an_answer_is_given(line: Line, text: str) -> None:
    ended = line(text)
    assert ended.code == 0, ended.err
    assert ended.out.count("\n") > 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("launch vllm --gpu L4 --model ./x", "the working directory is gone"),
        ("launch llama.cpp --gpu L4 --model x.gguf", "the working directory is gone"),
        ("launch vllm --gpu L4 -o x.sh", "x.sh cannot be written"),
        ("report --gpu L4 -o x.html", "x.html cannot be written"),
    ],
)
def test_a_working_directory_that_was_deleted(line: Line, text: str, said: str) -> None:
    ended = line(f"mkdir gone; cd gone; rmdir ../gone; llmpick {text}")
    assert ended.code == 2
    assert said in ended.err
    assert ended.err.count("\n") == 1


@pytest.mark.parametrize("place", ["proc", "sys"])
def test_a_machine_without_proc_or_sys(line: Line, place: str) -> None:
    hidden = f"mount -t tmpfs none /{place} && exec "
    command = f'"{sys.executable}" -m recommender probe --json'
    if line("unshare --mount true").code:
        pytest.skip("no namespace of one's own may be made here")
    ended = line(f"unshare --mount sh -c '{hidden}{command}'")
    assert ended.code == 0, ended.err
    assert '"os":' in ended.out


@pytest.mark.skipif(shutil.which("faketime") is None, reason="faketime is not installed")
@pytest.mark.parametrize("day", ["1970-01-02", "2100-01-01"])
def test_a_clock_that_is_wrong(line: Line, day: str) -> None:
    command = f'"{sys.executable}" -m recommender recommend --gpu L4'
    ended = line(f"faketime '{day} 00:00:00' {command}")
    assert ended.code == 0, ended.err
    assert "Ollama" in ended.out


@pytest.mark.skipif(
    not hasattr(os, "getuid") or os.getuid() != 0, reason="only root can be somebody else"
)
def test_a_user_without_any_right(line: Line) -> None:
    nobody = "setpriv --reuid 65534 --regid 65534 --clear-groups"
    command = f'{nobody} "{sys.executable}" -m recommender'
    if line(f'{nobody} "{sys.executable}" -c "import recommender.cli.main"').code:
        pytest.skip("another user may not read this checkout")
    assert line(f"{command} probe").code == 0
    ended = line(f"{command} launch vllm --gpu L4 -o /root/x.sh")
    assert (ended.code, ended.err.count("\n")) == (2, 1)
