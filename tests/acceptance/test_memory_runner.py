"""The runner of memory measurements, and the bounds that predictions are held to."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from .rows import Scores, rows
from .run_memory import predict

SHARED = Path(__file__).parents[3] / "shared" / "ground-truth" / "memory.json"
SERVED: dict[str, Any] = {
    "id": "a",
    "framework": "vllm",
    "version": "0.19.0",
    "model": "Qwen/Qwen3-32B",
    "weight_dtype": "bfloat16",
    "quant": None,
    "kv_dtype": "auto",
    "gpu": "H100 80GB",
    "gpu_mem_total_gib": 79.19,
    "gpus": 2,
    "tp": 2,
    "pp": 1,
    "max_model_len": 8192,
    "flags": {"gpu_memory_utilization": 0.9},
    "obs": {"weights_gib_per_gpu": 30.6, "kv_available_gib_per_gpu": 36.0, "kv_tokens": 290_000},
}
FILE: dict[str, Any] = {
    "id": "b",
    "framework": "llama.cpp",
    "version": "b9000",
    "model": "Meta_Llama_3.1_8b_it",
    "params_b": 8.03,
    "quant": "Q5_K - Small",
    "kv_dtype": "K (q8_0): 1 MiB, V (f16): 2 MiB",
    "gpu": "RTX 3090",
    "max_model_len": 1024,
    "flags": {"ubatch": 256},
    "obs": {"file_size_gib": 5.2, "kv_mib": 98.0, "compute_mib": {"CUDA0": 133.0, "CPU": 5.0}},
}


def _scored(*measured: Mapping[str, Any]) -> Scores:
    return predict(measured)


def _error(scores: Scores, quantity: str, framework: str) -> float:
    [pair] = scores[quantity, framework].pairs
    return pair.error


def test_every_quantity_of_a_row_is_predicted() -> None:
    scores = _scored(SERVED, FILE)
    for quantity in ("weights/GPU", "available KV", "KV bytes/token"):
        assert abs(_error(scores, quantity, "vllm")) < 0.05
    for quantity in ("file size", "KV cache", "compute buffer"):
        assert abs(_error(scores, quantity, "llama.cpp")) < 0.05


def test_no_prediction_looks_at_what_was_observed() -> None:
    for row in (SERVED, FILE):
        doubled = {
            name: {key: 2 * size for key, size in value.items()}
            if isinstance(value, dict)
            else value * 2
            for name, value in row["obs"].items()
        }
        one, other = _scored(row), _scored({**row, "obs": doubled})
        assert one.keys() == other.keys()
        for key, score in one.items():
            assert [pair.predicted for pair in score.pairs] == [
                pair.predicted for pair in other[key].pairs
            ]


def test_a_row_that_cannot_be_predicted_says_why() -> None:
    unknown = {**FILE, "model": "Nobody's own", "params_b": None}
    scores = _scored(unknown, {**SERVED, "gpu_mem_total_gib": None})
    [(_, why)] = scores["file size", "llama.cpp"].unpredicted
    assert "neither the model nor its size" in why
    assert scores["available KV", "vllm"].unpredicted
    assert scores["weights/GPU", "vllm"].pairs
    assert _scored({**SERVED, "obs": {}})["row", "vllm"].unpredicted


def test_flags_and_versions_move_predictions() -> None:
    def room(**changes: Any) -> float:
        [pair] = _scored({**SERVED, **changes})["available KV", "vllm"].pairs
        return pair.predicted

    assert room(flags={"gpu_memory_utilization": 0.8}) < room() - 7
    assert room(version="0.11.0") < room() - 1


def test_the_command_prints_a_table_and_refuses_what_is_no_list(tmp_path: Path) -> None:
    good, bad = tmp_path / "rows.json", tmp_path / "bad.json"
    good.write_text(json.dumps([SERVED, FILE, {**FILE, "suspect": "odd"}]))
    bad.write_text("{}")
    command = [sys.executable, "-m", "tests.acceptance.run_memory"]
    root = Path(__file__).parents[2]
    done, refused = (
        subprocess.run([*command, str(file)], capture_output=True, text=True, check=False, cwd=root)
        for file in (good, bad)
    )
    assert done.returncode == 0
    assert "suspect rows left aside: 1" in done.stdout
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)


@pytest.fixture(scope="module")
def measured() -> Scores:
    """Scores of the sample of real measurements."""
    if not SHARED.exists():
        pytest.skip(f"{SHARED} is absent: no measurements to compare with")
    return predict(rows(SHARED))


@pytest.mark.parametrize(
    ("quantity", "framework", "statistic", "bound"),
    [
        ("weights/GPU", "vllm", "mean_abs", 0.015),
        ("KV bytes/token", "vllm", "mean_abs", 0.01),
        ("available KV", "vllm", "mean_abs", 0.03),
        ("to serve one request", "vllm", "under", 0.02),
        ("file size", "llama.cpp", "mean_abs", 0.03),
    ],
)
def test_predictions_come_near(
    measured: Scores, quantity: str, framework: str, statistic: str, bound: float
) -> None:
    assert measured[quantity, framework].statistics()[statistic] <= bound


def test_peaks_come_near(measured: Scores) -> None:
    assert measured["peak", "llama.cpp"].statistics()["within_10"] >= 0.7


def test_nine_of_ten_rows_are_predicted(measured: Scores) -> None:
    found = {pair.id for score in measured.values() for pair in score.pairs}
    missed = {row for score in measured.values() for row, _ in score.unpredicted}
    assert len(found) >= 0.9 * len(found | missed)
