"""Standard streams that are closed, full or speak another encoding."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from recommender.cli.main import run

COMMAND = [sys.executable, "-m", "recommender", "recommend", "--gpu", "H100 SXM 80GB"]
POSIX_ONLY = pytest.mark.skipif(os.name != "posix", reason="needs a POSIX shell")


def _shell(line: str, **env: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ["/bin/sh", "-c", line, "sh", *COMMAND],
        env={**os.environ, **env},
        capture_output=True,
        timeout=60,
        check=False,
    )


@POSIX_ONLY
def test_a_full_disk_is_one_sentence() -> None:
    done = _shell('"$@" >/dev/full')
    assert done.returncode == 1
    assert done.stderr.startswith(b"llmpick: the result cannot be written")
    assert done.stderr.count(b"\n") == 1


@POSIX_ONLY
def test_a_reader_that_has_enough_is_no_error() -> None:
    done = _shell('"$@" --json | head -c 1')
    assert done.stdout == b"{"
    assert done.stderr == b""


@POSIX_ONLY
def test_a_closed_standard_input_is_an_empty_file() -> None:
    line = f"exec {sys.executable} -m recommender recommend --machine - <&-"
    done = subprocess.run(["/bin/sh", "-c", line], capture_output=True, timeout=60, check=False)
    assert done.returncode == 2
    assert b"is empty" in done.stderr


@POSIX_ONLY
def test_a_closed_standard_output_is_no_traceback() -> None:
    done = _shell('"$@" >&-')
    assert b"Traceback" not in done.stderr


def test_an_encoding_without_the_characters_gets_escapes() -> None:
    done = subprocess.run(
        [*COMMAND, "--lang", "zh"],
        env={**os.environ, "PYTHONIOENCODING": "ascii", "COLUMNS": "0"},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0
    assert done.stdout.decode("ascii").count("\\u") > 100


def test_what_steers_a_terminal_is_escaped_in_json(tmp_path: Path) -> None:
    device = {"vendor": "nvidia", "name": "A\x9b31m\u202eB", "memory_gib": 80}
    path = tmp_path / "machine.json"
    path.write_text(json.dumps({"os": {"family": "linux"}, "accelerators": [device]}))
    done = subprocess.run(
        [*COMMAND[:4], "--machine", str(path), "--json"],
        capture_output=True,
        timeout=60,
        check=False,
    )
    text = done.stdout.decode()
    assert not {"\x9b", "\u202e"} & set(text)
    assert json.loads(text)["machine"]["accelerators"][0]["name"] == device["name"]


def test_an_error_of_another_file_is_not_called_one_of_the_result(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(_: list[str]) -> None:
        raise FileNotFoundError(2, "No such file or directory", "/nonexistent")

    monkeypatch.setattr("recommender.cli.main.application", broken)
    with pytest.raises(FileNotFoundError, match="nonexistent"):
        run()
