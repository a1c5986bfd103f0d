"""What a layer of linear attention, Mamba or convolution keeps for a sequence, in bytes.

The state is of 32 bits, the inputs of its convolution of 16 (source: fit-and-speed, section 2);
of a convolution of n steps the last n - 1 inputs are kept.
"""

from collections.abc import Mapping
from typing import Any

from recommender.models.keys import count, part

_STATE = 4
_INPUT = 2


def state_bytes(config: Mapping[str, Any], hidden: int, heads: int | None) -> int | None:
    """What one linear layer keeps for a sequence; None where the configuration does not say."""
    for form in (_gated_delta, _kimi, _mamba2, _mamba, _convolution, _lightning):
        found = form(config, hidden, heads)
        if found:
            return found
    return None


def _gated_delta(config: Mapping[str, Any], *_: object) -> int | None:
    value_heads, keys = (count(config, f"linear_num_{kind}_heads") for kind in ("value", "key"))
    key, value = (count(config, f"linear_{kind}_head_dim") for kind in ("key", "value"))
    if not (value_heads and key and value):
        return None
    channels = 2 * (keys or value_heads) * key + value_heads * value
    steps = (count(config, "linear_conv_kernel_dim") or 1) - 1
    return value_heads * key * value * _STATE + channels * steps * _INPUT


def _kimi(config: Mapping[str, Any], *_: object) -> int | None:
    said = part(config, "linear_attn_config")
    heads, size = count(said, "num_heads"), count(said, "head_dim")
    if not (heads and size):
        return None
    steps = (count(said, "short_conv_kernel_size") or 1) - 1
    return heads * size * size * _STATE + 3 * heads * size * steps * _INPUT


def _mamba2(config: Mapping[str, Any], hidden: int, _: object) -> int | None:
    heads = count(config, "mamba_num_heads", "mamba_n_heads", "n_mamba_heads", "num_heads")
    size = count(config, "mamba_head_dim", "mamba_d_head", "mamba_headdim")
    inner = count(config, "mamba_d_ssm") or (count(config, "mamba_expand", "expand") or 2) * hidden
    size = size or (inner // heads if heads else None)
    state = count(config, "mamba_d_state", "ssm_state_size", "state_size")
    groups = count(config, "mamba_n_groups", "mamba_ngroups", "n_groups")
    if not (heads and size and state and groups):
        return None
    steps = (count(config, "mamba_d_conv", "conv_kernel") or 1) - 1
    channels = heads * size + 2 * groups * state
    return heads * size * state * _STATE + channels * steps * _INPUT


def _mamba(config: Mapping[str, Any], hidden: int, _: object) -> int | None:
    state = count(config, "mamba_d_state", "state_size")
    if not state:
        return None
    inner = count(config, "intermediate_size") if "state_size" in config else None
    inner = inner or (count(config, "mamba_expand", "expand") or 2) * hidden
    steps = (count(config, "mamba_d_conv", "conv_kernel") or 1) - 1
    return inner * state * _STATE + inner * steps * _INPUT


def _convolution(config: Mapping[str, Any], hidden: int, _: object) -> int | None:
    steps = count(config, "conv_L_cache")
    return hidden * (steps - 1) * _INPUT if steps else None


def _lightning(config: Mapping[str, Any], hidden: int, heads: int | None) -> int | None:
    if not heads or "attn_type_list" not in config:
        return None
    size = count(config, "head_dim") or hidden // heads
    return heads * size * size * _STATE
