"""A BERT of random weights, 13 MB, that llama.cpp loads: it embeds texts, or scores them."""

from collections.abc import Iterator
from pathlib import Path

import gguf
import numpy as np
from numpy.typing import NDArray

from .tiny_gguf import Shape, add_tokenizer, vocabulary

CONTEXT = 8192
"""Positions; as many as the proposed embedding models have, and llmpick's default context."""

_SEED = 20260122
_SHAPE = Shape()


def write_tiny_bert(path: Path, *, scores: bool) -> Path:
    """Write the model to ``path`` and return it; ``scores`` gives it the head of a reranker."""
    tokens = vocabulary()
    writer = gguf.GGUFWriter(path, "bert")
    _add_shape(writer, len(tokens))
    kind = gguf.PoolingType.RANK if scores else gguf.PoolingType.CLS
    writer.add_pooling_type(kind)
    add_tokenizer(writer, tokens)
    writer.add_token_type_count(2)
    for name, tensor in _tensors(len(tokens), scores=scores):
        writer.add_tensor(name, tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _add_shape(writer: gguf.GGUFWriter, vocabulary: int) -> None:
    writer.add_name("tiny-bert")
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_vocab_size(vocabulary)
    writer.add_context_length(CONTEXT)
    writer.add_block_count(_SHAPE.layers)
    writer.add_embedding_length(_SHAPE.hidden)
    writer.add_feed_forward_length(_SHAPE.feed_forward)
    writer.add_head_count(_SHAPE.heads)
    writer.add_layer_norm_eps(1e-12)
    writer.add_causal_attention(value=False)


def _tensors(vocabulary: int, *, scores: bool) -> Iterator[tuple[str, NDArray[np.float32]]]:
    random = np.random.default_rng(_SEED)
    hidden, feed_forward = _SHAPE.hidden, _SHAPE.feed_forward

    def weights(rows: int) -> NDArray[np.float32]:
        return random.standard_normal((rows, hidden), dtype=np.float32) * np.float32(0.05)

    yield "token_embd.weight", weights(vocabulary)
    yield "position_embd.weight", weights(CONTEXT)
    yield "token_types.weight", weights(2)
    matrices = {"token_embd_norm": np.ones(hidden, dtype=np.float32)}
    for layer in range(_SHAPE.layers):
        block = f"blk.{layer}"
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            matrices[f"{block}.{name}"] = weights(hidden)
        matrices[f"{block}.ffn_up"] = weights(feed_forward)
        matrices[f"{block}.ffn_down"] = np.ascontiguousarray(weights(feed_forward).T)
        for name in ("attn_output_norm", "layer_output_norm"):
            matrices[f"{block}.{name}"] = np.ones(hidden, dtype=np.float32)
    if scores:
        matrices |= {"cls": weights(hidden), "cls.output": weights(1)}
    for name, matrix in matrices.items():
        yield f"{name}.weight", matrix
        rows = matrix.shape[0]
        yield f"{name}.bias", np.zeros(rows, dtype=np.float32)
