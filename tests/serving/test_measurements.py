"""The measurement file is read without trust and grows by whole lines."""

import json
import os
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.cli import inputs
from recommender.errors import InputError
from recommender.facts.measurement import Measurement, Timing
from recommender.schema import adapter
from recommender.serving.measurements import RULE, append, read

ONE = Measurement(
    llmpick_version="0.1.0",
    at="2026-11-23T01:22:40Z",
    framework="vllm",
    framework_version=None,
    model="Qwen/Qwen3-8B",
    quantization="bf16",
    device="NVIDIA GeForce RTX 4090",
    device_memory_gib=23.99,
    devices=1,
    timing=Timing(requests=8, decode_tokens_per_s=(50.0, 52.5), prompt_tokens=128),
)
LINE = json.dumps(
    {
        "llmpick_version": "0.1.0",
        "at": "2026-11-23T01:22:40Z",
        "framework": "vllm",
        "model": "Qwen/Qwen3-8B",
        "device": "RTX 4090",
        "devices": 1,
        "timing": {"requests": 1},
    }
)


def test_what_was_written_is_read(tmp_path: Path) -> None:
    file = tmp_path / "new" / "m.jsonl"
    append(file, ONE)
    append(file, replace(ONE, model="模型"))
    assert read(file) == ((ONE, replace(ONE, model="模型")), ())
    for line in file.read_text(encoding="utf-8").splitlines():
        adapter(Measurement).validate_json(line)


@pytest.mark.parametrize(
    "line",
    [
        "no JSON",
        "[]",
        "{}",
        "[" * 5000,
        LINE.replace('"vllm"', "7"),
        LINE.replace('"vllm"', "null"),
        LINE.replace('"vllm"', '"\\u001b[31m"'),
        LINE.replace('"devices": 1', '"devices": -1'),
        LINE.replace('"devices": 1', '"devices": true'),
        LINE.replace("2026-11-23T01:22:40Z", "yesterday"),
        LINE.replace('{"requests": 1}', "[]"),
        LINE.replace('{"requests": 1}', '{"requests": 1, "decode_tokens_per_s": [2, 1]}'),
        LINE.replace('{"requests": 1}', '{"requests": 1, "decode_tokens_per_s": [NaN, 1]}'),
        LINE.replace('{"requests": 1}', '{"requests": 1, "decode_tokens_per_s": [0, 1]}'),
        LINE.replace('{"requests": 1}', '{"requests": 1, "decode_tokens_per_s": "fast"}'),
    ],
)
def test_a_broken_line_is_one_problem_and_spoils_no_other(tmp_path: Path, line: str) -> None:
    file = tmp_path / "m.jsonl"
    file.write_text(f"{LINE}\n{line}\n\n{line}\n{LINE}\n", encoding="utf-8")
    found, problems = read(file)
    assert len(found) == 2
    (problem,) = problems
    assert problem.rule == RULE
    assert "2 of its lines" in problem.what


@given(st.binary(max_size=400))
def test_any_bytes_are_read(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    file = tmp_path_factory.mktemp("any") / "m.jsonl"
    file.write_bytes(data)
    found, problems = read(file)
    assert found == ()
    assert len(problems) <= 1


def test_an_unfinished_line_does_not_swallow_the_next(tmp_path: Path) -> None:
    file = tmp_path / "m.jsonl"
    file.write_text(LINE[:50], encoding="utf-8")
    append(file, ONE)
    found, problems = read(file)
    assert found == (ONE,)
    assert len(problems) == 1


def test_several_writers_do_not_mix_their_lines(tmp_path: Path) -> None:
    file = tmp_path / "m.jsonl"
    writers = [threading.Thread(target=append, args=(file, ONE)) for _ in range(20)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert read(file) == ((ONE,) * 20, ())


def test_of_a_long_file_the_end_is_read(tmp_path: Path) -> None:
    file = tmp_path / "m.jsonl"
    file.write_text("x" * (5 * 2**20) + "\n", encoding="utf-8")
    append(file, ONE)
    assert read(file) == ((ONE,), ())


def test_a_folder_is_a_problem_and_no_failure(tmp_path: Path) -> None:
    found, problems = read(tmp_path)
    assert found == ()
    assert "is no file" in problems[0].what
    with pytest.raises(InputError, match="--no-save"):
        append(tmp_path, ONE)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert read(pipe)[0] == ()
    with pytest.raises(InputError, match="--save"):
        append(pipe, ONE)


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps it elsewhere")
@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {}, "/home/me/.local/share/llmpick/measurements.jsonl"),
        ("linux", {"XDG_DATA_HOME": "/data"}, "/data/llmpick/measurements.jsonl"),
        ("linux", {"XDG_DATA_HOME": "x"}, "/home/me/.local/share/llmpick/measurements.jsonl"),
        ("darwin", {}, "/home/me/Library/Application Support/llmpick/measurements.jsonl"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/llmpick/measurements.jsonl"),
        ("linux", {"LLMPICK_MEASUREMENTS": "/x/y"}, "/x/y"),
    ],
)
def test_where_the_file_is(
    monkeypatch: pytest.MonkeyPatch, platform: str, variables: dict[str, str], expected: str
) -> None:
    for name in ("XDG_DATA_HOME", "LOCALAPPDATA", "LLMPICK_MEASUREMENTS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"HOME": "/home/me", **variables}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.platform", platform)
    assert str(inputs.measurements_file()) == expected
