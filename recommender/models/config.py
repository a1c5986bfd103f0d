"""A config.json as a model, for every kind of attention.

Source: the configuration classes of transformers and the keys that they write.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from recommender.errors import InputError, printable
from recommender.facts import Model
from recommender.models import attention, kinds, states
from recommender.models.attention import Layers
from recommender.models.keys import count, counts, part, text, words
from recommender.models.kinds import Kinds

_MOST_LAYERS = 4096
_TEXT = ("text_config", "llm_config", "language_config", "language_model_config", "thinker_config")
_LAYERS = ("num_hidden_layers", "n_layer", "num_layers", "n_layers", "decoder_layers")
_VOCABULARY = ("vocab_size", "padded_vocab_size")
_HIDDEN = ("hidden_size", "n_embd", "d_model", "dim", "model_dim")
_HEADS = ("num_attention_heads", "n_head", "n_heads", "num_heads", "decoder_attention_heads")
_KV_HEADS = (
    "num_key_value_heads",
    "num_kv_heads",
    "n_head_kv",
    "n_kv_heads",
    "multi_query_group_num",
)
_EXPERTS = (
    "num_experts",
    "num_local_experts",
    "n_routed_experts",
    "moe_num_experts",
    "num_moe_experts",
)
_CHOSEN = ("num_experts_per_tok", "num_experts_per_token", "moe_topk", "moe_top_k", "moe_k")
_CHOSEN_TOO = ("top_k_experts", "experts_per_token", "num_selected_experts")
_INTERMEDIATE = ("intermediate_size", "ffn_dim", "n_inner", "ffn_hidden_size", "decoder_ffn_dim")
_EXPERT_SIZE = (
    "moe_intermediate_size",
    "expert_hidden_size",
    "moe_ffn_hidden_size",
    "expert_ffn_hidden_size",
)
_CONTEXT = (
    "max_position_embeddings",
    "n_positions",
    "max_sequence_length",
    "seq_length",
    "max_seq_len",
)
# They match pictures and texts, and write nothing.
_PAIRS = frozenset(("clip", "siglip", "siglip2", "chinese_clip", "altclip"))
_TASKS = {"whisper": "asr"}
# What the classes of these families take where the file leaves it out (Gemma3TextConfig and
# Gemma4TextConfig, which write the difference to their defaults alone; the others have kv_heads =
# heads and head_dim = hidden / heads).
_GEMMA = {"num_attention_heads": 8, "num_key_value_heads": 4, "head_dim": 256}
_DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "gemma3": {
        **_GEMMA,
        "vocab_size": 262208,
        "max_position_embeddings": 131072,
        "sliding_window": 4096,
    },
    "gemma4": {
        **_GEMMA,
        "vocab_size": 262144,
        "max_position_embeddings": 131072,
        "sliding_window": 512,
        "global_head_dim": 512,
    },
}


def of_config(config: Mapping[str, Any], where: str, identity: str) -> Model:
    """The architecture that a config.json describes; ``where`` is what a sentence calls it.

    Raises:
        InputError: it is no language model, lacks what every one has, or contradicts itself.
    """
    inner = _language(config)
    layers, hidden = _checked(config, inner, where)
    heads = count(inner, *_HEADS)
    laid = _layers(inner, layers, hidden, heads)
    experts = count(inner, *_EXPERTS)
    known: dict[str, Any] = {
        "family": _family(config),
        "hidden": hidden,
        "heads": heads,
        "vocab": count(inner, *_VOCABULARY),
        "context": count(inner, *_CONTEXT),
        "native_dtype": _native(inner) or _native(config),
        "tied": _flag(config, inner, "tie_word_embeddings"),
        "intermediate": count(inner, *_INTERMEDIATE),
        **attention.facts(laid),
        **_experts(inner, experts),
        **_vision(config),
    }
    task = _TASKS.get(kinds.family(config))
    model = _latent(Model(id=identity, task=task, mla=False, **known), inner)
    # DeepSeek V4 compresses its KV cache, each layer differently: no formula is known.
    known_kv = None if "compress_ratios" in inner else attention.kv_bytes_per_token(model)
    return replace(model, kv_bytes_per_token=known_kv)


def _language(config: Mapping[str, Any]) -> dict[str, Any]:
    """The part that describes the language model, with its family's defaults."""
    inner: Mapping[str, Any] = config
    for _ in range(3):  # Omni models have theirs inside of another part
        inner = part(inner, *_TEXT) or inner
    kind = kinds.family({"model_type": inner.get("model_type") or config.get("model_type")})
    own = {name: value for name, value in inner.items() if value is not None}
    return {**_DEFAULTS.get(kind, {}), "model_type": kind, **own}


def _checked(config: Mapping[str, Any], inner: Mapping[str, Any], where: str) -> tuple[int, int]:
    """Layers and hidden size, which nothing can be said without."""
    listed = len(words(inner.get("layers_block_type"))) or len(words(inner.get("layer_types")))
    layers, hidden = count(inner, *_LAYERS) or listed, count(inner, *_HIDDEN)
    words_known = count(inner, *_VOCABULARY)
    if layers and hidden and words_known and kinds.family(config) not in _PAIRS:
        _check_heads(inner, where, layers, hidden)
        return layers, hidden
    if layers and hidden:
        what = f"{_family(config) or 'it'} is no language model (config.json describes none)"
    else:
        found = {_LAYERS[0]: layers, _HIDDEN[0]: hidden, _VOCABULARY[0]: words_known}
        what = f"config.json lacks {', '.join(name for name, has in found.items() if not has)}"
    message = f"{where}: {what}; name the folder or repository of a language model"
    raise InputError(message)


def _check_heads(inner: Mapping[str, Any], where: str, layers: int, hidden: int) -> None:
    heads = count(inner, *_HEADS) or 1
    shared = count(inner, *_KV_HEADS) or heads
    own_size = count(inner, "head_dim", "kv_channels", "kv_lora_rank", "attention_head_dim")
    listed = isinstance(inner.get("num_key_value_heads"), list)
    if (hidden % heads and not own_size) or (heads % shared and not listed):
        what = f"{heads} heads, {shared} KV heads and hidden size {hidden} do not divide"
    elif layers > _MOST_LAYERS:
        what = f"{layers} layers are more than any model has"
    else:
        return
    message = f"{where}: config.json contradicts itself ({what}); take the original one"
    raise InputError(message)


def _family(config: Mapping[str, Any]) -> str | None:
    built = next(iter(words(config.get("architectures"))), None) or text(config, "model_type")
    return printable(built) if built else None


def _native(config: Mapping[str, Any]) -> str | None:
    name = text(config, "dtype", "torch_dtype")
    return printable(name) if name else None


def _flag(config: Mapping[str, Any], inner: Mapping[str, Any], name: str) -> bool | None:
    values = (source.get(name) for source in (inner, config))
    return next((value for value in values if isinstance(value, bool)), None)


def _layers(inner: Mapping[str, Any], layers: int, hidden: int, heads: int | None) -> Layers:
    found = kinds.kinds(inner, layers)
    # The last layers of some families read the KV cache of earlier ones (source: Gemma3nTextConfig
    # and Gemma4TextConfig, num_kv_shared_layers).
    own = max(layers - (count(inner, "num_kv_shared_layers") or 0), 1)
    full = _positions(found[:own], "full")
    key = _head_dim(inner, hidden, heads)
    return Layers(
        count=layers,
        full=full,
        sliding=_positions(found[:own], "sliding"),
        linear=_positions(found, "linear"),
        kv_heads=_kv_heads(inner, layers, heads, found),
        key_dim=count(inner, "swa_head_dim") or key,
        global_key_dim=count(inner, "global_head_dim") or key,
        global_value_dim=count(inner, "v_head_dim"),
        window=kinds.window(inner),
        state_bytes=states.state_bytes(inner, hidden, heads),
    )


def _positions(found: Kinds, kind: str) -> tuple[int, ...]:
    return tuple(layer for layer, has in enumerate(found) if kind in has)


def _head_dim(inner: Mapping[str, Any], hidden: int, heads: int | None) -> int | None:
    own = count(inner, "head_dim", "kv_channels", "attention_head_dim", "d_head")
    return own or (hidden // heads if heads else None)


def _kv_heads(
    inner: Mapping[str, Any], layers: int, heads: int | None, found: Kinds
) -> tuple[int, ...]:
    for name in _KV_HEADS:
        listed = counts(inner.get(name))
        if len(listed) >= layers:
            return listed[:layers]
    plain = count(inner, *_KV_HEADS) or (1 if inner.get("multi_query") is True else heads) or 0
    # Gemma 4 has other KV heads in its full layers only where keys and values are shared there
    # (source: Gemma4TextConfig); MiMo says those of its windows apart.
    shared = inner.get("attention_k_eq_v") is not False
    everywhere = (count(inner, "num_global_key_value_heads") if shared else None) or plain
    local = count(inner, "swa_num_key_value_heads") or plain
    return tuple(everywhere if "full" in has else local for has in found)


def _experts(inner: Mapping[str, Any], experts: int | None) -> dict[str, Any]:
    if not experts or experts == 1:
        return {"moe": False}
    return {
        "moe": True,
        "experts": experts,
        "experts_per_token": count(inner, *_CHOSEN, *_CHOSEN_TOO),
        "moe_intermediate": count(inner, *_EXPERT_SIZE) or count(inner, *_INTERMEDIATE),
    }


def _vision(config: Mapping[str, Any]) -> dict[str, Any]:
    nested = part(config, "thinker_config")
    said = part(config, "vision_config", "visual", "vit_config") or part(nested, "vision_config")
    if not said:
        return {}
    return {"modality": "vision", "vision_heads": count(said, "num_attention_heads", "num_heads")}


def _latent(model: Model, inner: Mapping[str, Any]) -> Model:
    rank, rope = count(inner, "kv_lora_rank"), count(inner, "qk_rope_head_dim")
    if not (rank and rope):
        return model
    return replace(
        model,
        mla=True,
        head_dim=None,
        kv_lora_rank=rank,
        rope_head_dim=rope,
        kv_bytes_per_token=None,
    )
