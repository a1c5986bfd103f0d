"""A Llama of random weights, 5 MB, that llama.cpp loads: it babbles, but obeys a grammar."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import gguf
import numpy as np
from numpy.typing import NDArray

_SEED = 20260122
# llama.cpp's quantized KV cache (q8_0) works in blocks of 32 along a head.
_HEAD_SIZE = 64
# Larger than any context that is asked for, which llama-server would otherwise cap to it.
_CONTEXT = 131072
_MERGES = ("y e", "ye s", "n o")
SPECIALS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
CHAT_ML = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


class Shape(NamedTuple):
    """The sizes of a model; ``more_tokens`` fill the vocabulary up, and no text has them."""

    layers: int = 2
    heads: int = 4
    kv_heads: int = 2
    feed_forward: int = 512
    more_tokens: int = 0

    @property
    def hidden(self) -> int:
        """Elements of a hidden state."""
        return self.heads * self.head_size

    @property
    def head_size(self) -> int:
        """Elements of a head, the same for every shape."""
        return _HEAD_SIZE


def write_tiny_gguf(path: Path, shape: Shape = Shape()) -> Path:  # noqa: B008  # immutable
    """Write the model to ``path`` (the same bytes every time) and return it."""
    tokens = vocabulary(shape.more_tokens)
    writer = gguf.GGUFWriter(path, "llama")
    _add_shape(writer, shape, len(tokens))
    add_tokenizer(writer, tokens)
    for name, tensor in _tensors(shape, len(tokens)):
        writer.add_tensor(name, tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _add_shape(writer: gguf.GGUFWriter, shape: Shape, vocabulary: int) -> None:
    writer.add_name("tiny")
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_vocab_size(vocabulary)
    writer.add_context_length(_CONTEXT)
    writer.add_block_count(shape.layers)
    writer.add_embedding_length(shape.hidden)
    writer.add_feed_forward_length(shape.feed_forward)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_rope_dimension_count(_HEAD_SIZE)
    writer.add_layer_norm_rms_eps(1e-5)


def vocabulary(more_tokens: int = 0) -> list[str]:
    """Every byte, the words that a grammar may ask for, fillers and ChatML's marks."""
    fillers = (f"filler{number}" for number in range(more_tokens))
    merged = (merge.replace(" ", "") for merge in _MERGES)
    return [*byte_tokens(), *merged, *fillers, *SPECIALS]


def add_tokenizer(writer: gguf.GGUFWriter, tokens: list[str]) -> None:
    """Write a byte-level tokenizer of these tokens and a ChatML template."""
    normal, control = gguf.TokenType.NORMAL, gguf.TokenType.CONTROL
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types([control if token in SPECIALS else normal for token in tokens])
    writer.add_token_merges(list(_MERGES))
    writer.add_bos_token_id(tokens.index("<|endoftext|>"))
    writer.add_eos_token_id(tokens.index("<|im_end|>"))
    writer.add_add_bos_token(value=False)
    writer.add_chat_template(CHAT_ML)


def byte_tokens() -> Iterator[str]:
    """Yield the token of every byte, in the order of the bytes."""
    # Byte-level BPE names a byte by its Latin-1 character; the ones that do not print (controls,
    # spaces, the soft hyphen) get the characters from U+0100 on, in order.
    spare = 0x100
    for byte in range(256):
        if 0x21 <= byte <= 0x7E or (byte >= 0xA1 and byte != 0xAD):
            yield chr(byte)
        else:
            yield chr(spare)
            spare += 1


def _tensors(shape: Shape, vocabulary: int) -> Iterator[tuple[str, NDArray[np.float32]]]:
    random = np.random.default_rng(_SEED)
    hidden, feed_forward = shape.hidden, shape.feed_forward

    def weights(rows: int, columns: int) -> NDArray[np.float32]:
        return random.standard_normal((rows, columns), dtype=np.float32) * np.float32(0.05)

    yield "token_embd.weight", weights(vocabulary, hidden)
    projections = (("attn_q", shape.heads), ("attn_k", shape.kv_heads), ("attn_v", shape.kv_heads))
    for layer in range(shape.layers):
        block = f"blk.{layer}"
        for norm in ("attn_norm", "ffn_norm"):
            yield f"{block}.{norm}.weight", np.ones(hidden, dtype=np.float32)
        for name, heads in projections:
            yield f"{block}.{name}.weight", weights(heads * _HEAD_SIZE, hidden)
        yield f"{block}.attn_output.weight", weights(hidden, hidden)
        for name in ("ffn_gate", "ffn_up"):
            yield f"{block}.{name}.weight", weights(feed_forward, hidden)
        yield f"{block}.ffn_down.weight", weights(hidden, feed_forward)
    yield "output_norm.weight", np.ones(hidden, dtype=np.float32)
    yield "output.weight", weights(vocabulary, hidden)
