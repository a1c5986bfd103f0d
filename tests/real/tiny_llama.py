"""A Llama of random weights as a folder of safetensors, 5 MB, that MLX-LM loads."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .tiny_gguf import CHAT_ML, SPECIALS, Shape, vocabulary

_SEED = 20260122
_SHAPE = Shape()
_FIRST, _, _LAST = SPECIALS


def write_tiny_llama(path: Path) -> Path:
    """Write the model's files into the folder ``path`` and return it."""
    path.mkdir(parents=True, exist_ok=True)
    tokens = vocabulary()
    documents = {
        "config.json": _config(tokens),
        "tokenizer.json": _tokenizer(tokens),
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "bos_token": _FIRST,
            "eos_token": _LAST,
            "chat_template": CHAT_ML,
        },
    }
    for name, document in documents.items():
        (path / name).write_text(json.dumps(document))
    _write_safetensors(path / "model.safetensors", dict(_tensors(len(tokens))))
    return path


def _config(tokens: list[str]) -> dict[str, Any]:
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_size": _SHAPE.hidden,
        "intermediate_size": _SHAPE.feed_forward,
        "num_hidden_layers": _SHAPE.layers,
        "num_attention_heads": _SHAPE.heads,
        "num_key_value_heads": _SHAPE.kv_heads,
        "head_dim": _SHAPE.head_size,
        "max_position_embeddings": 32768,
        "vocab_size": len(tokens),
        "rms_norm_eps": 1e-5,
        "rope_theta": 10000.0,
        "tie_word_embeddings": False,
        "torch_dtype": "float32",
        "bos_token_id": tokens.index(_FIRST),
        "eos_token_id": tokens.index(_LAST),
    }


def _tokenizer(tokens: list[str]) -> dict[str, Any]:
    """Byte-level BPE without merges, in the format of the package tokenizers."""
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    byte_level = {
        "type": "ByteLevel",
        "add_prefix_space": False,
        "trim_offsets": True,
        "use_regex": True,
    }
    return {
        "version": "1.0",
        "added_tokens": [
            {"id": tokens.index(name), "content": name, "special": True, **flags}
            for name in SPECIALS
        ],
        "pre_tokenizer": byte_level,
        "decoder": byte_level,
        "model": {
            "type": "BPE",
            "vocab": {name: number for number, name in enumerate(tokens)},
            "merges": [],
        },
    }


def _tensors(vocabulary: int) -> Iterator[tuple[str, NDArray[np.float32]]]:
    random = np.random.default_rng(_SEED)
    hidden, feed_forward = _SHAPE.hidden, _SHAPE.feed_forward

    def weights(rows: int, columns: int = hidden) -> NDArray[np.float32]:
        return random.standard_normal((rows, columns), dtype=np.float32) * np.float32(0.05)

    yield "model.embed_tokens.weight", weights(vocabulary)
    yield "lm_head.weight", weights(vocabulary)
    yield "model.norm.weight", np.ones(hidden, dtype=np.float32)
    heads = {"q": _SHAPE.heads, "k": _SHAPE.kv_heads, "v": _SHAPE.kv_heads}
    for layer in range(_SHAPE.layers):
        block = f"model.layers.{layer}"
        for norm in ("input_layernorm", "post_attention_layernorm"):
            yield f"{block}.{norm}.weight", np.ones(hidden, dtype=np.float32)
        for name, count in heads.items():
            yield f"{block}.self_attn.{name}_proj.weight", weights(count * _SHAPE.head_size)
        yield f"{block}.self_attn.o_proj.weight", weights(hidden)
        for name in ("gate", "up"):
            yield f"{block}.mlp.{name}_proj.weight", weights(feed_forward)
        yield f"{block}.mlp.down_proj.weight", weights(hidden, feed_forward)


def _write_safetensors(path: Path, tensors: Mapping[str, NDArray[np.float32]]) -> None:
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    at = 0
    for name, tensor in tensors.items():
        end = at + tensor.nbytes
        header[name] = {"dtype": "F32", "shape": tensor.shape, "data_offsets": [at, end]}
        at = end
    head = json.dumps(header).encode()
    with path.open("wb") as file:
        file.write(len(head).to_bytes(8, "little") + head)
        for tensor in tensors.values():
            file.write(tensor.tobytes())
