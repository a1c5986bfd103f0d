"""``probe``, ``explain``, ``frameworks``, ``schema``, ``knowledge validate``."""

import re
from pathlib import Path

import pytest
import yaml

from tests.cli.conftest import Run

KNOWLEDGE = Path(__file__).parents[2] / "knowledge"


def test_probe_tells_this_machine(llmpick: Run) -> None:
    machine = llmpick("probe", "--json").json
    assert machine["os"]["family"]
    assert machine["memory"]["total_gib"] > 0
    assert machine["cpu"]["logical_cores"] > 0
    table = llmpick("probe").out
    assert "Processor" in table
    assert max(map(len, table.splitlines())) <= 80


def test_explain_shows_article_today_and_here(llmpick: Run) -> None:
    text = llmpick("explain", "lmdeploy", "--gpu", "Ascend 910B3:8").out
    assert "TurboMind" in text
    assert "rank 1" in text
    answer = llmpick("explain", "sglang", "--gpu", "Tesla T4", "--json").json
    assert answer["ranked"] is None
    assert any("7.5" in reason["text"] for reason in answer["rejected"]["reasons"])


def test_frameworks_lists_the_eight(llmpick: Run) -> None:
    names = llmpick("frameworks", "-o", "name").out.split()
    assert names == sorted(names)
    assert len(names) == 8
    table = llmpick("frameworks", "--lang", "zh").out
    assert "维护模式" in table


@pytest.mark.parametrize(
    "noun",
    ["machine", "workload", "model", "framework", "answer", "why-not", "fitting", "comparison"],
)
def test_schema_is_json_schema(llmpick: Run, noun: str) -> None:
    schema = llmpick("schema", noun).json
    assert schema["type"] == "object"
    assert schema["properties"]


def test_the_shipped_knowledge_is_valid(llmpick: Run) -> None:
    done = llmpick("knowledge", "validate", str(KNOWLEDGE))
    assert done.code == 0, done.out


@pytest.mark.parametrize(
    ("file", "old", "new", "named"),
    [
        ("workload.yaml", "layer: facts", "layr: facts", "layr"),
        ("workload.yaml", "workload.allow: {lacks", "workload.alow: {lacks", "workload.alow"),
        ("workload.yaml", "{lacks: source}", "{laks: source}", "laks"),
        ("corrections.yaml", "source: tgi-readme", "source: tgi-readm", "tgi-readm"),
        ("corrections.yaml", "checked: 2026-11-22", "checked: soon", "soon"),
        ("recommendations.yaml", "holds: many-models", "holds: many-modls", "many-modls"),
        ("common.yaml", "fix: load-driver", "fix: load-drivr", "load-drivr"),
        ("words.yaml", "value.none: {en: none, zh: 无}", "value.none: {en: none}", "value.none"),
    ],
)
def test_validate_finds_what_is_wrong(  # a table of mistakes
    llmpick: Run, tmp_path: Path, file: str, old: str, new: str, named: str
) -> None:
    copy = tmp_path / "knowledge"
    (copy / "frameworks").mkdir(parents=True)
    for path in (*KNOWLEDGE.glob("*.yaml"), *KNOWLEDGE.glob("frameworks/*.yaml")):
        (copy / path.relative_to(KNOWLEDGE)).write_bytes(path.read_bytes())
    text = (copy / file).read_text(encoding="utf-8")
    assert old in text
    (copy / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    done = llmpick("knowledge", "validate", str(copy))
    assert done.code == 5
    assert named in done.out
    assert yaml.safe_load(text)


def test_version_and_help(llmpick: Run) -> None:
    from recommender import __version__

    assert llmpick("--version").out == f"llmpick {__version__}\n"
    assert "recommend" in llmpick("--help").out


def test_a_grade_is_said_once(llmpick: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    english, chinese = (llmpick("frameworks", "--lang", lang).out for lang in ("en", "zh"))
    assert "NVIDIA DGX Spark (beta)\n" in english
    assert "vllm-gaudi plugin\n" in english
    assert "(CANN, source build)\n" in english
    assert "（测试版）\n" in chinese
    assert "vllm-gaudi 插件\n" in chinese
    assert not re.search(r"[)）] ?[(（]", english.replace(") (", ")(") + chinese)
    assert "llmpick explain NAME" in english


def test_each_maker_of_devices_has_a_line(llmpick: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    shown = llmpick("frameworks").out.partition("Platforms today")[2].splitlines()
    start = shown.index("   Ollama 0.40.2")
    assert shown[start + 1 : start + 4] == ["     NVIDIA CUDA", "     AMD ROCm", "     Vulkan"]
