"""GGUF files that the package gguf wrote, and ones that somebody cut or forged."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import gguf
import pytest
from gguf import GGMLQuantizationType as Kind

from recommender.errors import InputError
from recommender.facts import Model
from recommender.models.ggml_types import FILE_TYPES, TYPES
from recommender.models.sources import read
from tests.models.written import write_gguf
from tests.real.tiny_gguf import write_tiny_gguf

GIB = 2**30
SHAPE = {
    "block_count": 2,
    "embedding_length": 256,
    "feed_forward_length": 512,
    "context_length": 8192,
    "attention.head_count": 4,
    "attention.head_count_kv": 2,
}


def attention(layer: int, heads: int = 2) -> dict[str, tuple[Kind, Sequence[int]]]:
    return {
        f"blk.{layer}.attn_q.weight": (Kind.Q4_K, (256, 256)),
        f"blk.{layer}.attn_k.weight": (Kind.Q4_K, (heads * 64, 256)),
        f"blk.{layer}.ffn_down.weight": (Kind.Q6_K, (256, 512)),
    }


def tensors(*layers: int) -> dict[str, tuple[Kind, Sequence[int]]]:
    found: dict[str, tuple[Kind, Sequence[int]]] = {
        "token_embd.weight": (Kind.Q6_K, (1000, 256)),
        "output.weight": (Kind.Q6_K, (1000, 256)),
    }
    for layer in layers:
        found |= attention(layer)
    return found


def model_of(path: Path, **options: Any) -> Model:
    return read(str(path), **options)[0]


def bytes_of(path: Path) -> int:
    return sum(int(tensor.n_bytes) for tensor in gguf.GGUFReader(path).tensors)


def test_the_types_are_those_of_the_package() -> None:
    known = {
        kind.value: (kind.name.lower(), *sizes) for kind, sizes in gguf.GGML_QUANT_SIZES.items()
    }
    assert {number: TYPES[number] for number in known} == known
    names = {kind.value: kind.name for kind in gguf.LlamaFileType if kind.value in FILE_TYPES}
    for number, name in names.items():
        assert FILE_TYPES[number] == name.removeprefix("ALL_").removeprefix("MOSTLY_").lower()
    missing = {kind.value for kind in gguf.LlamaFileType} - set(FILE_TYPES)
    assert missing <= {gguf.LlamaFileType.GUESSED.value}


def test_a_real_file(tmp_path: Path) -> None:
    path = write_tiny_gguf(tmp_path / "tiny.gguf")
    model = model_of(path)
    assert model.weights_gib == bytes_of(path) / GIB
    assert (model.layers, model.hidden, model.heads, model.kv_heads) == (2, 256, 4, 2)
    assert (model.head_dim, model.context, model.quantization) == (64, 131072, "f32")
    assert model.kv_bytes_per_token == 2 * 2 * 2 * 64 * 2
    assert model.embedding_gib == model.vocab * 256 * 4 / GIB if model.vocab else False
    assert (model.tied, model.moe, model.mla, model.family) == (False, False, False, "llama")


@pytest.mark.parametrize("kind", list(gguf.GGML_QUANT_SIZES))
def test_every_type_has_exact_bytes(tmp_path: Path, kind: Kind) -> None:
    path = write_gguf(tmp_path / "x.gguf", "llama", SHAPE, {"token_embd.weight": (kind, (7, 512))})
    assert model_of(path).weights_gib == bytes_of(path) / GIB


def test_a_quantized_mixture(tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "x.gguf", "llama", SHAPE, tensors(0, 1), general__file_type=15)
    model = model_of(path)
    assert (model.quantization, model.format, model.vocab) == ("q4_k_m", "gguf", 1000)
    assert model.weights_gib == bytes_of(path) / GIB
    assert model.embedding_gib == 1000 * 210 / GIB
    assert model.params == 2 * 256_000 + 2 * (256 * 256 + 128 * 256 + 256 * 512)


def test_the_name_tells_a_dynamic_mixture(tmp_path: Path) -> None:
    name = "Qwen3-8B-UD-Q4_K_XL.gguf"
    path = write_gguf(tmp_path / name, "llama", SHAPE, tensors(0, 1), general__file_type=15)
    assert model_of(path).quantization == "ud-q4_k_xl"


# keys, tensors, what follows
SHAPES: list[tuple[str, Mapping[str, Any], Mapping[str, Any], Mapping[str, Any]]] = [
    (
        "gpt-oss",
        {"block_count": 4, "attention.sliding_window": 128, "attention.key_length": 64},
        tensors(0, 1, 2, 3),
        {"full_layers": 2, "sliding_layers": 2, "sliding_window": 128, "head_dim": 64},
    ),
    (
        "llama4",
        {"block_count": 4, "attention.key_length": 64},
        tensors(0, 1, 2, 3),
        {"full_layers": 1, "sliding_layers": 3, "sliding_window": 8192},
    ),
    (
        "smallthinker",
        {"block_count": 5, "attention.sliding_window": 4096},
        tensors(0, 1, 2, 3, 4),
        {"full_layers": 2, "sliding_layers": 3},
    ),
    (
        "phi3",
        {"attention.sliding_window": 2047},
        tensors(0, 1),
        {"full_layers": None, "sliding_layers": None, "kv_bytes_per_token": 2 * 2 * 2 * 64 * 2},
    ),
    (
        "gemma4",
        {
            "block_count": 3,
            "attention.head_count_kv": [2, 2, 1],
            "attention.sliding_window": 512,
            "attention.sliding_window_pattern": [True, True, False],
            "attention.key_length": 128,
            "attention.value_length": 128,
            "attention.key_length_swa": 64,
        },
        tensors(0, 1, 2),
        {
            "full_layers": 1,
            "sliding_layers": 2,
            "kv_heads": 2,
            "global_kv_heads": 1,
            "head_dim": 64,
            "global_head_dim": 128,
            "kv_bytes_per_token": 2 * 128 * 2,
        },
    ),
    (
        "deepseek2",
        {
            "attention.head_count_kv": 1,
            "attention.kv_lora_rank": 512,
            "rope.dimension_count": 64,
            "attention.key_length": 576,
            "attention.value_length": 512,
        },
        {**tensors(), **{f"blk.{n}.attn_kv_a_mqa.weight": (Kind.F32, (576, 256)) for n in (0, 1)}},
        {"mla": True, "head_dim": None, "kv_lora_rank": 512, "kv_bytes_per_token": 2 * 576 * 2},
    ),
    (
        "qwen3next",
        {
            "block_count": 4,
            "ssm.state_size": 128,
            "ssm.inner_size": 4096,
            "ssm.group_count": 16,
            "ssm.conv_kernel": 4,
            "ssm.time_step_rank": 32,
        },
        {
            **tensors(3),
            **{f"blk.{n}.ssm_a": (Kind.F32, (32,)) for n in range(3)},
            **{f"blk.{n}.attn_qkv.weight": (Kind.F32, (32, 256)) for n in range(3)},
        },
        {
            "full_layers": 1,
            "linear_layers": 3,
            "sliding_layers": 0,
            "state_bytes": 3 * (32 * 128 * 128 + (4096 + 2 * 16 * 128) * 3) * 4,
            "kv_bytes_per_token": 2 * 2 * 64 * 2,
        },
    ),
    (
        "nemotron_h",
        {
            "block_count": 3,
            "attention.head_count_kv": [0, 2, 0],
            "ssm.state_size": 16,
            "ssm.inner_size": 64,
            "ssm.conv_kernel": 4,
        },
        {**tensors(1), "blk.0.ssm_in.weight": (Kind.F32, (8, 256))},
        {"full_layers": 1, "linear_layers": 1, "kv_heads": 2, "kv_bytes_per_token": 512},
    ),
    (
        "llama",
        {"expert_count": 8, "expert_used_count": 2, "expert_feed_forward_length": 128},
        {**tensors(0, 1), "blk.0.ffn_up_exps.weight": (Kind.F32, (8, 128, 256))},
        {
            "moe": True,
            "experts": 8,
            "experts_per_token": 2,
            "moe_intermediate": 128,
            "active_params": 512_000 + 2 * 229_376 + 2 * 128 * 256,
        },
    ),
    (
        "qwen3",
        {"block_count": 3, "nextn_predict_layers": 1},
        {**tensors(0, 1, 2)},
        {"layers": 2, "full_layers": None},
    ),
]


POOLINGS: list[tuple[Mapping[str, Any], str | None]] = [
    ({"pooling_type": 4, "attention.causal": False}, "rerank"),
    ({"pooling_type": 3}, "embedding"),
    ({"attention.causal": False}, "embedding"),
    ({"pooling_type": 0}, None),
    ({}, None),
]


@pytest.mark.parametrize(("keys", "task"), POOLINGS)
def test_the_way_of_pooling_says_what_a_model_is_for(
    tmp_path: Path, keys: Mapping[str, Any], task: str | None
) -> None:
    path = write_gguf(tmp_path / "x.gguf", "qwen3", {**SHAPE, **keys}, tensors(0, 1))
    assert model_of(path).task == task


@pytest.mark.parametrize(("arch", "keys", "parts", "wanted"), SHAPES)
def test_the_shape_of_an_architecture(
    tmp_path: Path,
    arch: str,
    keys: Mapping[str, Any],
    parts: Mapping[str, Any],
    wanted: Mapping[str, Any],
) -> None:
    path = write_gguf(tmp_path / "x.gguf", arch, {**SHAPE, **keys}, parts)
    model = model_of(path)
    assert {name: getattr(model, name) for name in wanted} == dict(wanted)
    assert model.weights_gib == bytes_of(path) / GIB


def test_all_parts_of_a_split_file(tmp_path: Path) -> None:
    first, second = (tmp_path / f"m-Q4_K_M-0000{part}-of-00002.gguf" for part in (1, 2))
    write_gguf(first, "llama", SHAPE, tensors(0), general__file_type=15)
    write_gguf(second, "llama", {}, attention(1))
    whole = bytes_of(first) + bytes_of(second)
    for text in (first, second, tmp_path):
        assert model_of(text).weights_gib == whole / GIB
    second.unlink()
    with pytest.raises(InputError, match="part 2 of 2 of m-Q4_K_M is missing"):
        read(str(first))


def test_several_files_in_a_folder(tmp_path: Path) -> None:
    for name, kind in (("a-Q8_0.gguf", 7), ("a-Q4_K_M.gguf", 15), ("a-Q6_K.gguf", 18)):
        write_gguf(tmp_path / name, "llama", SHAPE, tensors(0, 1), general__file_type=kind)
    write_gguf(tmp_path / "mmproj-a.gguf", "clip", {}, tensors())
    assert model_of(tmp_path, quant="q8_0").quantization == "q8_0"
    assert model_of(tmp_path).quantization == "q4_k_m"
    with pytest.raises(InputError, match=r"of 3 GGUF files .* not one is q5_k_m"):
        read(str(tmp_path), quant="q5_k_m")


@pytest.mark.parametrize(
    ("arch", "general", "message"),
    [
        ("clip", {"general__type": "mmproj"}, "vision part .* name the model's own GGUF file"),
        ("llama", {"general__type": "adapter"}, "LoRA adapter; name the model"),
        ("flux", {}, "no language model .*flux.block_count"),
    ],
)
def test_what_is_no_language_model(
    tmp_path: Path, arch: str, general: Mapping[str, Any], message: str
) -> None:
    path = write_gguf(tmp_path / "x.gguf", arch, {}, tensors(), **general)
    with pytest.raises(InputError, match=message):
        read(str(path))


@pytest.mark.parametrize(
    "wrong",
    [{"attention.head_count": 7}, {"attention.head_count_kv": 3}, {"block_count": 10**6}],
)
def test_heads_that_nothing_divides(tmp_path: Path, wrong: Mapping[str, int]) -> None:
    path = write_gguf(tmp_path / "x.gguf", "llama", {**SHAPE, **wrong}, tensors(0))
    with pytest.raises(InputError, match=r"contradicts itself|says that it has 1000000 layers"):
        read(str(path))
