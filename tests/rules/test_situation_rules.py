"""The situations that rules name: what is one, and what next to it is none."""

from typing import Any

import pytest

from recommender.knowledge import load
from recommender.rules.conditions import holds
from recommender.rules.situation import Situation

PLAIN = {
    "workload.use_case": "rag",
    "workload.features": (),
    "workload.concurrency": 5,
    "workload.priority": "quality",
    "workload.lifecycle": "new",
    "device.kind": "accelerator",
    "device.vendor": "nvidia",
    "device.compute_capability": "9.0",
    "accelerators.count": 1,
    "nodes": 1,
    "heterogeneous": False,
}


def _is(name: str, facts: dict[str, Any]) -> bool:
    situation = Situation(values={**PLAIN, **facts}, situations=load().situations)
    return holds({"holds": name}, situation) is True


def _cases(*names: str) -> list[dict[str, Any]]:
    return [{"workload.use_case": name} for name in names]


def _with(key: str, *values: Any) -> list[dict[str, Any]]:
    return [{key: value} for value in values]


def _features(*names: str) -> list[dict[str, Any]]:
    return [{"workload.features": (name,)} for name in names]


USERS, WISH, TASK = "workload.concurrency", "workload.priority", "model.task"
CHAT = {"workload.use_case": "chat", USERS: 4, WISH: "cost"}
OLD_CPU = {"device.kind": "cpu", "cpu.x86_level": 2}
MIXED = {"heterogeneous": True, "nodes": 2}


@pytest.mark.parametrize(
    ("name", "inside", "outside"),
    [
        ("heavy-load", _with(USERS, 9), _with(USERS, 8)),
        ("light-load", _with(USERS, 4), _with(USERS, 5)),
        (
            "personal-like",
            [*_cases("personal", "local-api"), CHAT, {**CHAT, "workload.use_case": "ci"}],
            [
                {**CHAT, USERS: 5},
                *({**CHAT, WISH: wish} for wish in ("throughput", "latency", "quality")),
            ],
        ),
        (
            "wants-speed",
            [
                *_with(WISH, "throughput", "latency"),
                *_cases("production", "max-single-gpu", "latency", "offline-batch"),
                {USERS: 9},
                {WISH: "cost", USERS: 5},
            ],
            [{}, {USERS: 8}, {WISH: "cost", USERS: 4}],
        ),
        (
            "wants-simplicity",
            [
                *_with(WISH, "simplicity", "footprint"),
                *_cases("personal", "edge", "local-api"),
                {WISH: "cost", USERS: 4},
            ],
            [{}, {WISH: "cost", USERS: 5}],
        ),
        ("wants-tools", [*_cases("agents"), *_features("function-calling")], [{}]),
        (
            "wants-json",
            [
                *_cases("agents", "structured-output"),
                *_features("structured-output", "json-schema"),
            ],
            [{}, *_features("vision")],
        ),
        (
            "many-models",
            [
                *_cases("many-models"),
                *_features("model-hot-swap", "mixed-hardware"),
                MIXED,
                {"heterogeneous": True, "accelerators.count": 3},
            ],
            [{}, {"heterogeneous": True, "accelerators.count": 2}, {"nodes": 2}],
        ),
        ("several-kinds", _features("asr", "tts", "image"), [{}, *_features("vision")]),
        (
            "server-work",
            [
                *_cases("production", "rag", "embeddings", "multi-lora", "offline-batch"),
                *_cases("long-context", "multimodal", "latency"),
                *({**case, USERS: 9} for case in _cases("chat", "local-api", "research")),
            ],
            [{**case, USERS: 8} for case in _cases("chat", "local-api", "research")],
        ),
        (
            "keeps-tgi",
            [
                *_features("existing-tgi-deployment"),
                {"workload.use_case": "hf-ecosystem", "workload.lifecycle": "existing"},
            ],
            [
                {"workload.use_case": "hf-ecosystem"},
                *(
                    {"workload.features": ("existing-tgi-deployment", wish)}
                    for wish in ("security-updates", "new-architecture", "new-deployment")
                ),
            ],
        ),
        ("on-accelerator", [{}], _with("device.kind", "cpu")),
        ("on-cpu", _with("device.kind", "cpu"), [{}]),
        (
            "accelerator-idle",
            _with("device.kind", "cpu"),
            [{}, {"device.kind": "cpu", "accelerators.count": 0}],
        ),
        (
            "old-device",
            [
                {"device.compute_capability": "6.1"},
                *({"device.vendor": "amd", "device.gfx": gfx} for gfx in ("gfx803", "gfx906")),
                {"device.vendor": "amd", "device.gfx": "gfx1010"},
                OLD_CPU,
            ],
            [
                {"device.compute_capability": "7.0"},
                *({"device.vendor": "amd", "device.gfx": gfx} for gfx in ("gfx90a", "gfx1030")),
                {**OLD_CPU, "cpu.x86_level": 3},
            ],
        ),
        ("embeds", [*_cases("embeddings"), *_with(TASK, "embedding")], [{}, *_with(TASK, "asr")]),
        ("reranks", _with(TASK, "rerank", "reranker"), [{}, *_with(TASK, "embedding")]),
        ("transcribes", _with(TASK, "asr", "speech-to-text"), [{}, *_with(TASK, "tts")]),
        ("speaks", _with(TASK, "tts", "text-to-speech"), [{}, *_with(TASK, "asr")]),
        ("draws", _with(TASK, "image", "text-to-image"), [{}, *_with(TASK, "tts")]),
        (
            "domestic-device",
            _with("device.vendor", "huawei", "cambricon", "metax", "moore-threads", "hygon"),
            _with("device.vendor", "nvidia", "amd"),
        ),
        (
            "strong-cpu",
            [{"cpu.flags": ("avx512f",), "cpu.cores": 16}],
            [
                {"cpu.flags": ("avx512f",), "cpu.cores": 15},
                {"cpu.flags": ("avx2",), "cpu.cores": 64},
            ],
        ),
        (
            "driver-works",
            [{"accelerators.unbound": False}],
            [
                {"accelerators.unbound": True},
                {"accelerators.unbound": False, "accelerators.count": 0},
            ],
        ),
        (
            "bf16-only",
            [
                {"model.dtype_only": "bfloat16"},
                {"model.family": "gemma-3"},
                {"model.id": "google/gemma-2-9b-it"},
            ],
            [{}, {"model.dtype_only": "float16"}, {"model.family": "qwen-3"}],
        ),
    ],
)
def test_a_situation_holds_here_and_not_next_to_it(
    name: str, inside: list[dict[str, Any]], outside: list[dict[str, Any]]
) -> None:
    for facts in inside:
        assert _is(name, facts), facts
    for facts in outside:
        assert not _is(name, facts), facts


@pytest.mark.parametrize(
    ("framework", "platforms", "aside"),
    [
        ("vllm", "cuda rocm xpu cpu cpu-arm ascend ascend-a3 ascend-950", "metal"),
        ("sglang", "cuda rocm rocm-mi350", "xpu"),
        ("tgi", "cuda rocm", "gaudi"),
        ("llama.cpp", "cuda metal", ""),
    ],
)
def test_drafts_without_a_second_model(framework: str, platforms: str, aside: str) -> None:
    here = {"framework.id": framework, "fit.pipeline_parallel": 1}
    for platform in platforms.split():
        assert _is("drafts-from-text", {**here, "platform.id": platform}), platform
    for platform in aside.split():
        assert not _is("drafts-from-text", {**here, "platform.id": platform}), platform
    lora = {**here, "platform.id": "cuda", "workload.features": ("multi-lora",)}
    assert _is("drafts-from-text", lora) is (framework in {"sglang", "llama.cpp"})
    assert not _is("drafts-from-text", {**here, "platform.id": "cuda", TASK: "embedding"})
    staged = {**here, "platform.id": "cuda", "fit.pipeline_parallel": 2}
    assert _is("drafts-from-text", staged) is (framework != "sglang")
