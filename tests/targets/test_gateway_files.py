"""The manifest by which a cluster runs a gateway."""

from typing import Any

import pytest
import yaml

from recommender.facts.gateway import Backend, Gateway
from recommender.knowledge import load
from recommender.launch.gateways import gateway
from tests.targets.pods import check

KNOWN = load()


def made(framework: str, model: str = "m", url: str = "http://a:80") -> Gateway:
    backend = Backend(framework=framework, model=model, urls=(url, "http://b"), key_env="SOME_KEY")
    words = KNOWN.speak("en")
    found = gateway([backend], KNOWN, words, orchestrator="kubernetes")
    assert found
    return found


def documents(found: Gateway) -> dict[str, dict[str, Any]]:
    assert found.file
    read = {item["kind"]: item for item in yaml.safe_load_all(found.file)}
    for item in read.values():
        check(item)
    return read


@pytest.mark.parametrize("framework", ["vllm", "sglang", "llama.cpp", "ollama"])
def test_the_api_server_knows_every_field(framework: str) -> None:
    read = documents(made(framework))
    assert read["Service"]["spec"]["selector"].items() <= (
        read["Deployment"]["spec"]["template"]["metadata"]["labels"].items()
    )
    assert ("ConfigMap" in read) == (framework == "ollama")


def test_keys_come_from_a_secret_that_the_lines_make() -> None:
    found = made("ollama")
    (box,) = documents(found)["Deployment"]["spec"]["template"]["spec"]["containers"]
    told = {item["name"]: item["valueFrom"]["secretKeyRef"] for item in box["env"][2:]}
    assert set(told) == {"LITELLM_MASTER_KEY", "SOME_KEY"}
    assert all(f'--from-literal={name}="${name}"' in found.serve[0] for name in told)


def test_it_is_one_process_that_hears_signals() -> None:
    (box,) = documents(made("vllm"))["Deployment"]["spec"]["template"]["spec"]["containers"]
    lines = box["command"][2].splitlines()
    assert lines[0].endswith("vllm-router==0.1.17")
    assert lines[1].startswith("exec env vllm-router --host 0.0.0.0")


def test_the_kubelet_replaces_nothing_in_an_address() -> None:
    found = made("vllm", url="http://$(SOME_KEY)")
    (box,) = documents(found)["Deployment"]["spec"]["template"]["spec"]["containers"]
    assert "'http://$$(SOME_KEY)'" in box["command"][2]
