"""What is said of a layout is what decided it."""

from dataclasses import replace

import pytest

from recommender.devices.described import describe
from recommender.facts import Answer, Candidate, Workload
from recommender.models.catalogue import find_model
from recommender.pipeline import as_asked

LANGUAGES = pytest.mark.parametrize("lang", ["en", "zh"])
SAID = {
    "en": {
        "slow": "2 pipeline stages: the link between the devices is slow",
        "heads": "3 pipeline stages: the attention heads cannot be split over all 3 devices",
        "fewer": "a copy on fewer would hold fewer requests at once, or none",
        "layers": "fits by layers over 2 devices",
        "counts": "holds 10 of the 20 wished requests of 8192 tokens",
    },
    "zh": {
        "slow": "2 级流水线：设备间链路较慢",
        "heads": "3 级流水线：注意力头无法在全部 3 个设备上切分",
        "fewer": "可同时容纳的请求会更少，甚至放不下",
        "layers": "可容纳（按层分布于 2 个设备）",
        "counts": "仅能同时容纳所需 20 个 8192 token 请求中的 10 个",
    },
}


def _answer(count: int, users: int, lang: str) -> Answer:
    model, _ = find_model("Qwen/Qwen3-32B", None, None)
    work = Workload(use_case="production", concurrency=users)
    return as_asked(describe([f"RTX 4090:{count}"]), work, model, lang=lang)


def _of(answer: Answer, framework: str) -> Candidate:
    return next(item for item in answer.ranking if item.framework == framework)


def _choices(answer: Answer, framework: str) -> str:
    fit = _of(answer, framework).fit
    assert fit is not None
    return "\n".join(fit.choices)


@LANGUAGES
def test_stages_are_for_a_slow_link_or_for_heads_that_do_not_split(lang: str) -> None:
    said = SAID[lang]
    many, few = _choices(_answer(2, 20, lang), "vllm"), _choices(_answer(3, 4, lang), "vllm")
    assert said["slow"] in many
    assert said["heads"] not in many
    assert said["heads"] in few
    assert not any(word in few for word in ("link", "链路"))


@LANGUAGES
def test_a_split_is_not_said_to_hold_users_that_it_does_not_hold(lang: str) -> None:
    answer = _answer(2, 20, lang)
    fit = _of(answer, "lmdeploy").fit
    assert fit is not None
    assert fit.tensor_parallel > 1
    assert (fit.concurrent_requests or 0) < 20
    assert SAID[lang]["fewer"] in _choices(answer, "lmdeploy")


@LANGUAGES
def test_reasons_name_layers_and_both_numbers(lang: str) -> None:
    answer, said = _answer(2, 20, lang), SAID[lang]
    reasons = {
        name: " ".join(reason.text for reason in _of(answer, name).reasons)
        for name in ("llama.cpp", "ollama", "vllm")
    }
    assert said["layers"] in reasons["llama.cpp"]
    assert said["layers"] in reasons["ollama"]
    assert said["layers"] not in reasons["vllm"]
    assert said["counts"] in reasons["vllm"]


def test_layers_over_the_devices_of_several_machines_are_named() -> None:
    model, _ = find_model("meta-llama/Llama-3.3-70B-Instruct", None, None)
    machine = replace(describe(["RTX 4090"]), nodes=4)
    answer = as_asked(machine, Workload(), model, frameworks=["llama.cpp"])
    text = " ".join(reason.text for reason in answer.ranking[0].reasons)
    assert "fits by layers over 4 devices" in text
