"""What config.json says of the layers, for each way in which families say it."""

from typing import Any

import pytest

from recommender.facts import Model
from recommender.models.attention import kv_bytes_per_token
from recommender.models.config import of_config
from recommender.models.quantized import of_config as quantization_of

PLAIN: dict[str, Any] = {
    "num_hidden_layers": 12,
    "hidden_size": 1024,
    "num_attention_heads": 16,
    "num_key_value_heads": 4,
    "vocab_size": 1000,
}
GDN = {
    "linear_num_value_heads": 32,
    "linear_num_key_heads": 16,
    "linear_key_head_dim": 128,
    "linear_value_head_dim": 128,
    "linear_conv_kernel_dim": 4,
}
GDN_BYTES = 32 * 128 * 128 * 4 + (2 * 16 * 128 + 32 * 128) * 3 * 2
MAMBA2 = {
    "mamba_n_heads": 48,
    "mamba_d_head": 64,
    "mamba_d_state": 128,
    "mamba_n_groups": 1,
    "mamba_d_conv": 4,
}
MAMBA2_BYTES = 48 * 64 * 128 * 4 + (48 * 64 + 2 * 128) * 3 * 2


def of(**config: Any) -> Model:
    return of_config({**PLAIN, **config}, "x", "x")


def layers(model: Model) -> tuple[int | None, int | None, int | None]:
    return model.full_layers, model.sliding_layers, model.linear_layers


# what config.json adds; layers that are full, sliding and linear; the window
KINDS: list[tuple[dict[str, Any], tuple[int | None, int | None, int | None], int | None]] = [
    ({}, (None, None, None), None),
    ({"sliding_window": None}, (None, None, None), None),
    ({"model_type": "mistral", "sliding_window": 4096}, (0, 12, 0), 4096),
    ({"model_type": "phi3", "sliding_window": 2047}, (0, 12, 0), 2047),
    ({"model_type": "unheard", "sliding_window": 4096}, (None, None, None), None),
    ({"model_type": "qwen2", "sliding_window": 99, "use_sliding_window": False}, (None,) * 3, None),
    (
        {
            "model_type": "qwen2",
            "sliding_window": 99,
            "use_sliding_window": True,
            "max_window_layers": 8,
        },
        (8, 4, 0),
        99,
    ),
    ({"model_type": "gemma2", "sliding_window": 4096}, (6, 6, 0), 4096),
    ({"model_type": "gemma3_text", "sliding_window": 1024}, (2, 10, 0), 1024),
    (
        {"model_type": "gemma3_text", "sliding_window": 512, "sliding_window_pattern": 4},
        (3, 9, 0),
        512,
    ),
    (
        {"model_type": "gemma3n_text", "sliding_window": 512, "num_kv_shared_layers": 4},
        (1, 7, 0),
        512,
    ),
    ({"model_type": "gpt_oss", "sliding_window": 128}, (6, 6, 0), 128),
    ({"model_type": "cohere2", "sliding_window": 4096}, (3, 9, 0), 4096),
    (
        {"model_type": "exaone4", "sliding_window": 4096, "sliding_window_pattern": "LLLG"},
        (3, 9, 0),
        4096,
    ),
    (
        {"sliding_window": 128, "layer_types": ["sliding_attention", "full_attention"] * 6},
        (6, 6, 0),
        128,
    ),
    ({"model_type": "llama4_text", "attention_chunk_size": 8192}, (3, 9, 0), 8192),
    (
        {"model_type": "llama4_text", "attention_chunk_size": 8192, "no_rope_layers": [1, 0] * 6},
        (6, 6, 0),
        8192,
    ),
    ({"full_attention_interval": 4, **GDN}, (3, 0, 9), None),
    ({"layer_types": ["linear_attention", "full_attention"] * 6, **GDN}, (6, 0, 6), None),
    ({"layer_types": [*["mamba"] * 11, "attention"], **MAMBA2}, (1, 0, 11), None),
    ({"hybrid_override_pattern": "M-M*M-MEM*-E"}, (2, 0, 5), None),
    ({"attn_layer_period": 8, "attn_layer_offset": 4, "mamba_d_state": 16}, (1, 0, 11), None),
    ({"attn_layer_indices": [3, 9], **MAMBA2}, (2, 0, 10), None),
    ({"model_type": "falcon_h1", **MAMBA2}, (12, 0, 12), None),
    ({"layer_types": ["conv", "conv", "full_attention"] * 4, "conv_L_cache": 3}, (4, 0, 8), None),
    ({"full_attn_idxs": [2, 5], "conv_L_cache": 3}, (2, 0, 10), None),
    (
        {"linear_attn_config": {"kda_layers": [1, 2, 3], "full_attn_layers": [4, 8, 12]}},
        (3, 0, 9),
        None,
    ),
    ({"attn_type_list": [0, 0, 0, 1] * 3, "head_dim": 64}, (3, 0, 9), None),
    (
        {"num_hidden_layers": None, "layers_block_type": ["mamba", "attention", "moe"] * 4},
        (4, 0, 4),
        None,
    ),
    ({"hybrid_layer_pattern": [0, 1, 1, 1] * 3, "sliding_window": 128}, (3, 9, 0), 128),
]


@pytest.mark.parametrize(("said", "kinds", "window"), KINDS)
def test_kinds_of_layers(
    said: dict[str, Any], kinds: tuple[int | None, int | None, int | None], window: int | None
) -> None:
    model = of(**said)
    assert layers(model) == kinds
    assert model.sliding_window == window
    full = 12 if kinds[0] is None else kinds[0]
    size = model.head_dim or 0
    assert model.kv_bytes_per_token == 2 * full * 4 * size * 2


# what config.json adds, and the bytes that one linear layer keeps
STATES: list[tuple[dict[str, Any], int]] = [
    ({"layer_types": ["linear_attention"] * 12, **GDN}, GDN_BYTES),
    ({"layer_types": ["mamba"] * 12, **MAMBA2}, MAMBA2_BYTES),
    (
        {
            "hybrid_override_pattern": "M" * 12,
            "mamba_num_heads": 48,
            "mamba_head_dim": 64,
            "ssm_state_size": 128,
            "n_groups": 1,
            "conv_kernel": 4,
        },
        MAMBA2_BYTES,
    ),
    (
        {"layer_types": ["mamba"] * 12, "mamba_d_state": 16, "mamba_expand": 2, "mamba_d_conv": 4},
        2048 * 16 * 4 + 2048 * 3 * 2,
    ),
    ({"layer_types": ["conv"] * 12, "conv_L_cache": 3}, 1024 * 2 * 2),
    (
        {
            "linear_attn_config": {
                "kda_layers": list(range(1, 13)),
                "num_heads": 32,
                "head_dim": 128,
                "short_conv_kernel_size": 4,
            }
        },
        32 * 128 * 128 * 4 + 3 * 32 * 128 * 3 * 2,
    ),
    ({"attn_type_list": [0] * 12, "head_dim": 96}, 16 * 96 * 96 * 4),
]


@pytest.mark.parametrize(("said", "one"), STATES)
def test_states(said: dict[str, Any], one: int) -> None:
    assert of(**said).state_bytes == 12 * one
    assert of(**said).kv_bytes_per_token == 0


def test_latent_attention() -> None:
    model = of(kv_lora_rank=512, qk_rope_head_dim=64, v_head_dim=128, num_key_value_heads=16)
    assert (model.mla, model.head_dim) == (True, None)
    assert (model.kv_lora_rank, model.rope_head_dim) == (512, 64)
    assert model.kv_bytes_per_token == 12 * 576 * 2


def test_other_heads_in_the_layers_that_keep_everything() -> None:
    said = {
        "model_type": "gemma4_text",
        "sliding_window": 512,
        "head_dim": 256,
        "global_head_dim": 512,
        "num_global_key_value_heads": 2,
    }
    model = of(**said, attention_k_eq_v=True)
    assert (model.kv_heads, model.head_dim) == (4, 256)
    assert (model.global_kv_heads, model.global_head_dim) == (2, 512)
    assert model.kv_bytes_per_token == 2 * 2 * 2 * 512 * 2
    assert of(**said, attention_k_eq_v=False).global_kv_heads is None


def test_values_of_another_size_than_keys() -> None:
    model = of(head_dim=192, v_head_dim=128)
    assert model.kv_bytes_per_token == 12 * 4 * (192 + 128) * 2


def test_defaults_that_a_family_leaves_out() -> None:
    text = {
        "model_type": "gemma3_text",
        "num_hidden_layers": 34,
        "hidden_size": 2560,
        "sliding_window": 1024,
    }
    config = {
        "model_type": "gemma3",
        "text_config": text,
        "vision_config": {"num_attention_heads": 16},
    }
    model = of_config(config, "x", "x")
    assert (model.heads, model.kv_heads, model.head_dim, model.vocab) == (8, 4, 256, 262208)
    assert layers(model) == (5, 29, 0)
    assert (model.modality, model.vision_heads, model.context) == ("vision", 16, 131072)


@pytest.mark.parametrize(
    ("said", "heads"),
    [
        ({"num_key_value_heads": None}, 16),
        ({"num_key_value_heads": None, "multi_query": True}, 1),
        ({"num_key_value_heads": [4] * 11 + [8]}, 8),
        ({"num_key_value_heads": None, "multi_query_group_num": 2}, 2),
    ],
)
def test_kv_heads(said: dict[str, Any], heads: int) -> None:
    assert of(**said).kv_heads == heads


def test_kv_heads_that_differ_by_layer_are_summed() -> None:
    assert of(num_key_value_heads=[4] * 11 + [8]).kv_bytes_per_token == 2 * (44 + 8) * 64 * 2


@pytest.mark.parametrize(
    "name", ["num_experts", "num_local_experts", "n_routed_experts", "moe_num_experts"]
)
def test_experts(name: str) -> None:
    model = of(**{name: 64, "num_experts_per_tok": 6, "moe_intermediate_size": 512})
    assert (model.moe, model.experts, model.experts_per_token) == (True, 64, 6)
    assert model.moe_intermediate == 512
    assert of(**{name: 0}).moe is False


def test_older_names() -> None:
    old = {"n_layer": 2, "n_embd": 64, "n_head": 4, "vocab_size": 9, "n_positions": 1024}
    model = of_config(old, "x", "x")
    assert (model.layers, model.hidden, model.heads, model.head_dim) == (2, 64, 4, 16)
    assert model.context == 1024


def test_kv_of_what_is_known_alone() -> None:
    assert kv_bytes_per_token(Model(id="x")) is None
    assert kv_bytes_per_token(Model(id="x", layers=2, kv_heads=2)) is None
    assert kv_bytes_per_token(Model(id="x", layers=2, kv_heads=2, head_dim=8)) == 128
    assert kv_bytes_per_token(Model(id="x", layers=2, kv_heads=2, head_dim=8, mla=True)) is None
    assert kv_bytes_per_token(Model(id="x", kv_bytes_per_token=7, layers=2)) == 7
    hybrid = Model(id="x", layers=8, linear_layers=6, kv_heads=2, head_dim=8)
    assert kv_bytes_per_token(hybrid) == 128


def test_a_mixture_of_quantizations_is_its_smallest() -> None:
    layers = {
        "a": {"quant_algo": "FP8"},
        "b": {"quant_algo": "W4A16_NVFP4", "group_size": 16},
        "c": {"quant_algo": "MXFP8"},
    }
    said = {"quant_method": "modelopt", "quant_algo": "MIXED_PRECISION", "quantized_layers": layers}
    found = quantization_of({"quantization_config": said}, {})
    assert (found.name, found.bits, found.group_size) == ("nvfp4", 4, 16)
    said = {**said, "quantized_layers": {"c": layers["c"]}}
    assert quantization_of({"quantization_config": said}, {}).name is None


def test_a_compressed_cache_is_unknown() -> None:
    assert of(compress_ratios=[1, 4] * 6).kv_bytes_per_token is None


def test_what_a_file_says_is_shown_on_one_line() -> None:
    model = of(architectures=["a\x1b[31m\n" * 100], torch_dtype="b\x00")
    assert model.family is not None
    assert model.family.isprintable()
    assert model.native_dtype == "b\\x00"


def test_what_transcribes_says_so() -> None:
    whisper = {
        "model_type": "whisper",
        "num_hidden_layers": 32,
        "d_model": 1280,
        "vocab_size": 51866,
        "decoder_attention_heads": 20,
    }
    model = of_config(whisper, "x", "x")
    assert (model.task, model.hidden, model.heads) == ("asr", 1280, 20)
