"""The linter of options in commands."""

import pytest

from recommender.lint import options
from recommender.lint.loaded import Loaded
from tests.lint.conftest import Spoilt

FILES = (
    "lmdeploy",
    "llama.cpp",
    "mlx-lm",
    "ollama",
    "sglang",
    "tensorrt-llm",
    "tgi",
    "vllm",
    "xinference",
)
MOST_BYTES = 1_000_000


def test_the_shipped_knowledge_is_sound(sound: Loaded) -> None:
    assert list(options.findings(sound)) == []


def test_each_framework_has_a_list_and_all_are_small(sound: Loaded) -> None:
    known = options.lists(sound)
    assert set(FILES) <= set(known)
    files = (sound.root / "options").iterdir()
    assert sum(file.stat().st_size for file in files) < MOST_BYTES


@pytest.mark.parametrize(
    ("file", "old", "new", "named"),
    [
        ("vllm", "--kv-cache-dtype fp8", "--kv-cache-dtype fp9", "does not take 'fp9'"),
        ("vllm", "VLLM_CPU_KVCACHE_SPACE: ", "VLLM_USE_V1: ", "VLLM_USE_V1 is no variable of"),
        ("sglang", "args: --tp-size", "args: --tp", "--tp is only short for"),
        ("sglang", "--cuda-graph-backend-decode disabled", "--disable-cuda-graph", "is deprecated"),
        ("llama-cpp", "--reranking -b", "--mlock -b", "--mlock is gone in"),
        ("tensorrt-llm", "args: --tp_size", "args: --tp-size", "--tp-size is no option of"),
        ("tgi", "--sharded false", "--sharded", "--sharded needs a value"),
        ("ollama", "OLLAMA_NUM_PARALLEL: ", "OLLAMA_PARALLEL: ", "OLLAMA_PARALLEL is no variable"),
        ("xinference", "--endpoint http", "--end-point http", "--end-point is no option of"),
    ],
)
def test_a_mistake_is_named(spoilt: Spoilt, file: str, old: str, new: str, named: str) -> None:
    found = list(options.findings(spoilt(f"frameworks/{file}.yaml", old, new)))
    assert any(named in finding for finding in found), found


@pytest.mark.parametrize(
    ("framework", "option", "name", "wrong"),
    [
        ("vllm", "--tool-call-parser", "qwen3_coder", "qwen4_coder"),
        ("tensorrt-llm", "--tool_parser", "deepseek_v31", "deepseekv3.1"),
        ("tensorrt-llm", "--reasoning_parser", "deepseek-r1", "deepseek_r1"),
    ],
)
def test_a_parser_that_the_newest_version_lacks_is_named(
    spoilt: Spoilt, framework: str, option: str, name: str, wrong: str
) -> None:
    spoil = spoilt("parsers.yaml", f"{framework}: {name}", f"{framework}: {wrong}")
    found = list(options.findings(spoil))
    assert any(f"{option} does not take '{wrong}'" in finding for finding in found), found


def test_a_missing_list_is_named(spoilt: Spoilt) -> None:
    knowledge = spoilt("options/tgi.json", '"tgi"', '"tgi"')
    (knowledge.root / "options" / "tgi.json").unlink()
    found = list(options.findings(knowledge))
    assert found == ["tgi: knowledge/options has no list of its options"]


@pytest.mark.parametrize("spoil", ['"programs"', '"grammar"', '"names"'])
def test_a_broken_list_is_named(spoilt: Spoilt, spoil: str) -> None:
    found = list(options.findings(spoilt("options/tgi.json", spoil, '"x"')))
    assert len(found) == 1
    assert found[0].endswith("is no option list; write it anew with llmpick knowledge refresh")
