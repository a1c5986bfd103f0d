"""What the layers of a GGUF file keep of a context.

Source: the keys that gguf 0.19 writes (gguf.Keys), the names of its tensors, and what llama.cpp
takes where a file is silent (load_arch_hparams in src/models/*.cpp).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from recommender.models.attention import Layers
from recommender.models.keys import count, counts
from recommender.models.tally import Tensor
from recommender.patterns import lazily

_BLOCK = lazily(r"^blk\.(\d{1,4})\.(.+)$")
_STATE = lazily(r"^(?:ssm_|shortconv|time_mix)")
_ATTENTION = lazily(r"^(?:attn_k\.|attn_k_b\.|attn_kv_a|attn_kv_b|attn_qkv\.)")
# llama.cpp keeps states and the inputs of their convolutions at 32 bits.
_STATE_BYTES = 4
# Every n-th layer keeps the whole context in these architectures: the last of n, or the first.
# Others with a window that list no layers run without it, as phi3 does.
_EVERY = {
    **dict.fromkeys(("gpt-oss", "gemma2"), 2),
    **dict.fromkeys(("cohere2", "exaone4", "exaone-moe", "olmo2", "mellum", "afmoe", "llama4"), 4),
    "gemma3n": 5,
    "gemma3": 6,
    "gemma-embedding": 6,
    "plamo3": 8,
}
_FIRST_OF = {"smallthinker": 4, "laguna": 4, "cohere2moe": 4}
# The chunks of Llama 4 stand in no key.
_CHUNK = {"llama4": 8192}


class Own:
    """The keys of the file's own architecture."""

    def __init__(self, values: Mapping[str, Any], name: str) -> None:
        """The ``values`` of a header whose architecture is ``name``."""
        self.values, self.name = values, name

    def get(self, key: str) -> Any:
        """What stands under a key."""
        return self.values.get(f"{self.name}.{key}")

    def count(self, *keys: str) -> int | None:
        """The first positive whole number under one of the keys."""
        return count(self.values, *(f"{self.name}.{key}" for key in keys))


def layers_of(own: Own, tensors: Sequence[Tensor], layers: int, hidden: int, heads: int) -> Layers:
    """What every layer keeps, by the file's keys and tensors."""
    keeps, states = _keepers(tensors, layers)
    shared = own.count("attention.shared_kv_layers") or 0
    keeps = [layer for layer in keeps if layer < layers - shared]
    sliding = _sliding(own, layers)
    key = own.count("attention.key_length") or (hidden // heads or None)
    return Layers(
        count=layers,
        full=tuple(layer for layer in keeps if layer not in sliding),
        sliding=tuple(layer for layer in keeps if layer in sliding),
        linear=tuple(states),
        kv_heads=_kv_heads(own, layers, heads),
        key_dim=own.count("attention.key_length_swa") or key,
        global_key_dim=key,
        global_value_dim=own.count("attention.value_length"),
        window=_window(own),
        state_bytes=_state_bytes(own, hidden),
    )


def _keepers(tensors: Sequence[Tensor], layers: int) -> tuple[list[int], list[int]]:
    """The layers with a KV cache and those with a state, by the names of their tensors."""
    keeps, states = set[int](), set[int]()
    for tensor in tensors:
        block = _BLOCK.match(tensor.name)
        if block and int(block[1]) < layers:
            states.update([int(block[1])] if _STATE.match(block[2]) else ())
            keeps.update([int(block[1])] if _ATTENTION.match(block[2]) else ())
    # A gated delta layer has its projections under attn_qkv, too; real attention has no ssm_ there.
    fused = {
        int(b[1]) for t in tensors if (b := _BLOCK.match(t.name)) and b[2] == "attn_qkv.weight"
    }
    return sorted(keeps - (states & fused)), sorted(states)


def _window(own: Own) -> int | None:
    said = own.get("attention.sliding_window")
    return own.count("attention.sliding_window") or (None if said == 0 else _CHUNK.get(own.name))


def _sliding(own: Own, layers: int) -> frozenset[int]:
    said = own.get("attention.sliding_window_pattern")
    if isinstance(said, list) and len(said) >= layers:
        return frozenset(layer for layer in range(layers) if said[layer])
    first = own.name in _FIRST_OF
    known = (_FIRST_OF if first else _EVERY).get(own.name)
    every = own.count("attention.sliding_window_pattern") or known
    if _window(own) is None or every is None:
        return frozenset()
    full = range(0 if first else every - 1, layers, every)
    return frozenset(range(layers)) - frozenset(full)


def _kv_heads(own: Own, layers: int, heads: int) -> tuple[int, ...]:
    listed = counts(own.get("attention.head_count_kv"))
    if len(listed) >= layers:
        return listed[:layers]
    return (own.count("attention.head_count_kv") or heads,) * layers


def _state_bytes(own: Own, hidden: int) -> int | None:
    """What one layer with a state keeps; the inner size is heads x size of a head."""
    inner, state = own.count("ssm.inner_size"), own.count("ssm.state_size")
    kernel = own.count("ssm.conv_kernel", "shortconv.l_cache") or 1
    size = own.count("kda.head_dim")
    if size:
        width = (own.count("attention.head_count") or 1) * size
        return (width * size + 3 * width * (kernel - 1)) * _STATE_BYTES
    if inner and state:
        channels = inner + 2 * (own.count("ssm.group_count") or 0) * state
        return (inner * state + channels * (kernel - 1)) * _STATE_BYTES
    return hidden * (kernel - 1) * _STATE_BYTES if own.count("shortconv.l_cache") else None
