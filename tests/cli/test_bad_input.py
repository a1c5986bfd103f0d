"""Wrong input: one sentence with the way out, exit code 2, nothing on standard output."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Done, Run


def _refused(done: Done) -> str:
    assert done.code == 2
    assert done.out == ""
    assert "Traceback" not in done.err
    assert len(done.err.strip().splitlines()) == 1
    return done.err


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("recommend", "--use-case", "producton"), ("--use-case", "producton", "production")),
        (("recommend", "--gpu", "H1000 80GB"), ("--gpu", "H1000", "H100")),
        (("recommend", "--gpu", "H100:0"), ("--gpu", "H100:0")),
        (("recommend", "--gpu", f"H100:{10**30}"), ("--gpu",)),
        (("recommend", "--concurrency", "-5"), ("--concurrency", "-5")),
        (("recommend", "--context", "0"), ("--context", "0")),
        (("recommend", "--nodes", "0"), ("--nodes", "0")),
        (("recommend", "--model", "qwen3-8c"), ("--model", "qwen3-8c")),
        (("recommend", "--model", ""), ("--model",)),
        (("recommend", "--os", ""), ("--os", "empty")),
        (("recommend", "--ram", "0"), ("--ram",)),
        (("recommend", "--driver", "580"), ("--driver", "--gpu")),
        (("recommend", "--region", "US"), ("--region", "US", "CN")),
        (("recommend", "--priority", "speed"), ("--priority", "speed")),
        (("recommend", "--need", "function-caling"), ("--need", "function-calling")),
        (("recommend", "--allow", "wsl"), ("--allow", "wsl2")),
        (("recommend", "--install", "conda"), ("--install", "conda")),
        (("recommend", "--rules", "old"), ("--rules", "old")),
        (("recommend", "--lang", "fr"), ("--lang", "fr")),
        (("recommend", "-o", "xml"), ("--output", "xml")),
        (("recommend", "--quant", "fp8"), ("--model",)),
        (("recommend", "--machine", "/nonexistent"), ("--machine", "/nonexistent")),
        (("recommend", "--machine", "-", "--gpu", "H100"), ("--machine", "--gpu")),
        (("explain", "vlm"), ("vlm", "vllm")),
        (("schema", "machin"), ("machin", "machine")),
    ],
)
def test_one_sentence_names_value_and_way_out(
    llmpick: Run, arguments: tuple[str, ...], named: tuple[str, ...]
) -> None:
    message = _refused(llmpick(*arguments))
    for part in named:
        assert part in message


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "is empty"),
        ("{", "not valid JSON"),
        ("[]", "array"),
        ("null", "null"),
        ("{}", "no machine"),
        ('{"machine": {}, "ranking": []}', ".machine"),
        ('{"os": 3}', "os"),
        ('{"memory": {"total_gib": "much"}}', "memory.total_gib"),
        ('{"memory": {"total_gib": -1}}', "memory.total_gib"),
        ('{"os": {}, "nodes": 0}', "nodes"),
        ('{"accelerators": [' + ",".join(["{}"] * 4097) + "]}", "4097 accelerators"),
        ('{"memory": {"total_gib": NaN}}', "NaN"),
        ('{"accelerators": [{"memory_gib": 1e30}]}', "accelerators.0.memory_gib"),
        ('{"cpu": {"sockets": true}}', "cpu.sockets"),
        ("[" * 100_000, "not valid JSON"),
    ],
)
def test_a_machine_of_the_wrong_shape(llmpick: Run, text: str, named: str) -> None:
    assert named in _refused(llmpick("recommend", "--machine", "-", stdin=text))


def test_a_machine_that_is_not_text(llmpick: Run, tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    path.write_bytes(b"\xff\xfe{\x00}")
    assert "UTF-8" in _refused(llmpick("recommend", "--machine", str(path)))


def test_unknown_fields_are_told_not_lost(llmpick: Run) -> None:
    text = '{"os": {"family": "linux", "familly": 1}, "arch": "x86_64"}'
    answer = llmpick("recommend", "--machine", "-", "--json", stdin=text).json
    assert any("os.familly" in problem["what"] for problem in answer["problems"])


def test_a_broken_knowledge_folder(tmp_path: Path) -> None:
    (tmp_path / "corrections.yaml").write_text("rules: [", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "recommender", "recommend"],
        env={**os.environ, "LLMPICK_KNOWLEDGE_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    message = _refused(Done(done.returncode, done.stdout, done.stderr))
    assert "corrections.yaml" in message


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="this system has no /dev/zero")
@pytest.mark.parametrize("command", ["recommend", "fit"])
def test_a_machine_without_end_is_refused(llmpick: Run, command: str) -> None:
    words = ("qwen3-8b",) if command == "fit" else ()
    message = _refused(llmpick(command, *words, "--machine", "/dev/zero"))
    assert "longer than 8 MiB; one machine was expected" in message
