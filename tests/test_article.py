"""The article of January 2026 is encoded cell by cell and item by item."""

from collections.abc import Mapping

import pytest

from recommender.devices.described import describe
from recommender.facts import Framework, Workload
from recommender.knowledge import load
from recommender.pipeline import recommend

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


PICKS = [
    ("vllm", "production", 200, ["H100 80GB:8", "A100 80GB:4", "L40S:2", "MI300X:8", "RTX 4090"]),
    ("tensorrt-llm", "max-single-gpu", 1, ["H100 80GB", "A100 80GB", "B200", "L40S", "RTX 4090"]),
    ("tensorrt-llm", "latency", 1, ["H100 80GB", "L40S"]),
    ("sglang", "agents", 20, ["H100 80GB:8", "A100 80GB:4", "L4"]),
    ("sglang", "structured-output", 20, ["H100 80GB:8", "B200:8"]),
    ("lmdeploy", "domestic", 20, ["Ascend 910B3:8", "Ascend 310P3", "A100 80GB:8"]),
    ("xinference", "many-models", 20, ["A100 80GB:4", "none", "MI300X:2"]),
    ("ollama", "personal", 1, ["none", "RTX 4090", "M4 Max 128GB", "RX 7900 XTX", "Arc B580"]),
    ("llama.cpp", "edge", 1, ["none", "GTX 1080 Ti", "Jetson AGX Orin 64GB", "RX 580"]),
    ("tgi", "hf-ecosystem", 1, ["H100 80GB", "MI300X:1", "Gaudi 2"]),
]


@pytest.mark.parametrize(
    ("pick", "use_case", "users", "gpu"),
    [(pick, use_case, users, gpu) for pick, use_case, users, gpus in PICKS for gpu in gpus],
)
def test_the_articles_pick_comes_first_by_the_articles_rules(
    pick: str, use_case: str, users: int, gpu: str
) -> None:
    machine = describe([gpu], ram_gib=64)
    work = Workload(use_case=use_case, concurrency=users)
    assert recommend(machine, work, rules="article").ranking[0].framework == pick
