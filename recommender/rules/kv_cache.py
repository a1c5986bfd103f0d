"""What one request keeps on a device: KV cache, latents, sliding windows, linear states."""

from recommender.facts import Budget, Model
from recommender.models.attention import kv_bytes_per_token

_GIB = 2**30
# Bytes of a 16-bit element, and keys and values.
_ELEMENT, _PAIR = 2, 2
# Groups have the larger kind's size where the kinds differ by less (source: vllm-0.33-wheel,
# v1/core/kv_cache_utils.py).
_NEARLY_EQUAL = 1.5


def request_gib(
    model: Model, context: int, budget: Budget, tensor: int = 1, share: float = 1.0
) -> float:
    """GiB that one request of ``context`` tokens keeps on each of ``tensor`` devices.

    ``share`` is what a quantized cache takes of its size in 16 bits; states stay as they are.

    Layers that attend to everything keep 2 x KV heads x head dimension of each token, MLA layers
    one latent, which no tensor parallelism divides; a KV head is never cut. Layers with a window
    keep what the engine gives them (see ``Budget.sliding``), linear layers a state of fixed size
    (source: fit-and-speed, section 2).
    """
    full, sliding = _layers(model, budget)
    lasting = token_bytes(model, tensor) * full * context
    passing = sliding * _layer_bytes(model.kv_heads, model.head_dim, tensor)
    kept = passing * window_tokens(model, context, budget)
    return ((lasting + kept) * share + (model.state_bytes or 0) / tensor) / _GIB


def window_tokens(model: Model, context: int, budget: Budget) -> int:
    """Tokens that a layer with a sliding window keeps of a request."""
    if budget.sliding == "full" or not model.sliding_window:
        return context
    kept = model.sliding_window + budget.window_batch
    return min(context, -(-kept // budget.window_step) * budget.window_step)


def token_bytes(model: Model, tensor: int = 1) -> float:
    """Bytes of one token over all layers that keep the whole context, on one device, 16 bit.

    Estimated from the parameter count where the architecture is unknown.
    """
    known = kv_bytes_per_token(model)
    heads = model.global_kv_heads or model.kv_heads or 0
    if known is not None:
        return known * (1.0 if model.mla else _share(heads, tensor))
    heads = heads or min(model.heads or 8, 8)
    dimension = model.global_head_dim or model.head_dim
    layers = model.full_layers or model.layers or typical_layers(model)
    return layers * _layer_bytes(heads, dimension, tensor)


def _share(heads: int, tensor: int) -> float:
    """What remains of the KV heads on one of ``tensor`` devices: one head at least."""
    return -(-heads // tensor) / heads if heads else 1.0 / tensor


def _layer_bytes(heads: int | None, dimension: int | None, tensor: int) -> float:
    kept = (heads or 8) * _share(heads or 8, tensor)
    return _PAIR * kept * (dimension or 128) * _ELEMENT


def _layers(model: Model, budget: Budget) -> tuple[float, int]:
    """By what the whole-context layers' bytes are multiplied, and how many layers have a window.

    In groups, the rarer kind's number is the size of a group, and the last group is padded.
    """
    full, sliding = model.full_layers, model.sliding_layers or 0
    if budget.sliding != "grouped" or not (full and sliding):
        return 1.0, sliding
    fewer, more = sorted((full, sliding))
    size = more if more < fewer * _NEARLY_EQUAL else fewer
    return -(-full // size) * size / full, -(-sliding // size) * size


def typical_layers(model: Model) -> float:
    """Layers of a dense model of this size: 18 at 1 B, 36 at 8 B, 78 at 70 B parameters."""
    billions = max((model.active_params or model.params or 8e9) / 1e9, 0.05)
    return float(18.0 * billions**0.345)
