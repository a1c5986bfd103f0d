"""Weight files as tests write them: real headers, with tensors of zeros."""

import json
import math
import tracemalloc
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import gguf
import numpy as np

from recommender.errors import InputError

Shapes = Mapping[str, tuple[str, Sequence[int]]]

_BITS = {"F32": 32, "I32": 32, "U32": 32, "BF16": 16, "F16": 16, "F8_E4M3": 8, "U8": 8, "I8": 8}


def safetensors(path: Path, shapes: Shapes) -> Path:
    """A safetensors file with tensors of these types and shapes."""
    header: dict[str, Any] = {"__metadata__": {"format": 'pt {["}'}}
    at = 0
    for name, (dtype, shape) in shapes.items():
        size = math.prod(shape) * _BITS[dtype] // 8
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [at, at + size]}
        at += size
    return raw_safetensors(path, json.dumps(header).encode(), at)


def raw_safetensors(path: Path, header: bytes, size: int) -> Path:
    """A safetensors file with this header and so many bytes of tensors."""
    with path.open("wb") as file:
        file.write(len(header).to_bytes(8, "little") + header)
        file.truncate(8 + len(header) + size)
    return path


def folder(path: Path, config: Mapping[str, Any], shapes: Shapes) -> Path:
    """A model's folder with one file of weights."""
    path.mkdir(parents=True, exist_ok=True)
    (path / "config.json").write_text(json.dumps(config))
    safetensors(path / "model.safetensors", shapes)
    return path


LLAMA: dict[str, Any] = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "num_hidden_layers": 2,
    "hidden_size": 64,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "intermediate_size": 128,
    "vocab_size": 256,
    "max_position_embeddings": 4096,
    "torch_dtype": "bfloat16",
    "tie_word_embeddings": False,
}


def llama_tensors(dtype: str = "BF16") -> dict[str, tuple[str, Sequence[int]]]:
    """The tensors of ``LLAMA``."""
    found: dict[str, tuple[str, Sequence[int]]] = {
        "model.embed_tokens.weight": (dtype, (256, 64)),
        "lm_head.weight": (dtype, (256, 64)),
        "model.norm.weight": (dtype, (64,)),
    }
    for layer in range(2):
        for name, rows in (("q", 64), ("k", 32), ("v", 32), ("o", 64)):
            found[f"model.layers.{layer}.self_attn.{name}_proj.weight"] = (dtype, (rows, 64))
        found[f"model.layers.{layer}.mlp.down_proj.weight"] = (dtype, (64, 128))
    return found


def write_gguf(
    path: Path,
    arch: str,
    values: Mapping[str, Any],
    tensors: Mapping[str, tuple[gguf.GGMLQuantizationType, Sequence[int]]],
    **general: Any,
) -> Path:
    """A GGUF file by the package gguf; shapes have rows first, as numpy has them."""
    writer = gguf.GGUFWriter(path, arch)
    for name, value in values.items():
        _add(writer, f"{arch}.{name}", value)
    for name, value in general.items():
        _add(writer, name.replace("__", "."), value)
    for name, (kind, shape) in tensors.items():
        block, size = gguf.GGML_QUANT_SIZES[kind]
        data = np.zeros((*shape[:-1], shape[-1] // block * size), dtype=np.uint8)
        writer.add_tensor(name, data, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _add(writer: gguf.GGUFWriter, key: str, value: Any) -> None:
    if isinstance(value, bool):
        writer.add_bool(key, value)
    elif isinstance(value, str):
        writer.add_string(key, value)
    elif isinstance(value, int):
        writer.add_uint32(key, value)
    else:
        writer.add_array(key, value)


def refusal(reading: Callable[[], object]) -> str:
    """What is said where something cannot be read; nothing else than a refusal may happen."""
    try:
        reading()
    except InputError as error:
        return str(error)
    return ""


def memory_peak(reading: Callable[[], object]) -> int:
    """The most bytes that were allocated at once, whether it could be read or not."""
    tracemalloc.start()
    try:
        refusal(reading)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
