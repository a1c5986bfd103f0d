"""A file says how it is started, asked and stopped, and where a token of the hub goes."""

import pytest

from recommender.facts.plan import Opening
from recommender.targets.registry import TARGETS
from tests.launch.test_commands import nvidia
from tests.targets.plans import A_FILE, plan

SAID = {
    "compose": ("docker", ("docker compose -f FILE up", "HF_TOKEN=...", "Stop:")),
    "kubernetes": ("docker", ("kubectl apply -f FILE", "service/qwen3-8b ", "hf-token")),
    "lws": ("docker", ("kubectl apply -f FILE", "kubectl port-forward service/", "hf-token")),
    "systemd": ("pip", ("systemctl enable", "HF_TOKEN=... in /etc/llmpick/qwen3-8b.env")),
}


@pytest.mark.parametrize("target", SAID)
def test_a_file_says_how_it_is_used(target: str) -> None:
    method, said = SAID[target]
    whole = plan("vllm", nvidia(1), opening=Opening(methods=(method,)))
    assert whole is not None
    head = [line for line in TARGETS[target].write(whole).splitlines() if line.startswith("#")]
    for words in (*said, f"curl http://127.0.0.1:{whole.port}/v1/models"):
        assert any(words in line for line in head), words


def test_a_model_on_disk_asks_for_no_token() -> None:
    whole = plan("llama.cpp", nvidia(1), A_FILE, Opening(methods=("docker",)))
    assert whole is not None
    assert "HF_TOKEN=" not in TARGETS["compose"].write(whole)
