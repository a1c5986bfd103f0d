"""What the attention of a model keeps of a context, layer by layer."""

from collections.abc import Sequence
from typing import Any

from recommender.facts import Model
from recommender.facts.noun import noun

_KEYS_AND_VALUES = 2
_SIXTEEN_BITS = 2


@noun
class Layers:
    """The layers of a model and what each keeps; positions are layers, from the first.

    ``full``, ``sliding`` and ``linear`` are positions (a layer that runs attention beside a state
    is in two of them). ``kv_heads`` has the KV heads of every layer. ``key_dim`` is
    the size of a head of the layers with a window, ``global_key_dim`` that of the full ones where
    it differs, ``global_value_dim`` that of their values where it differs from the keys'.
    ``state_bytes`` is what one linear layer keeps for a sequence.
    """

    count: int
    full: tuple[int, ...]
    sliding: tuple[int, ...] = ()
    linear: tuple[int, ...] = ()
    kv_heads: tuple[int, ...] = ()
    key_dim: int | None = None
    global_key_dim: int | None = None
    global_value_dim: int | None = None
    window: int | None = None
    state_bytes: int | None = None


def kv_bytes_per_token(model: Model) -> int | None:
    """The 16-bit KV cache of one token over the layers that keep the whole context, in bytes.

    What the model says of itself, else 2 x layers x KV heads x head dimension x 2 bytes, with MLA
    layers x (KV rank + rope dimension) x 2 bytes (source: fit-and-speed, section 2); None where
    too little is known.
    """
    if model.kv_bytes_per_token is not None:
        return model.kv_bytes_per_token
    full = _full_layers(model)
    if full is None:
        return None
    if model.kv_lora_rank and model.rope_head_dim:
        return latent_bytes(full, model.kv_lora_rank, model.rope_head_dim)
    heads = model.global_kv_heads or model.kv_heads
    size = model.global_head_dim or model.head_dim
    if model.mla or heads is None or size is None:
        return None
    return _KEYS_AND_VALUES * full * heads * size * _SIXTEEN_BITS


def latent_bytes(layers: int, rank: int, rope: int) -> int:
    """What MLA layers keep of one token at 16 bits, in bytes."""
    return layers * (rank + rope) * _SIXTEEN_BITS


def _full_layers(model: Model) -> int | None:
    if model.full_layers is not None or model.layers is None:
        return model.full_layers
    return model.layers - (model.sliding_layers or 0) - (model.linear_layers or 0)


def facts(layers: Layers) -> dict[str, Any]:
    """The fields of ``Model`` that follow from its layers, MLA aside."""
    sliding = layers.sliding
    found: dict[str, Any] = {"layers": layers.count}
    if len(layers.full) != layers.count or layers.linear:
        found |= {
            "full_layers": len(layers.full),
            "sliding_layers": len(sliding),
            "linear_layers": len(layers.linear),
        }
    if sliding:
        found["sliding_window"] = layers.window
    if layers.linear and layers.state_bytes is not None:
        found["state_bytes"] = layers.state_bytes * len(layers.linear)
    return found | _heads(layers)


def _heads(layers: Layers) -> dict[str, Any]:
    full = _most(layers.kv_heads, layers.full)
    local = _most(layers.kv_heads, layers.sliding) or full
    found: dict[str, Any] = {"kv_heads": local, "head_dim": layers.key_dim}
    if layers.sliding and full and full != local:
        found["global_kv_heads"] = full
    if layers.global_key_dim not in (None, layers.key_dim):
        found["global_head_dim"] = layers.global_key_dim
    total = _kv_bytes(layers)
    return found if total is None else found | {"kv_bytes_per_token": total}


def _most(heads: Sequence[int], layers: Sequence[int]) -> int | None:
    return max((heads[layer] for layer in layers), default=None) or None if heads else None


def _kv_bytes(layers: Layers) -> int | None:
    """Exact where layers have different heads, or keys another size than values."""
    key = layers.global_key_dim or layers.key_dim
    value = layers.global_value_dim or key
    if not layers.kv_heads or key is None or value is None:
        return None
    return sum(layers.kv_heads[layer] for layer in layers.full) * (key + value) * _SIXTEEN_BITS
