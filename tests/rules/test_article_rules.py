"""The article's table and recommendations as rules: for whom each of them speaks, and no other."""

from typing import Any

import pytest

from recommender.devices.described import describe
from recommender.facts import Workload
from recommender.knowledge import load
from recommender.rules.conditions import holds
from recommender.rules.grouping import groups
from recommender.rules.situation import (
    Group,
    Situation,
    device_facts,
    framework_facts,
    machine_facts,
    workload_facts,
)

NAMES = tuple(head.id for head in load().heads)
CASES = tuple(load().vocabulary("use_cases"))
DEVICES = {
    "nvidia": "H100 80GB",
    "amd": "MI300X",
    "huawei": "Ascend 910B3",
    "apple": "M4 Max 128GB",
    "aws": "Trainium2",
    "gaudi": "Gaudi 2",
    "intel": "Arc B580",
}


def _spoken(
    framework: str, device: str = "nvidia", nodes: int = 1, **work: Any
) -> dict[str, float]:
    """The rules of the article that hold, with their points where those are the same for all."""
    machine = describe([DEVICES[device]] if device in DEVICES else ["none"], nodes=nodes)
    group = groups(machine)[0] if device in DEVICES else Group(members=())
    body = next(item for item in load().heads if item.id == framework)
    platform = load().platform(framework, load().outlines(framework)[0].id)
    values = {
        **machine_facts(machine),
        **device_facts(group),
        **workload_facts(Workload(**work)),
        **framework_facts(body, platform),
        "fit.offload": "none",
    }
    facts = Situation(values=values, situations=load().situations)
    held = (rule for rule in load().rules if holds(rule.when, facts) is True)
    return {
        rule.rule: rule.points if isinstance(rule.points, (int, float)) else 0.0
        for rule in held
        if rule.layer == "article"
    }


@pytest.mark.parametrize(
    ("framework", "whole", "part"),
    [
        ("vllm", "nvidia", "amd gaudi intel"),
        ("sglang", "nvidia", ""),
        ("tensorrt-llm", "nvidia", ""),
        ("lmdeploy", "nvidia huawei", "amd"),
        ("xinference", "nvidia amd cpu", "huawei"),
        ("ollama", "nvidia amd apple cpu", ""),
        ("llama.cpp", "nvidia amd apple intel cpu", ""),
        ("tgi", "nvidia amd gaudi aws", ""),
    ],
)
def test_hardware_that_the_article_lists_counts_and_half_so_in_part(
    framework: str, whole: str, part: str
) -> None:
    spoken = {device: _spoken(framework, device) for device in (*DEVICES, "cpu")}
    for rule, points, named in (
        ("article.hardware", 4, whole),
        ("article.hardware-partial", 2, part),
    ):
        found = {device for device, held in spoken.items() if held.get(rule) == points}
        assert found == set(named.split()), rule


@pytest.mark.parametrize(
    ("framework", "cases"),
    [
        ("vllm", "production"),
        ("sglang", "agents structured-output"),
        ("tensorrt-llm", "production max-single-gpu latency"),
        ("lmdeploy", "domestic multimodal"),
        ("xinference", "many-models"),
        ("ollama", "personal local-api"),
        ("llama.cpp", "edge embedded-library"),
        ("tgi", "hf-ecosystem research"),
    ],
)
def test_each_framework_has_its_scenarios(framework: str, cases: str) -> None:
    found = {case for case in CASES if "article.scenario" in _spoken(framework, use_case=case)}
    assert found == set(cases.split())


def test_without_a_network_the_article_names_the_one_that_needs_none() -> None:
    found = {name for name in NAMES if "article.scenario" in _spoken(name, offline=True)}
    assert found == {name for name in NAMES if "article.scenario" in _spoken(name)} | {"llama.cpp"}


@pytest.mark.parametrize(
    ("rule", "framework", "cases"),
    [
        (
            "article.1",
            "vllm",
            "production rag embeddings multi-lora offline-batch long-context multimodal",
        ),
        ("article.2", "tensorrt-llm", "max-single-gpu latency"),
        ("article.3", "sglang", "agents structured-output"),
        ("article.4", "lmdeploy", "domestic"),
        ("article.5", "xinference", "many-models"),
        ("article.7", "llama.cpp", "edge embedded-library"),
        ("article.8", "tgi", "hf-ecosystem"),
    ],
)
def test_a_recommendation_speaks_for_its_framework_and_cases(
    rule: str, framework: str, cases: str
) -> None:
    found = {
        (name, case) for name in NAMES for case in CASES if rule in _spoken(name, use_case=case)
    }
    assert found == {(framework, case) for case in cases.split()}
    assert next(item.points for item in load().rules if item.rule == rule) == 40


@pytest.mark.parametrize(
    ("work", "device", "spoken"),
    [
        ({"use_case": "personal"}, "nvidia", True),
        ({"use_case": "chat", "concurrency": 4}, "nvidia", True),
        ({"use_case": "chat", "concurrency": 5}, "nvidia", False),
        ({"use_case": "chat", "priority": "throughput"}, "nvidia", False),
        ({"use_case": "production", "priority": "simplicity"}, "cpu", True),
        ({"use_case": "edge", "priority": "simplicity"}, "cpu", False),
        ({"use_case": "production", "priority": "simplicity"}, "nvidia", False),
    ],
)
def test_one_persons_machine_gets_the_quick_start(
    work: dict[str, Any], device: str, *, spoken: bool
) -> None:
    assert ("article.6" in _spoken("ollama", device, **work)) is spoken


@pytest.mark.parametrize(
    ("rule", "framework", "without", "within"),
    [
        ("concurrency", "ollama", {"concurrency": 8}, {"concurrency": 9}),
        ("concurrency", "llama.cpp", {"concurrency": 8}, {"concurrency": 9}),
        ("complex", "tensorrt-llm", {"priority": "throughput"}, {"priority": "simplicity"}),
        ("complex", "sglang", {"priority": "latency"}, {"priority": "simplicity"}),
        ("inflexible", "tensorrt-llm", {}, {"priority": "flexibility"}),
        ("distribution", "llama.cpp", {"nodes": 1}, {"nodes": 2}),
        ("lora", "vllm", {}, {"use_case": "multi-lora"}),
        ("lora", "vllm", {}, {"features": ("multi-lora",)}),
        ("cpu", "vllm", {"device": "nvidia"}, {"device": "cpu"}),
        ("single-node", "tgi", {"use_case": "research"}, {"use_case": "production"}),
        ("single-node", "xinference", {"nodes": 2, "priority": "latency"}, {"priority": "latency"}),
    ],
)
def test_a_shortcoming_costs_points_where_it_is_felt(
    rule: str, framework: str, without: dict[str, Any], within: dict[str, Any]
) -> None:
    name = f"article.shortcoming-{rule}"
    assert name not in _spoken(framework, **{"use_case": "research", **without})
    assert _spoken(framework, **{"use_case": "research", **within})[name] < 0


def test_a_recommendation_outweighs_every_cell_of_the_table() -> None:
    cells = [rule.points for rule in load().rules if rule.layer == "article"]
    points = [
        point
        for cell in cells
        for point in ([cell] if isinstance(cell, (int, float)) else cell.values())
    ]
    assert sorted(points)[-8:] == [40] * 8
    assert max(point for point in points if point != 40) <= 20


@pytest.mark.parametrize("column", ["throughput", "ease"])
def test_what_is_wished_weighs_four_times_what_is_not(column: str) -> None:
    wished, aside = (
        next(rule.points for rule in load().rules if rule.rule == f"article.{name}")
        for name in (column, f"{column}-aside")
    )
    assert isinstance(wished, dict)
    assert isinstance(aside, dict)
    assert wished == {level: 4 * points for level, points in aside.items()}
