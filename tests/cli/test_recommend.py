"""``llmpick recommend``: the article's eight picks, forms of output, ways to say what machine."""

import json
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run

H100X8 = ("--gpu", "H100 80GB:8")
LLAMA70B = ("--model", "meta-llama/Llama-3.3-70B-Instruct")
EIGHT = {
    "vllm": (*H100X8, "--use-case", "production", "--concurrency", "200", *LLAMA70B),
    "sglang": (*H100X8, "--use-case", "agents", "--concurrency", "50", *LLAMA70B),
    "tensorrt-llm": ("--gpu", "H100 80GB", "--use-case", "max-single-gpu"),
    "lmdeploy": ("--gpu", "Ascend 910B3:8", "--use-case", "domestic"),
    "xinference": ("--use-case", "many-models", "--nodes", "4"),
    "ollama": ("--gpu", "none", "--ram", "32", "--use-case", "personal"),
    "llama.cpp": (
        *("--gpu", "none", "--ram", "8", "--arch", "aarch64", "--cpu", "Cortex-A76"),
        *("--use-case", "edge"),
    ),
    "tgi": ("--gpu", "A100 80GB", "--use-case", "hf-ecosystem", "--lifecycle", "existing"),
}


@pytest.mark.parametrize("rules", ["current", "article"])
@pytest.mark.parametrize("pick", sorted(EIGHT))
def test_the_articles_eight_picks_come_first(llmpick: Run, pick: str, rules: str) -> None:
    done = llmpick("recommend", *EIGHT[pick], "--rules", rules, "-o", "name")
    assert (done.code, done.out) == (0, f"{pick}\n")


def test_tensor_parallel_divides_the_heads(llmpick: Run) -> None:
    serve = llmpick("recommend", *EIGHT["vllm"], "--json").json["ranking"][0]["launch"]["serve"][0]
    words = shlex.split(serve)
    assert 64 % int(words[words.index("--tensor-parallel-size") + 1]) == 0


def test_lmdeploy_on_ascend_takes_its_pytorch_engine(llmpick: Run) -> None:
    serve = " ".join(
        llmpick("recommend", *EIGHT["lmdeploy"], "--json").json["ranking"][0]["launch"]["serve"]
    )
    assert "--device ascend" in serve
    assert "--backend pytorch" in serve


def test_tgi_carries_the_maintenance_warning(llmpick: Run) -> None:
    first = llmpick("recommend", *EIGHT["tgi"], "--json").json["ranking"][0]
    assert any("maintenance" in warning["text"] for warning in first["warnings"])


def test_article_rules_never_read_a_correction(llmpick: Run) -> None:
    for arguments in EIGHT.values():
        answer = llmpick("recommend", *arguments, "--rules", "article", "--json").json
        layers = {reason["layer"] for item in answer["ranking"] for reason in item["reasons"]}
        assert "corrections" not in layers


def test_points_sum_to_the_score_and_order_the_ranking(llmpick: Run) -> None:
    ranking = llmpick("recommend", *EIGHT["vllm"], "--json").json["ranking"]
    for item in ranking:
        assert sum(reason["points"] for reason in item["reasons"]) == pytest.approx(item["score"])
    scores = [item["score"] for item in ranking]
    assert scores == sorted(scores, reverse=True)
    assert [item["rank"] for item in ranking] == list(range(1, len(ranking) + 1))


def test_every_framework_is_ranked_or_rejected_with_a_reason(llmpick: Run) -> None:
    answer = llmpick("recommend", *EIGHT["lmdeploy"], "--json").json
    named = {item["framework"] for item in (*answer["ranking"], *answer["rejected"])}
    assert len(named) == 8
    for item in answer["rejected"]:
        for reason in item["reasons"]:
            assert reason["text"]
            assert reason["rule"]


def test_a_described_machine_holds_nothing_of_this_one(llmpick: Run) -> None:
    machine = llmpick("recommend", "--gpu", "RTX 4090", "--json").json["machine"]
    assert machine["os"]["kernel"] is None
    assert machine["memory"]["total_gib"] is None
    assert machine["software"]["installed"] == {}


def test_equal_inputs_give_equal_bytes(llmpick: Run) -> None:
    first, second = (llmpick("recommend", *EIGHT["sglang"], "--json").out for _ in range(2))
    assert first == second
    assert "\n" not in first.rstrip("\n")


def test_the_contracts_keys(llmpick: Run) -> None:
    answer = llmpick("recommend", *EIGHT["vllm"], "--json").json
    assert list(answer) == [
        *("schema_version", "llmpick_version", "knowledge_date", "rules", "machine"),
        *("workload", "model", "ranking", "rejected", "problems", "also_consider"),
    ]
    assert {"install", "serve", "check"} <= answer["ranking"][0]["launch"].keys()


def test_a_probe_can_be_piped_into_a_recommendation(llmpick: Run) -> None:
    probed = llmpick("probe", "--json")
    assert probed.code == 0
    done = llmpick("recommend", "--machine", "-", "-o", "name", stdin=probed.out)
    assert done.code == 0
    assert done.out.strip()


def test_a_machine_file_from_elsewhere(
    llmpick: Run, tmp_path_factory: pytest.TempPathFactory
) -> None:
    machine = {
        "os": {"family": "linux"},
        "arch": "x86_64",
        "accelerators": [
            {
                "vendor": "nvidia",
                "name": "Tesla T4",
                "memory_gib": 15.0,
                "compute_capability": "7.5",
            }
        ],
        "software": {"nvidia_driver": "580.95.05"},
    }
    path = tmp_path_factory.mktemp("machine") / "m.json"
    path.write_text(json.dumps(machine), encoding="utf-8")
    answer = llmpick("recommend", "--machine", str(path), "--json").json
    rejected = {item["framework"]: item["reasons"][0] for item in answer["rejected"]}
    assert "8.0" in rejected["sglang"]["text"]
    assert "7.5" in rejected["sglang"]["text"]


def test_nothing_can_run_is_exit_code_3(llmpick: Run) -> None:
    done = llmpick(
        *("recommend", "--gpu", "none", "--ram", "0.1", "--arch", "armv7l"),
        *("--model", "meta-llama/Llama-3.1-405B-Instruct", "--json"),
    )
    assert done.code == 3
    assert done.json["ranking"] == []


def test_the_table_tells_the_decision_in_both_languages(llmpick: Run) -> None:
    english = llmpick("recommend", *EIGHT["vllm"]).out
    chinese = llmpick("recommend", *EIGHT["vllm"], "--lang", "zh").out
    assert "vllm serve" in english
    assert "article, recommendation 1" in english
    assert "文章建议 1" in chinese
    assert max(map(len, english.splitlines())) <= 80
    assert "\x1b" not in english


HOSTILE = [
    "x'; /usr/bin/touch pwned #",
    'o/m"; /usr/bin/touch pwned; "',
    "o/$(/usr/bin/touch pwned)",
    "o/`/usr/bin/touch pwned`",
    "o/m\n/usr/bin/touch pwned\n",
    "o/m && /usr/bin/touch pwned",
    "o/m | /usr/bin/touch pwned",
    "./m; /usr/bin/touch pwned;.gguf",
    "o/\x1b[31m\u202e{port}",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_model_name_does_nothing_in_a_real_shell(
    llmpick: Run, tmp_path: Path, name: str
) -> None:
    done = llmpick("recommend", *H100X8, "--use-case", "production", "--model", name, "--json")
    assert done.code == 0, done.err
    lines = [line for item in done.json["ranking"] for line in _all_lines(item["launch"])]
    assert any(name.strip() in shlex.split(line) for line in lines)
    for line in lines:
        # Without programs on PATH only what the shell itself makes of the line can happen.
        subprocess.run(
            ["/bin/sh", "-c", line],
            cwd=tmp_path,
            env={"PATH": "/nonexistent", "HOME": str(tmp_path)},
            capture_output=True,
            timeout=20,
            check=False,
        )
    assert not (tmp_path / "pwned").exists()


def _all_lines(launch: dict[str, Any]) -> list[str]:
    ways = [launch, *launch["others"].values()]
    return [line for way in ways for part in ("serve", "check") for line in way[part]]


def test_no_control_character_reaches_a_terminal(llmpick: Run) -> None:
    table = llmpick("recommend", *H100X8, "--model", "o/\x1b[31m\u202e\x07red").out
    assert not {"\x1b", "\u202e", "\x07"} & set(table)
