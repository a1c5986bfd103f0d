"""Which gateway is chosen for which servers, and what speaks against the others."""

import itertools

import pytest

from recommender.facts.gateway import Backend, GatewayKind
from recommender.knowledge import load
from recommender.launch.gateways import gateways
from recommender.rules.gateways import Asked, against, chosen

KNOWN = load()
KINDS = gateways(KNOWN).gateways
READY = {
    head.id: head.exposure.ready
    for head in (*KNOWN.heads, *KNOWN.challenger_heads)
    if head.exposure
}


def servers(framework: str, model: str = "m", count: int = 2, key: str | None = None) -> Backend:
    urls = tuple(f"http://{framework}-{number}:8000" for number in range(count))
    return Backend(framework=framework, model=model, urls=urls, key_env=key)


def asked(*backends: Backend, orchestrator: str | None = None, exposed: bool = False) -> Asked:
    return Asked(backends=backends, orchestrator=orchestrator, exposed=exposed, ready=READY)


def named(found: GatewayKind | None) -> str | None:
    return found.id if found else None


@pytest.mark.parametrize(
    ("backends", "expected"),
    [
        ([servers("vllm")], "vllm-router"),
        ([servers("sglang")], "sglang-router"),
        ([servers("lmdeploy")], "lmdeploy-proxy"),
        ([servers("xinference")], "xinference-supervisor"),
        # Those of one framework that do not choose by the model's name
        ([servers("vllm", "a"), servers("vllm", "b")], "smg"),
        ([servers("sglang", "a"), servers("sglang", "b")], "smg"),
        # and those that do
        ([servers("lmdeploy", "a"), servers("lmdeploy", "b")], "lmdeploy-proxy"),
        ([servers("xinference", "a"), servers("xinference", "b")], "xinference-supervisor"),
        # Frameworks without a gateway of their own, and several of them
        ([servers("llama.cpp")], "smg"),
        ([servers("tensorrt-llm")], "smg"),
        ([servers("vllm"), servers("sglang")], "smg"),
        ([servers("tgi", "a"), servers("mlx-lm", "b", 1)], "smg"),
        # /health is not where these answer
        ([servers("ollama")], "litellm"),
        ([servers("vllm"), servers("xinference")], "litellm"),
        # Keys
        ([servers("vllm", key="VLLM_API_KEY")], "vllm-router"),
        ([servers("vllm", key="A"), servers("llama.cpp", key="A")], "smg"),
        ([servers("vllm", key="A"), servers("llama.cpp", key="B")], "litellm"),
        ([servers("vllm", key="A"), servers("vllm")], "litellm"),
        # A framework that nothing is known of
        ([servers("of-the-future")], "litellm"),
    ],
)
def test_the_own_one_where_it_suffices_else_one_that_takes_all(
    backends: list[Backend], expected: str
) -> None:
    assert named(chosen(KINDS, asked(*backends))) == expected


def test_where_others_reach_it_something_checks_a_key() -> None:
    assert named(chosen(KINDS, asked(servers("vllm"), exposed=True))) == "smg"
    guarded = asked(servers("vllm", key="VLLM_API_KEY"), exposed=True)
    assert named(chosen(KINDS, guarded)) == "vllm-router"


@pytest.mark.parametrize(
    ("backend", "expected"),
    [
        (servers("vllm"), "vllm-router"),
        (servers("lmdeploy"), "smg"),
        (servers("xinference"), "litellm"),
    ],
)
def test_in_a_cluster_it_is_one_that_runs_in_a_pod(backend: Backend, expected: str) -> None:
    assert named(chosen(KINDS, asked(backend, orchestrator="kubernetes"))) == expected
    assert named(chosen(KINDS, asked(backend, orchestrator="slurm"))) != "nothing"


def test_a_star_in_a_name_is_a_pattern_for_some() -> None:
    question = asked(servers("vllm", "*", key="A"), servers("ollama", "b"))
    assert chosen(KINDS, question) is None
    litellm = next(kind for kind in KINDS if kind.id == "litellm")
    assert against(litellm, question) == "names"


def test_every_two_frameworks_have_one() -> None:
    frameworks = [head.id for head in KNOWN.heads]
    for first, second in itertools.combinations_with_replacement(frameworks, 2):
        for models in (("a", "a"), ("a", "b")):
            question = asked(servers(first, models[0]), servers(second, models[1]))
            found = chosen(KINDS, question)
            assert found
            assert not found.takes or {first, second} <= set(found.takes)
            assert found.by_name or models == ("a", "a")
