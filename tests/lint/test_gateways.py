"""Mistakes in what is known of gateways."""

from pathlib import Path

import pytest

from recommender.facts.noun import changed
from recommender.knowledge_source import compile_document
from recommender.lint import gateways
from recommender.lint.loaded import Loaded
from tests.lint.conftest import KNOWLEDGE


def test_the_shipped_gateways_are_sound(sound: Loaded) -> None:
    assert list(gateways.findings(sound)) == []


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("of: vllm", "of: vlm", "no framework is called 'vlm'"),
        ("takes: [sglang]", "takes: [sglan]", "no framework is called 'sglan'"),
        ("health: passive", "health: active", "health is 'active', not one of checks, passive"),
        (
            "--worker-urls {urls}",
            "--workers {urls}",
            "--workers is no option of vllm-router 0.1.17",
        ),
        ("--server-port {port}", "--port {port}", "--port is no option of lmdeploy serve proxy"),
        ("{bin}smg launch", "{bin}smg server", "knowledge/options has no list of 'smg'"),
        ("{url.json}", "{uri.json}", "no fact is called 'uri.json'"),
        ('api_base: "{url}/v1"', 'api_base: "{base}/v1"', "no fact is called 'base'"),
        ("{framework: llama.cpp}", "{frame: llama.cpp}", "no fact is called 'frame'"),
        ("    alive: /readiness\n", "", "a pod needs the path `alive`"),
        ("    key_env: LITELLM_MASTER_KEY\n", "", "key_env has to name its variable"),
        ("    takes: [vllm]\n", "", "sglang-router must stand before vllm-router, which takes any"),
    ],
)
def test_a_mistake_is_named(sound: Loaded, tmp_path: Path, old: str, new: str, named: str) -> None:
    text = (KNOWLEDGE / "gateways.yaml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "gateways.yaml").write_text(text.replace(old, new, 1), encoding="utf-8")
    spoilt = changed(sound, gateways=compile_document(tmp_path, "gateways"))
    found = list(gateways.findings(spoilt))
    assert any(named in finding for finding in found), found
