"""A LoRA adapter that only the user knows is asked for; no file serves a made-up one."""

import re

import pytest

from recommender.errors import InputError
from recommender.facts import Workload
from recommender.facts.plan import Opening, Plan
from recommender.launching import launching
from recommender.targets.registry import TARGETS, target
from tests.launch.test_commands import nvidia
from tests.targets.described import WORDS
from tests.targets.plans import QWEN_8B

WORK = Workload(features=("multi-lora",))


def made(framework: str, name: str) -> Plan:
    chosen = target(name)
    opening = Opening(methods=chosen.ways(framework), shares_network=chosen.shares_network)
    return launching(framework, nvidia(1), WORK, QWEN_8B, opening, WORDS)


@pytest.mark.parametrize("framework", ["vllm", "sglang", "llama.cpp"])
@pytest.mark.parametrize("name", sorted(TARGETS.keys() - {"powershell", "ray"}))
def test_the_adapter_is_asked_for_or_refused(framework: str, name: str) -> None:
    try:
        text = target(name).write(made(framework, name))
    except InputError as error:
        assert re.search("LORA|adapter|bucket|no published image", str(error))  # noqa: PT017
        return
    asks = (r"\$\{LORA_PATH:\?", r"LORA_PATH: null")
    assert any(re.search(pattern, text) for pattern in asks), text
    bare = re.sub(r"#.*|\$+\{LORA_\w+\S*?\}|LORA_\w+: null|LORA_\w+:\?", "", text)
    assert "LORA_" not in bare
    assert "ADAPTER" not in text
