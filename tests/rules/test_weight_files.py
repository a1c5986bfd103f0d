"""Sizes of weights are those of files that are really written."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from recommender.facts import Model
from recommender.knowledge import document
from recommender.rules.weights import Table
from tests.rules.small_models import Types, small, written

GIB = 2**30
TABLE = Table(document("core")["quantizations"])
# The better layers of eight: the first, the last, and every third between them.
BETTER = {0, 3, 6, 7}


def _q4_k_m(kind: str, layer: int) -> str:
    better = kind == "head" or (kind in {"v", "down"} and layer in BETTER)
    return "q6_k" if better else "q4_k"


def _q3_k_m(kind: str, layer: int) -> str:
    if kind == "v":
        return "q5_k" if layer < 2 else "q4_k"
    return {"head": "q6_k", "output": "q4_k", "down": "q4_k"}.get(kind, "q3_k")


def _eight_experts(kind: str, layer: int) -> str:
    special = {"v": "q8_0", "k": "q8_0", "output": "q5_k"}
    return special.get(kind) or _q4_k_m(kind, layer)


def _narrow(kind: str, layer: int) -> str:
    """Rows of 320 hold no block of 256."""
    if kind == "down":
        return "q8_0" if layer in BETTER else "q5_0"
    return _q4_k_m(kind, layer)


FILES: Mapping[str, tuple[Model, str, Types]] = {
    "sixteen bits": (small(), "f16", lambda _kind, _layer: "f16"),
    "one type": (small(), "q8_0", lambda _kind, _layer: "q8_0"),
    "better layers": (small(), "q4_k_m", _q4_k_m),
    "first layers": (small(), "q3_k_m", _q3_k_m),
    "size not told": (replace(small(), intermediate=None, tied=None), "q4_k_m", _q4_k_m),
    "rows without blocks": (small(intermediate=320), "q4_k_m", _narrow),
    "tied": (
        small(tied=True),
        "q4_k_m",
        lambda kind, layer: "q6_k" if kind == "embed" else _q4_k_m(kind, layer),
    ),
    "eight experts": (
        small(moe=True, experts=8, experts_per_token=2, moe_intermediate=512, intermediate=None),
        "q4_k_m",
        _eight_experts,
    ),
    "experts alone": (
        small(moe=True, experts=16, experts_per_token=2, moe_intermediate=512, intermediate=None),
        "mxfp4_moe",
        lambda kind, _layer: "mxfp4" if kind in {"up", "down"} else "q8_0",
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_a_size_is_that_of_the_file_to_the_byte(name: str, tmp_path: Path) -> None:
    model, quantization, types = FILES[name]
    shaped = replace(model, tied=model.tied or False, intermediate=model.intermediate or 512)
    found = written(tmp_path / "x.gguf", shaped, types)
    experts = found["up"] + found["down"] if model.experts else 0
    head = found["embed"] if model.tied else found["head"]
    assert _bytes(TABLE.weights_gib(model, quantization)) == sum(found.values())
    assert _bytes(TABLE.embedding_gib(model, quantization)) == found["embed"]
    assert _bytes(TABLE.head_gib(model, quantization)) == head
    assert _bytes(TABLE.experts_gib(model, quantization)) == experts
    idle = experts * (1 - 2 / (model.experts or 2))
    looked_up = 0 if model.tied else found["embed"]
    assert _bytes(TABLE.active_gib(model, quantization)) == sum(found.values()) - looked_up - idle


def _bytes(size: float | None) -> float:
    assert size is not None
    return round(size * GIB, 3)


def test_what_a_format_leaves_at_sixteen_bits() -> None:
    model = replace(small(), extra_params=1000, params=(small().params or 0) + 1000)
    kept = 2 * 512 * 256 + 17 * 256 + 1000
    linear = (model.params or 0) - kept
    assert _bytes(TABLE.weights_gib(model, "fp32")) == 4 * (model.params or 0)
    assert _bytes(TABLE.weights_gib(model, "gptq-int4")) == 2 * kept + linear * 4.125 / 8
    assert _bytes(TABLE.head_gib(model, "gptq-int4")) == 2 * 512 * 256
    assert _bytes(TABLE.head_gib(small(tied=True), "gptq-int4")) == 0
    assert _bytes(TABLE.weights_gib(model, "f16")) == (linear + kept - 1000) * 2 + 17 * 256 * 2
    assert _bytes(TABLE.embedding_gib(model, "mlx-4bit")) == 512 * 256 * 4.5 / 8


def test_groups_of_another_size_have_more_scales() -> None:
    model = replace(small(), quantization="awq-int4", group_size=32)
    linear = (model.params or 0) - 2 * 512 * 256 - 17 * 256
    finer, usual = (TABLE.weights_gib(one, "awq-int4") for one in (model, small()))
    assert _bytes(finer) - _bytes(usual) == pytest.approx(linear * (20 / 32 - 0.156) / 8)
    assert TABLE.weights_gib(model, "gptq-int4") == TABLE.weights_gib(small(), "gptq-int4")


def test_experts_alone_are_in_four_bits_and_padded_as_kernels_hold_them() -> None:
    one = small(moe=True, experts=16, experts_per_token=2, moe_intermediate=512)
    experts = 8 * 16 * 3 * 256 * 512
    assert _bytes(TABLE.experts_gib(one, "mxfp4")) == experts * 4.25 / 8
    rest = (one.params or 0) - experts
    assert _bytes(TABLE.weights_gib(one, "mxfp4")) == experts * 4.25 / 8 + 2 * rest
    odd = small(moe=True, experts=16, experts_per_token=2, moe_intermediate=500)
    assert _bytes(TABLE.experts_gib(odd, "mxfp4")) == experts * 4.25 / 8
