"""A model folder as a hub has it: random weights, a byte-level tokenizer, a chat template."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .tiny_gguf import CHAT_ML, SPECIALS, byte_tokens

_SEED = 20260122
# Kernels want a multiple of 64.
_VOCABULARY = 320

TINY: Mapping[str, Any] = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "hidden_size": 256,
    "intermediate_size": 512,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 64,
    "max_position_embeddings": 2048,
    "vocab_size": _VOCABULARY,
    "rms_norm_eps": 1e-5,
    "rope_theta": 10000.0,
    "hidden_act": "silu",
    "tie_word_embeddings": False,
    "torch_dtype": "bfloat16",
    "bos_token_id": 256,
    "eos_token_id": 258,
}
"""The ``config.json`` of a Llama of 5 MB."""


def write_tiny(folder: Path) -> Path:
    """Write a whole model that serves to ``folder`` (the same bytes every time) and return it."""
    return _write(folder, TINY, dict(_tensors()))


def write_dummy(folder: Path, config: Mapping[str, Any]) -> Path:
    """Write a model with a single weight: enough for ``--load-format dummy`` and for llmpick."""
    norm = np.ones(config["hidden_size"], dtype=np.float32)
    return _write(folder, config, {"model.norm.weight": norm})


def _write(
    folder: Path, config: Mapping[str, Any], tensors: Mapping[str, NDArray[np.float32]]
) -> Path:
    folder.mkdir(parents=True)
    specials = dict(zip(("endoftext", "start", "end"), SPECIALS, strict=True))
    names = {"bos_token": specials["endoftext"], "eos_token": specials["end"]}
    _write_json(folder / "config.json", config)
    _write_json(folder / "tokenizer.json", _tokenizer())
    _write_json(
        folder / "tokenizer_config.json",
        {"tokenizer_class": "PreTrainedTokenizerFast", "chat_template": CHAT_ML, **names},
    )
    _write_safetensors(folder / "model.safetensors", tensors)
    return folder


def _tokenizer() -> dict[str, Any]:
    """Byte-level BPE without a merge, as the library ``tokenizers`` writes it."""
    tokens = [*byte_tokens(), *SPECIALS]
    plain = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    added = [
        {"id": tokens.index(name), "content": name, "special": True, **plain} for name in SPECIALS
    ]
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added,
        "normalizer": None,
        "pre_tokenizer": {**level, "use_regex": True},
        "post_processor": None,
        "decoder": {**level, "use_regex": True},
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": False,
            "vocab": {token: number for number, token in enumerate(tokens)},
            "merges": [],
        },
    }


def _tensors() -> Iterator[tuple[str, NDArray[np.float32]]]:
    random = np.random.default_rng(_SEED)
    hidden, feed_forward = TINY["hidden_size"], TINY["intermediate_size"]
    heads, kv_heads = TINY["num_attention_heads"], TINY["num_key_value_heads"]
    size = TINY["head_dim"]

    def weights(rows: int, columns: int) -> NDArray[np.float32]:
        return random.standard_normal((rows, columns), dtype=np.float32) * np.float32(0.05)

    yield "model.embed_tokens.weight", weights(_VOCABULARY, hidden)
    for layer in range(TINY["num_hidden_layers"]):
        block = f"model.layers.{layer}"
        for norm in ("input_layernorm", "post_attention_layernorm"):
            yield f"{block}.{norm}.weight", np.ones(hidden, dtype=np.float32)
        for name, count in (("q", heads), ("k", kv_heads), ("v", kv_heads)):
            yield f"{block}.self_attn.{name}_proj.weight", weights(count * size, hidden)
        yield f"{block}.self_attn.o_proj.weight", weights(hidden, heads * size)
        for name in ("gate", "up"):
            yield f"{block}.mlp.{name}_proj.weight", weights(feed_forward, hidden)
        yield f"{block}.mlp.down_proj.weight", weights(hidden, feed_forward)
    yield "model.norm.weight", np.ones(hidden, dtype=np.float32)
    yield "lm_head.weight", weights(_VOCABULARY, hidden)


def _write_safetensors(path: Path, tensors: Mapping[str, NDArray[np.float32]]) -> None:
    """Eight bytes of length, a JSON header, the data (github.com/huggingface/safetensors)."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name, tensor in tensors.items():
        start, end = end, end + tensor.nbytes
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [start, end]}
    text = json.dumps(header).encode()
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for tensor in tensors.values():
            file.write(tensor.tobytes())


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=1), encoding="utf-8")
