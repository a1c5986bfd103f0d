"""The runner of speeds: a row is predicted or has a reason, and the shared file's bound."""

import json
from pathlib import Path
from typing import Any

import pytest

from recommender.errors import InputError
from recommender.knowledge import document
from recommender.rules.rates import Rates
from tests.acceptance import fit_speed, run_speed
from tests.acceptance.measured import stated
from tests.acceptance.rows import Score, main, rows, table
from tests.acceptance.speed_cases import DENSE, cases

SHARED = Path(__file__).parents[3] / "shared" / "ground-truth" / "speed.json"
ROW: dict[str, Any] = {
    "id": "r1",
    "framework": "llama.cpp",
    "model": "Qwen/Qwen3-8B",
    "quant": "Q4_K_M",
    "gpu": "Some Computer (Nvidia RTX 4090)",
    "gpus": 1,
    "mode": "single_stream",
    "isl": 512,
    "osl": 128,
    "decode_tps": 130.0,
    "prefill_tps": 7000.0,
}


@pytest.fixture
def file(tmp_path: Path) -> Any:
    """Writes rows and gives their path."""

    def write(*found: dict[str, Any]) -> Path:
        path = tmp_path / "speed.json"
        path.write_text(json.dumps(found), encoding="utf-8")
        return path

    return write


def test_every_quantity_of_a_row_is_predicted_from_what_it_states(file: Any) -> None:
    read = rows(file(ROW, {**ROW, "id": "r2", "decode_tps": 1.0, "prefill_tps": 1.0}))
    scores = run_speed.scores(read)
    for quantity in (DENSE, "prefill"):
        first, second = scores[quantity, "llama.cpp"].pairs
        assert first.predicted == second.predicted
        assert first.low
        assert first.high
        assert first.low < first.predicted < first.high
    assert abs(scores[DENSE, "llama.cpp"].pairs[0].error) < 0.5


def test_what_cannot_be_predicted_has_a_reason(file: Any) -> None:
    spoilt = (
        {"gpu": "an abacus"},
        {"framework": "made-up"},
        {"model": "nobody/knows-it"},
        {"flags": "llama-server --n-cpu-moe 20"},
        {"flags": "--speculative-config x"},
        {"model": "Qwen/Qwen3-32B", "gpu": "RTX 3060"},
        {"device": "CPU"},
    )
    read = rows(file(*({**ROW, "id": str(n), **change} for n, change in enumerate(spoilt))))
    every = run_speed.scores(read).values()
    missed = [reason for score in every for _, reason in score.unpredicted]
    assert len(missed) == 2 * len(spoilt)
    assert len(set(missed)) == len(spoilt)
    assert not any(score.pairs for score in every)


def test_suspects_are_counted_and_left_aside(file: Any) -> None:
    found = rows(file(ROW, {**ROW, "suspect": "offload"}))
    assert (len(found), found.suspects) == (1, 1)


def test_statistics() -> None:
    score = Score("speed", "x")
    for observed in (100.0, 95.0, 85.0, 30.0, 150.0):
        score.predict("r", 100.0, observed, (80.0, 125.0))
    score.miss("m", "nobody knows")
    found = score.statistics()
    assert (found["rows"], found["n"]) == (6, 5)
    assert found["within_10"] == pytest.approx(0.4)
    assert found["within_20"] == pytest.approx(0.6)
    assert found["within_2x"] == pytest.approx(0.8)
    assert found["under"] == pytest.approx(0.2)
    assert found["covered"] == pytest.approx(0.6)
    assert found["unpredicted"] == {"nobody knows": 1}
    assert "1 x nobody knows" in table([score])


def test_output(file: Any, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(file(ROW))
    assert main("x", [path, "--rows"], run_speed.scores) == 0
    assert "r1  decode, dense, one GPU, llama.cpp: " in capsys.readouterr().out
    assert main("x", [path, "--json", "--rows"], run_speed.scores) == 0
    found = json.loads(capsys.readouterr().out)
    assert {score["quantity"] for score in found["scores"]} == {DENSE, "prefill"}
    assert {row["id"] for row in found["rows"]} == {"r1"}


@pytest.mark.parametrize("text", ["", "{}", "[1]", "nonsense", "[{}]"])
def test_a_bad_file_is_one_sentence(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bad.json"
    path.write_text(text, encoding="utf-8")
    assert main("x", [str(path)], run_speed.scores) == 2
    assert capsys.readouterr().err.count("\n") == 1
    with pytest.raises(InputError):
        rows(tmp_path / "none.json")
    assert main("x", [], run_speed.scores) == 2


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({"quant": "UD-Q4_K_XL"}, "ud-q4_k_xl"),
        ({"quant": "Q4_K_P"}, "q4_k_m"),
        ({"quant": "qwen35 27B Q8_0"}, "q8_0"),
        ({"quant": "fp4", "framework": "vllm"}, "nvfp4"),
        ({"quant": "awq-4bit", "framework": "vllm"}, "awq-int4"),
        ({"quant": None, "framework": "vllm"}, "bf16"),
        ({"quant": None, "framework": "ollama", "model": "qwen3:8b"}, "q4_k_m"),
        ({"quant": "mlx-4bit", "framework": "mlx"}, "mlx-4bit"),
    ],
)
def test_formats_as_people_write_them(change: dict[str, Any], wanted: str) -> None:
    assert stated({**ROW, **change}).quantization == wanted


def test_devices_in_computers() -> None:
    said = stated(ROW)
    assert said.device
    assert said.device.name == "GeForce RTX 4090"
    assert said.host == "Some Computer"


def test_a_fit_finds_the_efficiency_that_the_runs_have() -> None:
    base = document("speed")
    read = [{**ROW, "id": str(n), "decode_tps": speed} for n, speed in enumerate((99.0, 100, 101))]
    every = [case for row in read for case in cases(row, Rates(base)) if case.run]
    found = fit_speed.fitted(every, base)
    score = run_speed.scores(read, Rates({**base, "rates": found}))[DENSE, "llama.cpp"]
    assert all(abs(pair.error) < 0.1 for pair in score.pairs)


def test_the_shared_measurements() -> None:
    if not SHARED.is_file():
        pytest.skip(f"{SHARED} is not here: the measurements are no part of the repository")
    score = next(
        one
        for one in run_speed.scores(rows(SHARED)).together()
        if (one.quantity, one.framework) == (DENSE, "all")
    )
    found = score.statistics()
    assert found["within_20"] >= 0.70
    assert found["within_2x"] >= 0.97
    assert found["n"] >= 0.85 * found["rows"]
