"""Which layers of a config.json keep the whole context, a window of it, or a state.

Source: the configuration classes of transformers (models/*/configuration_*.py), whose defaults
stand here for what a config.json leaves out.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from recommender.models.keys import count, counts, part, text, words

# For every layer the kinds it has: a layer with attention beside a state has two, a plain
# feed-forward one has none.
Kinds: TypeAlias = list[frozenset[str]]

_FULL, _SLIDING, _LINEAR = frozenset({"full"}), frozenset({"sliding"}), frozenset({"linear"})
_NONE: frozenset[str] = frozenset()
_WORDS = {
    **dict.fromkeys(("full_attention", "global_attention", "attention", "full", "global"), _FULL),
    **dict.fromkeys(("sliding_attention", "chunked_attention", "local_attention"), _SLIDING),
    **dict.fromkeys(("sliding", "local"), _SLIDING),
    **dict.fromkeys(("linear_attention", "mamba", "mamba2", "conv", "recurrent"), _LINEAR),
    **dict.fromkeys(("kda", "gdn", "short_conv", "lightning_attention"), _LINEAR),
    **dict.fromkeys(("mlp", "moe", "feedforward"), _NONE),
    "hybrid": _FULL | _LINEAR,
}
# Nemotron-H writes its layers as letters, EXAONE 4 its windows.
_LETTERS = {"M": _LINEAR, "*": _FULL, "-": _NONE, "E": _NONE, "L": _SLIDING, "G": _FULL}
# Families whose every n-th layer keeps the whole context, where the file does not say so.
_EVERY = {
    "gemma2": 2,
    "gpt_oss": 2,
    "gemma3": 6,
    "gemma3n": 5,
    "gemma4": 6,
    "cohere2": 4,
    "olmo3": 4,
    "exaone4": 4,
}
# Families in which a window, where there is one, is that of every layer.
_ALL_SLIDING = frozenset(("mistral", "mixtral", "phi3", "phimoe", "starcoder2"))
_QWEN_WINDOW_FROM = 28


def family(config: Mapping[str, Any]) -> str:
    """The kind of model, spelled the same in config.json and in GGUF."""
    name = (text(config, "model_type") or "").replace("-", "_")
    return name.removesuffix("_text")


def kinds(config: Mapping[str, Any], layers: int) -> Kinds:
    """What each layer keeps."""
    listed = _listed(config, layers) or _hybrid(config, layers)
    return listed or _windows(config, layers)


def _listed(config: Mapping[str, Any], layers: int) -> Kinds | None:
    for name in ("layer_types", "layers_block_type", "block_types"):
        said = words(config.get(name))
        if said and all(word in _WORDS for word in said):
            return _cycle([_WORDS[word] for word in said], layers)
    letters = text(config, "hybrid_override_pattern", "sliding_window_pattern")
    if letters and set(letters) <= _LETTERS.keys():
        return _cycle([_LETTERS[letter] for letter in letters], layers)
    types = counts(config.get("attn_type_list"))  # MiniMax: 1 is softmax attention
    if len(types) >= layers:
        return [_FULL if kind else _LINEAR for kind in types[:layers]]
    swa = counts(config.get("hybrid_layer_pattern"))  # MiMo: 1 is a window
    if len(swa) >= layers:
        return [_SLIDING if kind else _FULL for kind in swa[:layers]]
    return None


def _cycle(pattern: Sequence[frozenset[str]], layers: int) -> Kinds:
    return [pattern[layer % len(pattern)] for layer in range(layers)]


def _at(positions: Iterable[int], layers: int, other: frozenset[str]) -> Kinds:
    wanted = frozenset(positions)
    return [_FULL if layer in wanted else other for layer in range(layers)]


def _hybrid(config: Mapping[str, Any], layers: int) -> Kinds | None:
    """Hybrids that say where their attention is instead of listing the layers."""
    kimi = part(config, "linear_attn_config")
    if counts(kimi.get("kda_layers")):
        first = {layer - 1 for layer in counts(kimi.get("full_attn_layers"))}
        return _at(first, layers, _LINEAR)
    for name in ("attn_layer_indices", "full_attn_idxs"):
        if counts(config.get(name)):
            return _at(counts(config[name]), layers, _LINEAR)
    period = count(config, "attn_layer_period")
    if period:
        return _at(range(count(config, "attn_layer_offset") or 0, layers, period), layers, _LINEAR)
    interval = count(config, "full_attention_interval")
    if interval or count(config, "linear_num_value_heads"):
        interval = interval or 4  # the default of Qwen3-Next
        return _at(range(interval - 1, layers, interval), layers, _LINEAR)
    if family(config) == "falcon_h1":
        return [_FULL | _LINEAR] * layers
    return [_LINEAR] * layers if family(config) in ("mamba", "mamba2", "falcon_mamba") else None


def window(config: Mapping[str, Any]) -> int | None:
    """How many tokens a layer with a window keeps, None where there is no such layer."""
    if config.get("use_sliding_window") is False:
        return None
    names = ("sliding_window", "attention_chunk_size", "attention_window_size")
    return count(config, *names, "sliding_window_size", "window_size")


def _windows(config: Mapping[str, Any], layers: int) -> Kinds:
    if window(config) is None:
        return [_FULL] * layers
    roped = counts(config.get("no_rope_layers"))
    if len(roped) >= layers:  # Llama 4: the layers with positions see their own chunk alone
        return [_SLIDING if rope else _FULL for rope in roped[:layers]]
    kind = family(config)
    every = count(
        config, "sliding_window_pattern", "_sliding_window_pattern", "no_rope_layer_interval"
    )
    every = every or _EVERY.get(kind) or (4 if count(config, "attention_chunk_size") else None)
    if every:
        return _at(range(every - 1, layers, every), layers, _SLIDING)
    if config.get("use_sliding_window") is True:
        first = config.get("max_window_layers", _QWEN_WINDOW_FROM)
        first = min(first, layers) if isinstance(first, int) else layers
        return _at(range(first), layers, _SLIDING)
    return [_SLIDING if kind in _ALL_SLIDING else _FULL] * layers
