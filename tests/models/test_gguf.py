"""GGUF files that the package gguf wrote, and ones that somebody cut or forged."""

import struct
import tracemalloc
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import gguf
import pytest
from gguf import GGMLQuantizationType as Kind
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.errors import InputError
from recommender.facts import Model
from recommender.models.ggml_types import FILE_TYPES, TYPES
from recommender.models.gguf import read as read_header
from recommender.models.reading import local_file
from recommender.models.sources import read
from tests.models.written import refusal, write_gguf
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


def text(value: bytes) -> bytes:
    return struct.pack("<Q", len(value)) + value


def forged(path: Path, body: bytes, tensor_count: int = 0, keys: int = 1, version: int = 3) -> Path:
    path.write_bytes(b"GGUF" + struct.pack("<IQQ", version, tensor_count, keys) + body)
    return path


def info(name: bytes, *dims: int, kind: int = 0, offset: int = 0) -> bytes:
    shape = b"".join(struct.pack("<Q", dim) for dim in dims)
    return text(name) + struct.pack("<I", len(dims)) + shape + struct.pack("<IQ", kind, offset)


KEY = text(b"a") + struct.pack("<I", 4) + struct.pack("<I", 1)
FORGED: list[tuple[str, bytes, dict[str, int], str]] = [
    ("version 1", b"", {"version": 1}, "version 1.*convert it anew"),
    ("version 9", b"", {"version": 9}, "version 9.*update llmpick"),
    ("big endian", b"", {"version": 0x03000000}, "big-endian"),
    ("a million keys", b"", {"keys": 10**6}, "more than a model has"),
    ("2^63 tensors", b"", {"tensor_count": 2**63}, "more than a model has"),
    ("cut off", b"", {"keys": 3}, "cut off"),
    ("a key of 2^40 bytes", struct.pack("<Q", 2**40), {}, "cut off"),
    ("a text of 2^63 bytes", text(b"a") + struct.pack("<IQ", 8, 2**63), {}, "cut off"),
    ("a list of 2^62", text(b"a") + struct.pack("<IIQ", 9, 10, 2**62), {}, "cut off"),
    ("2^62 texts", text(b"a") + struct.pack("<IIQ", 9, 8, 2**62), {}, "cut off"),
    ("lists in lists", text(b"a") + struct.pack("<IIQ", 9, 9, 1), {}, "lists inside"),
    ("an unknown kind", text(b"a") + struct.pack("<I", 77), {}, "unknown kind 77"),
    ("a repeated key", KEY + KEY, {"keys": 2}, "key a twice"),
    ("not UTF-8", text(b"\xff\xfe"), {}, "not UTF-8"),
    ("an unknown type", info(b"t", 32, kind=999), {"keys": 0, "tensor_count": 1}, "type 999"),
    ("a removed type", info(b"t", 32, kind=4), {"keys": 0, "tensor_count": 1}, "type 4"),
    ("five dims", info(b"t", 1, 1, 1, 1, 1), {"keys": 0, "tensor_count": 1}, "proper name"),
    ("half a block", info(b"t", 33, kind=2), {"keys": 0, "tensor_count": 1}, "no possible shape"),
    ("2^126 weights", info(b"t", 2**63, 2**63), {"keys": 0, "tensor_count": 1}, "no possible"),
    ("incomplete", info(b"t", 2**40), {"keys": 0, "tensor_count": 1}, "incomplete"),
    ("askew", info(b"t", 1, offset=3), {"keys": 0, "tensor_count": 1}, "lies askew"),
    (
        "overlapping",
        info(b"t", 64) + info(b"u", 64, offset=32) + bytes(4096),
        {"keys": 0, "tensor_count": 2},
        "overlap",
    ),
    (
        "a repeated tensor",
        info(b"t", 8) + info(b"t", 8, offset=32) + bytes(4096),
        {"keys": 0, "tensor_count": 2},
        "named twice",
    ),
]


@pytest.mark.parametrize(("what", "body", "counts", "message"), FORGED)
def test_hostile_headers(
    tmp_path: Path, what: str, body: bytes, counts: dict[str, int], message: str
) -> None:
    path = forged(tmp_path / "x.gguf", body, **counts)
    with pytest.raises(InputError, match=message) as refused:
        read(str(path))
    assert "\n" not in str(refused.value), what


@pytest.mark.parametrize("content", [b"", b"GGU", b"PK\x03\x04 nothing", b"GGUF\x03"])
def test_what_is_no_gguf_file(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.gguf").write_bytes(content)
    with pytest.raises(InputError, match=r"no GGUF file|cut off"):
        read(str(tmp_path / "x.gguf"))


@settings(max_examples=300, deadline=None)
@given(body=st.binary(max_size=400), keys=st.integers(0, 5), count=st.integers(0, 5))
def test_any_bytes_are_a_header_or_refused(
    tmp_path_factory: pytest.TempPathFactory, body: bytes, keys: int, count: int
) -> None:
    path = forged(tmp_path_factory.getbasetemp() / "fuzz.gguf", body, count, keys)
    assert "\n" not in refusal(lambda: read(str(path)))


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_a_damaged_file_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    base = tmp_path_factory.getbasetemp()
    path = write_gguf(
        base / "good.gguf", "llama", SHAPE, {"token_embd.weight": (Kind.Q8_0, (2, 64))}
    )
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    damaged = base / "damaged.gguf"
    damaged.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    assert "\n" not in refusal(lambda: read(str(damaged)))


def memory_peak(path: Path) -> int:
    tracemalloc.start()
    try:
        read_header(local_file(path))
    except InputError:
        pass
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return peak


def test_a_header_takes_little_memory(tmp_path: Path) -> None:
    words = text(b"x" * 200) * 200_000
    tokens = text(b"tokenizer.ggml.tokens") + struct.pack("<IIQ", 9, 8, 200_000) + words
    assert memory_peak(forged(tmp_path / "tokens.gguf", tokens)) < 4 * 2**20
    keys = b"".join(
        text(b"%05d" % n + b"k" * 90) + struct.pack("<I", 8) + text(b"v" * 4000)
        for n in range(9000)
    )
    assert memory_peak(forged(tmp_path / "keys.gguf", keys, keys=9000)) < 64 * 2**20
    names = b"".join(info(b"%0240d" % n, 8, offset=32 * n) for n in range(2**15))
    path = forged(tmp_path / "names.gguf", names, tensor_count=2**15, keys=0)
    with path.open("r+b") as file:
        file.truncate(2**26)
    assert memory_peak(path) < 64 * 2**20
