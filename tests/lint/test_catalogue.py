"""The linter of figures in models' rows."""

import pytest

from recommender.lint import catalogue
from recommender.lint.loaded import Loaded
from tests.lint.conftest import Spoilt


def test_the_shipped_knowledge_is_sound(sound: Loaded) -> None:
    assert list(catalogue.findings(sound)) == []


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("full_layers: 16, linear_layers: 48", "full_layers: 16, linear_layers: 47", "linear"),
        ("sliding_window: 128, ", "", "sliding_window go together"),
        ("state_bytes: 153944064, ", "", "state_bytes go together"),
        ("kv_lora_rank: 512, ", "", "mla needs kv_lora_rank"),
        ("heads: 28, kv_heads: 4", "heads: 28, kv_heads: 3", "no multiple of 3 KV heads"),
        ("kv_bytes_per_token: 57344", "kv_bytes_per_token: 57345", "layers and heads give 57344"),
        ("active_params: 3300000000", "active_params: 33000000000", "as many active"),
        ("experts: 128, experts_per_token: 8", "experts: 4, experts_per_token: 8", "there are 4"),
        ("params: 7615616512", "params: 8615616512", "params are 12% off"),
        ("Nano-30B-A3B-BF16: {layers", "Nano-30B-A3B-B16: {layers", "is no row"),
        ("v1: {layers:", "v1: {heads: odd, layers:", "excuses what is as it should be"),
        ("v1: {layers:", "v1: {haeds: odd, layers:", "haeds is no check"),
    ],
)
def test_a_mistake_is_named(spoilt: Spoilt, old: str, new: str, named: str) -> None:
    found = list(catalogue.findings(spoilt("models.yaml", old, new)))
    assert any(named in finding for finding in found), found
