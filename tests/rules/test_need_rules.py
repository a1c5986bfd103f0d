"""What a use needs and what corrects the article: who asks for it, who has it, who is past it."""

from typing import Any

import pytest

from recommender.knowledge import load
from recommender.rules.conditions import holds
from recommender.rules.situation import Situation

# A question that asks for nothing in particular.
PLAIN = {
    "workload.use_case": "chat",
    "workload.features": (),
    "workload.concurrency": 1,
    "workload.priority": "latency",
    "workload.lifecycle": "new",
    "device.kind": "accelerator",
    "device.vendor": "nvidia",
    "device.count": 2,
    "nodes": 1,
    "traits": (),
    "heterogeneous": False,
}


def _speaks(name: str, **facts: Any) -> bool:
    values = PLAIN | {key.replace("__", "."): value for key, value in facts.items()}
    rule = next(rule for rule in load().rules if rule.rule == name)
    return holds(rule.when, Situation(values=values, situations=load().situations)) is True


def _points(name: str) -> float:
    points = next(rule.points for rule in load().rules if rule.rule == name)
    assert isinstance(points, (int, float))
    return points


def _case(name: str) -> dict[str, Any]:
    return {"workload__use_case": name}


def _feature(name: str) -> dict[str, Any]:
    return {"workload__features": (name,)}


def _task(name: str) -> dict[str, Any]:
    return {"model__task": name}


ASKED: list[tuple[str, str, list[dict[str, Any]]]] = [
    ("prefix-cache", "need.prefix-cache", [*map(_case, ("rag", "agents", "long-context"))]),
    ("prefix-cache", "need.prefix-cache", [*map(_feature, ("prefix-caching", "multi-turn"))]),
    ("prefix-cache", "need.prefix-cache", [_feature("coding")]),
    ("tool-calling", "need.tools", [_case("agents"), _feature("function-calling")]),
    ("structured-output", "need.json", [_case("structured-output"), _feature("json-schema")]),
    ("multi-lora", "need.multi-lora", [_case("multi-lora"), _feature("multi-lora")]),
    ("multi-lora", "need.multi-lora-missing", [_case("multi-lora"), _feature("multi-lora")]),
    ("embeddings", "need.embeddings", [_case("embeddings"), _feature("embedding")]),
    ("embeddings", "need.embeddings", [_task("embedding")]),
    ("rerank", "need.rerank", [_feature("rerank"), _task("rerank")]),
    ("asr", "need.asr", [_feature("asr")]),
    ("tts", "need.tts", [_feature("tts")]),
    ("image", "need.image", [_feature("image")]),
    ("vision", "need.vision", [_case("multimodal"), _feature("vision")]),
    ("vision", "need.vision", [{"model__modality": "vision"}]),
    ("in-process", "need.in-process", [_feature("in-process")]),
    ("model-manager", "need.manager", [_case("many-models"), _feature("model-hot-swap")]),
    ("multi-node", "need.multi-node", [{"nodes": 2}]),
    ("kv-quant", "need.kv-quant", [_feature("kv-quant")]),
    ("speculative-decoding", "need.speculative", [_feature("speculative-decoding")]),
    ("new-models", "need.research", [_case("research")]),
    ("new-models", "need.new-architecture", [_feature("new-architecture")]),
    ("new-models", "need.new-architecture-late", [_feature("new-architecture")]),
    ("continuous-batching", "need.batch", [_feature("batch")]),
    ("cross-platform", "need.cross-platform", [_feature("cross-platform")]),
    ("single-binary", "need.single-binary", [_case("edge"), {"workload__priority": "footprint"}]),
]


@pytest.mark.parametrize(("trait", "rule", "asking"), ASKED)
def test_what_is_asked_for_is_given_points_or_costs_them(
    trait: str, rule: str, asking: list[dict[str, Any]]
) -> None:
    adds = _points(rule) > 0
    assert _points(rule) != 0
    for asked in asking:
        assert _speaks(rule, **asked, traits=(trait,)) is adds, asked
        assert _speaks(rule, **asked) is not adds, asked
    assert not _speaks(rule, traits=(trait,))
    assert not _speaks(rule)


@pytest.mark.parametrize("rule", ["load.slots", "load.queue", "load.unbatched"])
def test_more_than_eight_requests_at_a_time_are_a_load(rule: str) -> None:
    traits = {"load.slots": ("slots",), "load.queue": ("one-command",)}.get(rule, ())
    assert _points(rule) < 0
    assert _speaks(rule, workload__concurrency=9, traits=traits)
    assert not _speaks(rule, workload__concurrency=8, traits=traits)
    assert not _speaks(rule, workload__concurrency=9, traits=("continuous-batching",))


@pytest.mark.parametrize(
    ("rule", "here", "next_to_it"),
    [
        (
            "load.local-throughput",
            {"workload__priority": "throughput", **_case("production"), "traits": ("slots",)},
            [{"device__count": 1}, {"workload__priority": "latency"}, {"device__kind": "cpu"}],
        ),
        (
            "load.latency",
            {**_case("max-single-gpu"), "traits": ("slots",)},
            [{"device__vendor": "amd"}, {"traits": ()}, _case("chat")],
        ),
        (
            "need.local-engine",
            {**_case("personal"), "traits": ("slots",)},
            [{"traits": ("slots", "model-manager")}, {"traits": ()}, _case("production")],
        ),
        (
            "need.server",
            {**_case("rag"), "traits": ("continuous-batching",)},
            [{"traits": ("slots",)}, _case("personal")],
        ),
        (
            "fit.wide-tensor",
            {"fit__nodes": 2, "fit__tensor_parallel": 16, "fit__pipeline_parallel": 1},
            [{"fit__nodes": 1}, {"fit__tensor_parallel": 1}, {"fit__pipeline_parallel": 2}],
        ),
        (
            "correction.tgi-maintenance",
            {"framework__status": "maintenance"},
            [{"framework__status": "active"}, _feature("existing-tgi-deployment")],
        ),
        (
            "correction.tgi-maintenance",
            {
                "framework__status": "maintenance",
                "workload__features": ("existing-tgi-deployment", "security-updates"),
            },
            [
                {
                    **_case("hf-ecosystem"),
                    "workload__lifecycle": "existing",
                    "workload__features": (),
                }
            ],
        ),
        (
            "correction.hf-successor",
            {**_case("hf-ecosystem"), "traits": ("new-models",), "framework__id": "sglang"},
            [{"framework__id": "tgi"}, {"traits": ()}, {"workload__lifecycle": "existing"}],
        ),
        (
            "correction.vllm-lora",
            {"framework__id": "vllm", **_feature("multi-lora")},
            [{"framework__id": "lmdeploy"}, {"workload__features": ()}],
        ),
        (
            "correction.sglang-hardware",
            {"framework__id": "sglang", "device__vendor": "amd"},
            [{"device__vendor": "nvidia"}, {"framework__id": "vllm"}],
        ),
        *(
            (
                "correction.sglang-hardware",
                {"framework__id": "sglang", "device__vendor": vendor},
                [{"device__vendor": "apple"}],
            )
            for vendor in ("huawei", "intel")
        ),
        (
            "correction.ascend-active",
            {"framework__id": "vllm", "device__vendor": "huawei"},
            [{"framework__id": "lmdeploy"}, {"device__vendor": "amd"}],
        ),
        (
            "correction.hf-successor",
            {**_case("hf-ecosystem"), "traits": ("new-models",), "framework__id": "vllm"},
            [_case("research")],
        ),
        (
            "correction.trtllm-blackwell-consumer",
            {"framework__id": "tensorrt-llm", "device__compute_capability": "12.0"},
            [{"device__compute_capability": "10.0"}, {"framework__id": "vllm"}],
        ),
        (
            "correction.xinference-transformers",
            {"framework__id": "xinference"},
            [{"traits": ("slots",)}, {"traits": ("continuous-batching",)}, _case("many-models")],
        ),
        (
            "correction.strix-halo",
            {"framework__id": "vllm", "device__vendor": "amd", "device__unified": True},
            [{"device__unified": False}, {"device__vendor": "nvidia"}],
        ),
    ],
)
def test_a_rule_speaks_here_and_not_next_to_it(
    rule: str, here: dict[str, Any], next_to_it: list[dict[str, Any]]
) -> None:
    assert _points(rule) != 0
    assert _speaks(rule, **here)
    for other in next_to_it:
        assert not _speaks(rule, **{**here, **other}), other


def test_a_framework_in_maintenance_is_past_every_first_choice_but_for_its_fleet() -> None:
    assert _points("correction.tgi-maintenance") < -2 * 40
    assert _points("correction.tgi-existing") == 0
    kept = {"framework__status": "maintenance", **_feature("existing-tgi-deployment")}
    assert _speaks("correction.tgi-existing", **kept)
    assert not _speaks("correction.tgi-existing", framework__status="maintenance")
    assert not _speaks("correction.tgi-existing", **{**kept, "framework__status": "active"})


def test_what_only_remarks_moves_nothing() -> None:
    remarks = ("correction.turbomind-ascend", "correction.trtllm-no-compile")
    for name in ("fit.holds", "fit.queues", *remarks):
        assert _points(name) == 0
    where = {"framework__id": "lmdeploy", "device__vendor": "huawei"}
    assert _speaks("correction.turbomind-ascend", **where)
    assert not _speaks("correction.turbomind-ascend", **{**where, "framework__id": "vllm"})
    assert not _speaks("correction.turbomind-ascend", **{**where, "device__vendor": "nvidia"})
