"""Every form of every result: YAML and JSON are the same, CSV and Markdown are tables."""

import csv
import io

import pytest
import yaml

from tests.cli.conftest import Run

COMMANDS = {
    "recommend": ("recommend", "--gpu", "Tesla T4", "--model", "Qwen/Qwen3-14B"),
    "nothing": ("recommend", "--gpu", "none", "--ram", "0.1", "--model", "Qwen/Qwen3-14B"),
    "fit": ("fit", "Qwen/Qwen3-8B", "--gpu", "L40S"),
    "compare": ("compare", "--gpu", "L40S", "--gpu", "RTX 4090"),
    "models": ("models", "qwen3"),
    "frameworks": ("frameworks",),
    "explain": ("explain", "vllm", "--gpu", "L40S"),
    "why-not": ("explain", "sglang", "--why-not", "--gpu", "Tesla T4"),
    "probe": ("probe",),
    "doctor": ("doctor",),
}


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in {"probe", "doctor"}])
def test_yaml_holds_what_json_holds(llmpick: Run, name: str) -> None:
    told = llmpick(*COMMANDS[name], "--json").json
    assert yaml.safe_load(llmpick(*COMMANDS[name], "-o", "yaml").out) == told


@pytest.mark.parametrize("name", COMMANDS)
def test_csv_has_a_heading_and_as_many_cells_in_every_row(llmpick: Run, name: str) -> None:
    lines = list(csv.reader(io.StringIO(llmpick(*COMMANDS[name], "-o", "csv").out)))
    assert len(lines) > 1
    assert {len(line) for line in lines} == {len(lines[0])}


@pytest.mark.parametrize("name", COMMANDS)
def test_markdown_is_a_table(llmpick: Run, name: str) -> None:
    lines = llmpick(*COMMANDS[name], "-o", "markdown").out.splitlines()
    table = [line for line in lines if line.startswith("| ")]
    assert set(table[1]) == set("| -")
    bars = {line.replace("\\\\", "").replace("\\|", "").count("|") for line in table}
    assert bars == {table[0].count("|")}


def test_an_answer_in_csv_ranks_and_refuses(llmpick: Run) -> None:
    answer = llmpick(*COMMANDS["recommend"], "--json").json
    text = llmpick(*COMMANDS["recommend"], "-o", "csv").out
    read = list(csv.DictReader(io.StringIO(text)))
    assert [row["framework"] for row in read] == [
        item["framework"] for item in (*answer["ranking"], *answer["rejected"])
    ]
    assert [row["rank"] for row in read if row["rank"]] == ["1", "2", "3", "4", "5"]
    assert all(row["reason"] for row in read)


def test_a_hostile_name_stays_in_its_cell_and_its_fence(llmpick: Run) -> None:
    model = "o/a|b<script>```\x1b[31m"
    for form in ("yaml", "csv", "markdown"):
        text = llmpick("recommend", "--gpu", "L40S", "--model", model, "-o", form).out
        assert "\x1b" not in text
    text = llmpick("recommend", "--gpu", "L40S", "--model", model, "-o", "markdown").out
    fences = [line for line in text.splitlines() if line.startswith("```")]
    assert len(fences) == 2
    assert "<script>" not in text.split(fences[0])[0]
