"""The article of January 2026 is encoded cell by cell and item by item."""

from collections.abc import Mapping

import pytest

from recommender.facts import Framework
from recommender.knowledge import load

# Throughput and ease of the table, and terms that its other cells must hold.
TABLE = {
    "vllm": ("highest", "high", {"paged-attention", "continuous-batching"}, {"amd-partial"}),
    "sglang": ("extremely-high", "medium", set(), {"nvidia-hopper-blackwell-best"}),
    "tensorrt-llm": ("highest-single-gpu", "medium-compile", set(), {"nvidia-only"}),
    "lmdeploy": ("very-high", "high", set(), {"nvidia", "ascend", "amd-partial"}),
    "ollama": ("medium", "very-high", set(), {"cpu", "nvidia", "amd", "apple"}),
    "llama.cpp": ("medium", "medium", set(), {"cpu", "nvidia", "amd", "apple", "vulkan"}),
    "tgi": ("very-high", "high", {"continuous-batching"}, {"nvidia", "amd", "aws-neuron"}),
    "xinference": ("very-high-distributed", "high", set(), {"nvidia", "amd", "ascend-partial"}),
}
SHORTCOMINGS = {
    "vllm": {"weak-lora", "no-cpu-focus"},
    "sglang": {"learning-curve", "young-ecosystem"},
    "tensorrt-llm": {"nvidia-only", "complex", "inflexible"},
    "lmdeploy": {"small-community"},
    "ollama": {"low-throughput", "no-high-concurrency"},
    "llama.cpp": {"low-throughput", "weak-distribution"},
    "tgi": {"slower-than-vllm"},
    "xinference": {"single-node-slower", "backend-tuning"},
}
FRAMEWORKS = {framework.id: framework for framework in load().frameworks}


def test_the_eight_frameworks() -> None:
    assert set(FRAMEWORKS) == set(TABLE)


@pytest.mark.parametrize("name", sorted(TABLE))
def test_a_row_of_the_table(name: str) -> None:
    row = FRAMEWORKS[name].article
    assert row is not None
    throughput, ease, techniques, hardware = TABLE[name]
    assert row.throughput.level == throughput
    assert row.ease.level == ease
    assert techniques <= set(row.techniques.terms)
    assert hardware <= set(row.hardware.terms)
    assert set(row.shortcomings.terms) == SHORTCOMINGS[name]
    for cell in (row.techniques, row.throughput, row.ease, row.hardware, row.scenarios):
        assert cell.text.en
        assert any("\u4e00" <= char <= "\u9fff" for char in cell.text.zh)


def test_the_eight_recommendations_name_their_picks() -> None:
    rules = {rule.rule: rule for rule in load().rules if rule.rule.startswith("article.")}
    picks = [rules[f"article.{item}"].when["framework.id"] for item in range(1, 9)]
    assert picks == [
        *("vllm", "tensorrt-llm", "sglang", "lmdeploy"),
        *("xinference", "ollama", "llama.cpp", "tgi"),
    ]


def test_no_cell_of_the_table_outweighs_a_recommendation() -> None:
    cells = [
        points
        for rule in load().rules
        if rule.layer == "article" and not rule.rule.removeprefix("article.").isdigit()
        for points in (rule.points.values() if isinstance(rule.points, Mapping) else [rule.points])
    ]
    assert max(cells) < 40


@pytest.mark.parametrize("framework", FRAMEWORKS.values(), ids=list(FRAMEWORKS))
def test_every_platform_can_be_installed_served_and_checked(framework: Framework) -> None:
    for platform in framework.platforms:
        assert platform.methods, platform.id
        for method in platform.methods.values():
            assert method.serve
            assert method.check
