"""Sizes of weights, against what others published and logged."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Any

import gguf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.facts import Model
from recommender.knowledge import document
from recommender.models import catalogue, spelling
from recommender.models.formats import meant
from recommender.rules.weights import Table, share_of_layers
from tests.rules.small_models import small

GIB = 2**30
TABLE = Table(document("core")["quantizations"])
SAMPLES = Path(__file__).parents[3] / "shared" / "ground-truth" / "memory.json"

LLAMA_8B = Model(
    id="llama-3.1-8b",
    params=8030261248,
    layers=32,
    hidden=4096,
    heads=32,
    kv_heads=8,
    head_dim=128,
    vocab=128256,
)
# Bits per weight of Llama-3.1-8B (source: llama.cpp 311c2c9, tools/quantize/README.md).
README = {
    "iq1_s": 2.0042,
    "iq1_m": 2.1460,
    "iq2_xxs": 2.3824,
    "iq2_xs": 2.5882,
    "iq2_s": 2.7403,
    "iq2_m": 2.9294,
    "iq3_xxs": 3.2548,
    "iq3_xs": 3.4977,
    "iq3_s": 3.6606,
    "iq3_m": 3.7628,
    "iq4_xs": 4.4597,
    "iq4_nl": 4.6818,
    "q2_k_s": 2.9697,
    "q2_k": 3.1593,
    "q3_k_s": 3.6429,
    "q3_k_l": 4.2979,
    "q4_k_s": 4.6672,
    "q4_k_m": 4.8944,
    "q5_k_s": 5.5704,
    "q5_k_m": 5.7036,
    "q6_k": 6.5633,
    "q8_0": 8.5008,
    "f16": 16.0005,
}


@pytest.mark.parametrize(("quantization", "bits"), README.items())
def test_the_sizes_that_the_quantizer_publishes(quantization: str, bits: float) -> None:
    assert LLAMA_8B.params
    size = TABLE.weights_gib(LLAMA_8B, quantization)
    assert size is not None
    assert size * GIB * 8 / LLAMA_8B.params == pytest.approx(bits, rel=1e-4)


def test_tensor_types_have_the_sizes_of_the_file_format() -> None:
    for name, kind in document("core")["quantizations"]["tensor_types"].items():
        block, size = gguf.GGML_QUANT_SIZES[gguf.GGMLQuantizationType[name.upper()]]
        assert (kind["block"], kind["bits"]) == (block, size * 8 / block)


def test_the_size_of_real_files_goes_before_every_estimate() -> None:
    real = replace(LLAMA_8B, quantization="fp8", weights_gib=9.0)
    assert TABLE.weights_gib(real, "fp8") == 9.0
    assert TABLE.uncertainty(real, "fp8") == 0.0
    estimated = TABLE.weights_gib(LLAMA_8B, "q4_k_m")
    assert TABLE.weights_gib(real, "q4_k_m") == estimated
    assert TABLE.embedding_gib(replace(real, embedding_gib=0.5), "fp8") == 0.5
    share = TABLE.head_gib(real, "fp8")
    alone, whole = TABLE.head_gib(LLAMA_8B, "fp8"), TABLE.weights_gib(LLAMA_8B, "fp8")
    assert share
    assert alone
    assert whole
    assert share / 9.0 == pytest.approx(alone / whole)


def test_without_a_shape_a_table_of_effective_bits_answers() -> None:
    unknown = Model(id="x", params=8 * GIB)
    assert TABLE.weights_gib(unknown, "q8_0") == 8.5
    assert TABLE.uncertainty(unknown, "q8_0") == 0.08
    assert TABLE.embedding_gib(unknown, "q8_0") is None
    assert TABLE.active_gib(unknown, "q8_0") == 8.5
    mixture = replace(unknown, moe=True, active_params=GIB)
    assert TABLE.experts_gib(mixture, "q8_0") is None
    assert TABLE.active_gib(mixture, "q8_0") == 8.5 / 8
    assert TABLE.weights_gib(Model(id="x"), "q8_0") is None
    assert TABLE.weights_gib(unknown, "no-such-format") is None
    assert TABLE.uncertainty(Model(id="x"), "q8_0") is None
    assert TABLE.weights_gib(replace(LLAMA_8B, params=10**6), "q8_0") == 10**6 * 8.5 / 8 / GIB
    assert (TABLE.uncertainty(LLAMA_8B, "q4_k_m") or 1) < (
        TABLE.uncertainty(unknown, "q4_k_m") or 0
    )


def test_experts_follow_from_the_active_parameters_where_their_shape_is_unknown() -> None:
    shape = {"layers": 48, "hidden": 2048, "heads": 32, "kv_heads": 4, "head_dim": 128}
    model = Model(id="x", params=30_532_122_624, vocab=151936, moe=True, **shape)  # type: ignore[arg-type]
    known = replace(model, experts=128, experts_per_token=8, moe_intermediate=768)
    told = replace(model, active_params=3_345_000_000)
    exact, guess = (TABLE.experts_gib(one, "bf16") for one in (known, told))
    assert exact
    assert guess == pytest.approx(exact, rel=0.07)
    near = TABLE.active_gib(told, "bf16")
    assert near == pytest.approx(TABLE.active_gib(known, "bf16"), rel=0.07)
    assert TABLE.active_gib(model, "bf16") is None


@pytest.mark.parametrize(
    ("where", "layers", "share"),
    [
        ("more-bits", 8, 0.5),
        ("more-bits", 32, 16 / 32),
        ("first-eighth", 32, 4 / 32),
        ("first-sixteenth", 32, 2 / 32),
        ("first-2", 1, 1.0),
        ("first-4", 32, 4 / 32),
        ("middle", 32, 24 / 32),
    ],
)
def test_the_share_of_layers_in_the_better_type(where: str, layers: int, share: float) -> None:
    assert share_of_layers(where, layers) == share


def test_a_head_that_files_repeat_is_held_once() -> None:
    once = small(tied=True)
    twice = replace(once, params=(once.params or 0) + 512 * 256)
    for model in (twice, replace(twice, intermediate=None)):
        assert TABLE.weights_gib(model, "bf16") == TABLE.weights_gib(once, "bf16")
    assert TABLE.weights_gib(replace(twice, tied=None), "bf16") == (twice.params or 0) * 2 / GIB


def test_embeddings_of_every_layer_are_looked_up() -> None:
    plain, rows = small(tied=True), 512 * 256 * 8
    model = replace(plain, params=(plain.params or 0) + rows)
    active, embedding = TABLE.active_gib(model, "bf16"), TABLE.embedding_gib(model, "bf16")
    assert active == pytest.approx((plain.params or 0) * 2 / GIB)
    assert embedding == (512 * 256 + rows) * 2 / GIB
    assert TABLE.head_gib(model, "q4_k_m") == 512 * 256 * 6.5625 / 8 / GIB
    assert TABLE.embedding_gib(model, "q4_k_m") == (512 * 256 + rows) * 6.5625 / 8 / GIB


def test_a_word_means_another_format_in_a_gguf_file() -> None:
    model = replace(small(moe=True, experts=16, moe_intermediate=512), format="gguf")
    for word, named in (("bf16", "bf16-gguf"), ("mxfp4", "mxfp4_moe")):
        assert TABLE.weights_gib(model, word) == TABLE.weights_gib(model, named)
        assert TABLE.weights_gib(replace(model, format=None), word) != TABLE.weights_gib(
            model, word
        )


drawn = st.builds(
    small,
    hidden=st.sampled_from([256, 288, 512, 896]),
    layers=st.integers(1, 40),
    kv_heads=st.sampled_from([1, 2, 4]),
    vocab=st.integers(100, 9000),
    intermediate=st.sampled_from([320, 512, 1408]),
    moe_intermediate=st.sampled_from([None, 704, 768]),
    experts=st.sampled_from([None, 8, 16]),
    experts_per_token=st.sampled_from([1, 2]),
)
# Of rows that hold no whole block, q2_k may become larger than q3_k_s: it is not among them.
RISING = ("q3_k_s", "q4_k_s", "q4_k_m", "q5_k_m", "q6_k", "q8_0", "f16", "f32")


@given(drawn)
def test_more_bits_are_never_smaller(model: Model) -> None:
    sizes = [TABLE.weights_gib(model, quantization) or 0 for quantization in RISING]
    assert sizes == sorted(sizes)


@given(drawn, st.sampled_from([*README, "fp8", "awq-int4", "mxfp4", "mlx-4bit", "ud-q4_k_xl"]))
def test_parts_are_no_larger_than_the_whole(model: Model, quantization: str) -> None:
    whole = TABLE.weights_gib(model, quantization)
    assert whole
    parts = [
        TABLE.embedding_gib(model, quantization) or 0,
        TABLE.head_gib(model, quantization) or 0,
        TABLE.experts_gib(model, quantization) or 0,
    ]
    assert sum(parts) <= whole * 1.000001
    assert (TABLE.active_gib(model, quantization) or whole) <= whole


# Not of types that give the head more bits: tables for every layer would take them too.
@given(drawn, st.sampled_from(["q8_0", "fp8", "gptq-int4", "mlx-4bit", "bf16"]))
def test_tied_is_never_larger_than_untied(model: Model, quantization: str) -> None:
    table = (model.vocab or 0) * (model.hidden or 0)
    tied = replace(model, tied=True, params=(model.params or 0) - table)
    less, more = (TABLE.weights_gib(one, quantization) for one in (tied, model))
    assert less
    assert more
    assert less <= more


def _logged(size_of: str) -> Iterator[tuple[str, dict[str, Any], Model]]:
    """Quantization, observation and model of the logs of models in the catalogue."""
    if not SAMPLES.exists():
        pytest.skip(f"{SAMPLES} is absent: no logs to compare with")
    for row in json.loads(SAMPLES.read_text(encoding="utf-8")):
        name = re.sub(r"-UD-.*$", "", row["model"])
        model = catalogue.merge(Model(id=name))
        if size_of not in row["obs"] or (row.get("pp") or 1) > 1 or model.params is None:
            continue
        form = "gguf" if row["weight_dtype"] == "gguf" else "safetensors"
        dtype = "fp32" if row["weight_dtype"] == "float32" else "bf16"
        model = replace(model, format=form)
        said = spelling.read(row["model"]).quantization or meant(row.get("quant") or "", form)
        shards = row.get("tp") or 1 if form == "safetensors" else 1
        yield said or dtype, {**row["obs"], "shards": shards}, model


def test_weights_of_servers_are_near_what_they_log() -> None:
    key = "weights_gib_per_gpu"
    errors = [
        abs((TABLE.weights_gib(model, said) or 0) / (seen[key] * seen["shards"]) - 1)
        for said, seen, model in _logged(key)
    ]
    assert len(errors) > 10
    assert fmean(errors) <= 0.015


def test_files_are_near_what_is_computed() -> None:
    """Files of other mixtures that carry the name of one of their types do not count."""
    bits = {row["id"]: row["bits"] for row in document("core")["quantizations"]["quantizations"]}
    errors = [
        abs((TABLE.weights_gib(model, said) or 0) / seen["file_size_gib"] - 1)
        for said, seen, model in _logged("file_size_gib")
        if abs(seen["bpw"] / bits[said] - 1) < 0.1 and (TABLE.uncertainty(model, said) or 1) < 0.05
    ]
    assert len(errors) > 5
    assert fmean(errors) <= 0.03


def test_builds_of_hybrid_mixtures_leave_attention_alone() -> None:
    mixture = Model(
        id="m/hybrid",
        params=35_000_000_000,
        active_params=3_000_000_000,
        layers=40,
        hidden=2048,
        heads=16,
        kv_heads=2,
        head_dim=256,
        vocab=248_320,
        tied=False,
        moe=True,
        experts=256,
        experts_per_token=8,
        moe_intermediate=512,
        full_layers=10,
        linear_layers=30,
    )
    plain = replace(mixture, linear_layers=None)
    for quantization in ("nvfp4", "awq-int4"):
        sizes = [TABLE.weights_gib(one, quantization) or 0.0 for one in (mixture, plain)]
        assert sizes[0] > sizes[1] * 1.02
    assert TABLE.weights_gib(mixture, "fp8") == TABLE.weights_gib(plain, "fp8")
