"""Options that came and went follow the version that the commands are for."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from recommender.facts import Fit, Machine, Model, Platform, Workload
from recommender.knowledge import load
from recommender.launch import plan, values
from recommender.launch.variables import plain
from recommender.rules.situation import (
    Group,
    Situation,
    device_facts,
    fit_facts,
    framework_facts,
    machine_facts,
    model_facts,
    workload_facts,
)
from tests.launch.test_commands import PLATFORMS, QWEN_8B, commands_of, nvidia

KNOWN = {framework.id: framework for framework in load().frameworks}
FIT = Fit(fits=True, model="m", context_tokens=8192, concurrent_requests=4, quantization="bf16")
EMBEDDING = replace(QWEN_8B, task="embedding")
RERANKER = replace(QWEN_8B, task="rerank")


def _words(
    framework: str,
    method: str,
    workload: Workload,
    version: str | None = None,
    model: Model | None = None,
    fit: Fit = FIT,
) -> list[str]:
    """The words of the first serve command on an NVIDIA GPU."""
    platform = PLATFORMS[framework, "cuda"]
    facts = facts_of(framework, platform, workload, model, fit)
    chosen = platform.methods[method]
    named = values.values(platform, chosen, fit, model, workload, version)
    made = plan.commands(chosen.serve, platform, facts.extend(named))
    return list(made[0].argv)


def facts_of(
    framework: str, platform: Platform, workload: Workload, model: Model | None, fit: Fit
) -> Situation:
    machine = nvidia(1)
    return Situation(
        values={
            **machine_facts(machine),
            **device_facts(Group(members=machine.accelerators)),
            **workload_facts(workload),
            **model_facts(model or QWEN_8B),
            **framework_facts(KNOWN[framework], platform),
            **fit_facts(fit, workload, 1, model),
        },
        situations=load().situations,
    )


def _follows(words: Sequence[str], *wanted: str) -> bool:
    return any(tuple(words[i : i + len(wanted)]) == wanted for i in range(len(words)))


@pytest.mark.parametrize(
    ("version", "model", "wanted"),
    [
        (None, EMBEDDING, ("--runner", "pooling")),
        ("0.11.0", RERANKER, ("--runner", "pooling")),
        ("0.10.2", EMBEDDING, ("--task", "embed")),
        ("0.10.1", RERANKER, ("--task", "score")),
    ],
)
def test_vllm_pools_as_its_version_says(
    version: str | None, model: Model, wanted: tuple[str, str]
) -> None:
    words = _words("vllm", "pip", Workload(), version, model)
    assert _follows(words, *wanted)
    assert ("--runner" in words) != ("--task" in words)


@pytest.mark.parametrize(
    ("version", "there", "absent"),
    [
        ("b6324", ("-fa", "-ctk", "q8_0"), ("-fa", "on")),
        ("6325", ("-fa", "on", "-ctk", "q8_0"), ("-fa", "-ctk")),
        (None, ("-fa", "on", "-ctk", "q8_0"), ("-ngl", "99")),
        ("b6324", ("-ngl", "99"), ("--spec-default",)),
    ],
)
def test_llama_cpp_takes_the_options_of_its_build(
    version: str | None, there: tuple[str, ...], absent: tuple[str, ...]
) -> None:
    features = ("kv-quant", "speculative-decoding")
    words = _words("llama.cpp", "native", Workload(features=features), version, QWEN_8B)
    assert _follows(words, *there)
    assert not _follows(words, *absent)


def test_experts_leave_the_device_by_themselves_since_build_7407() -> None:
    fit = replace(FIT, offload="experts")
    old = _words("llama.cpp", "native", Workload(), "b7000", fit=fit)
    assert "--cpu-moe" in old
    assert "--cpu-moe" not in _words("llama.cpp", "native", Workload(), "b7407", fit=fit)


def test_an_image_brings_its_own_build() -> None:
    for (framework, name), platform in PLATFORMS.items():
        for key, method in platform.methods.items():
            build = (method.image or "").rpartition("-")[2]
            if framework == "llama.cpp" and build[:1] == "b" and build[1:].isdigit():
                assert method.version == build, f"{name}/{key}"
    platform = PLATFORMS["llama.cpp", "cuda"]
    named = values.values(platform, platform.methods["docker"], FIT, None, Workload())
    assert named["version"] == platform.methods["docker"].version != platform.version


def test_what_is_installed_is_started_as_it_is() -> None:
    machine: Machine = nvidia(1)
    software = replace(machine.software, installed={"llama.cpp": "7000"})
    work = Workload(use_case="agents", install="native")
    old = commands_of(replace(machine, software=software), "llama.cpp", "cuda", QWEN_8B, work)
    new = commands_of(machine, "llama.cpp", "cuda", QWEN_8B, work)
    assert "--jinja" in old["native"].commands.serve[0]
    assert "--jinja" not in new["native"].commands.serve[0]
    assert "--jinja" not in old["docker"].commands.serve[0]


@pytest.mark.parametrize(
    ("framework", "method", "wanted"),
    [
        ("vllm", "pip", ("--speculative-config",)),
        ("sglang", "pip", ("--speculative-algorithm", "NGRAM")),
        ("tgi", "docker", ("--speculate", "2")),
        ("llama.cpp", "native", ("--spec-default",)),
    ],
)
def test_drafts_without_a_second_model(
    framework: str, method: str, wanted: tuple[str, ...]
) -> None:
    wish = Workload(features=("speculative-decoding",))
    assert _follows(_words(framework, method, wish), *wanted)
    assert not _follows(_words(framework, method, Workload()), *wanted)
    assert not _follows(_words(framework, method, wish, model=EMBEDDING), *wanted)


def test_sglang_drafts_for_more_than_48_requests_when_told_so() -> None:
    many = Workload(features=("speculative-decoding",), concurrency=100)
    assert _follows(_words("sglang", "pip", many), "--max-running-requests", "100")
    few = replace(many, concurrency=48)
    assert "--max-running-requests" not in _words("sglang", "pip", few)


@pytest.mark.parametrize(
    ("framework", "method", "wanted"),
    [
        ("vllm", "pip", ("--lora-modules", "LORA_NAME=LORA_PATH")),
        ("sglang", "pip", ("--lora-paths", "LORA_NAME=LORA_PATH")),
        ("tgi", "docker", ("--lora-adapters", "LORA_NAME=LORA_PATH")),
        ("lmdeploy", "pip", ("--backend", "pytorch", "--adapters", "LORA_NAME=LORA_PATH")),
        ("llama.cpp", "native", ("--lora", "LORA_PATH")),
    ],
)
def test_adapters_have_a_place_to_be_named(
    framework: str, method: str, wanted: tuple[str, ...]
) -> None:
    words = list(map(plain, _words(framework, method, Workload(features=("multi-lora",)))))
    assert _follows(words, *wanted)


def test_tgi_quantizes_the_cache_where_its_kernels_can() -> None:
    wish = Workload(features=("kv-quant",))
    assert _follows(_words("tgi", "docker", wish), "--kv-cache-dtype", "fp8_e4m3fn")
    odd = replace(QWEN_8B, head_dim=96)
    assert "--kv-cache-dtype" not in _words("tgi", "docker", wish, model=odd)


@pytest.mark.parametrize(
    ("name", "told"), [("A100 SXM4 80GB", False), ("NVIDIA H200", False), ("RTX 4090", True)]
)
def test_lmdeploy_is_told_of_more_users_than_it_expects(name: str, told: bool) -> None:
    machine = nvidia(1)
    device = replace(machine.accelerators[0], name=name)
    for users in (128, 200):
        work = Workload(concurrency=users, install="pip")
        one = replace(machine, accelerators=(device,))
        line = commands_of(one, "lmdeploy", "cuda", QWEN_8B, work)["pip"].commands.serve[0]
        assert ("--max-batch-size 200" in line) is (told and users > 128)


def test_vllm_and_tgi_draft_nothing_beside_adapters() -> None:
    both = Workload(features=("multi-lora", "speculative-decoding"))
    assert "--speculative-config" not in _words("vllm", "pip", both)
    assert "--speculate" not in _words("tgi", "docker", both)
    assert "--speculative-algorithm" in _words("sglang", "pip", both)
