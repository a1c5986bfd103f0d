"""The header of a GGUF file as a model.

Source: the keys that gguf 0.19 writes (gguf.Keys) and the names of its tensors.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from recommender.errors import InputError, printable
from recommender.facts import Model
from recommender.models import attention, catalogue, kinds, spelling, table, tally
from recommender.models.attention import Layers
from recommender.models.ggml_types import FILE_TYPES
from recommender.models.gguf import Header
from recommender.models.keys import count, counts, text
from recommender.models.tally import Tensor
from recommender.patterns import lazily

_MOST_LAYERS = 4096
_BLOCK = lazily(r"^blk\.(\d{1,4})\.(.+)$")
_STATE = lazily(r"^(?:ssm_|shortconv|time_mix)")
_ATTENTION = lazily(r"^(?:attn_k\.|attn_k_b\.|attn_kv_a|attn_kv_b|attn_qkv\.)")
_HUB = "https://huggingface.co/"
# llama.cpp keeps states and the inputs of their convolutions at 32 bits.
_STATE_BYTES = 4
_PLAIN = {
    "bf16": "bf16-gguf",
    "mxfp4": "mxfp4_moe",
    "q3_k": "q3_k_m",
    "q4_k": "q4_k_m",
    "q5_k": "q5_k_m",
}
# Kinds of files that are no model of their own, with the way out.
_OTHERS = {
    "mmproj": "holds the vision part of a model; name the model's own GGUF file beside it",
    "adapter": "is a LoRA adapter; name the model that it belongs to",
    "vocab": "holds a vocabulary alone; name the model's own GGUF file",
    "imatrix": "holds an importance matrix; name the model's own GGUF file",
}


def of_headers(headers: Sequence[Header], where: str, identity: str) -> Model:
    """The model of one file or of all parts of a split one; the first has the metadata.

    Raises:
        InputError: it is no language model, or lacks what every one has.
    """
    values = headers[0].values
    _check_kind(values, where)
    tensors = [tensor for header in headers for tensor in header.tensors]
    own = _Own(values, printable(text(values, "general.architecture") or ""))
    layers, hidden, heads = _shape(own, where)
    found = tally.tally(tensors)
    experts = own.count("expert_count")
    chosen = own.count("expert_used_count")
    laid = _layers(own, tensors, layers, hidden, heads)
    known = {
        **attention.facts(laid),
        **tally.facts(found, experts, chosen),
        **_experts(own, experts, chosen),
    }
    rank, rope = own.count("attention.kv_lora_rank"), own.count("rope.dimension_count")
    if rank and rope:
        known |= {"mla": True, "head_dim": None, "kv_lora_rank": rank, "rope_head_dim": rope}
        known["kv_bytes_per_token"] = len(laid.full) * (rank + rope) * 2
    return Model(
        id=identity,
        family=own.name or None,
        hidden=hidden,
        heads=heads,
        context=own.count("context_length"),
        vocab=_vocabulary(own, headers),
        intermediate=own.count("feed_forward_length"),
        tied=not found.head,
        format="gguf",
        quantization=_quantization(values, tensors, identity),
        task="embedding" if own.get("attention.causal") is False else None,
        base=_base(values),
        **{"mla": False, **known},
    )


class _Own:
    """The keys of the file's own architecture."""

    def __init__(self, values: Mapping[str, Any], name: str) -> None:
        self.values, self.name = values, name

    def get(self, key: str) -> Any:
        return self.values.get(f"{self.name}.{key}")

    def count(self, *keys: str) -> int | None:
        return count(self.values, *(f"{self.name}.{key}" for key in keys))


def _check_kind(values: Mapping[str, Any], where: str) -> None:
    kind = text(values, "general.type")
    kind = "mmproj" if text(values, "general.architecture") == "clip" else kind
    if kind in _OTHERS:
        message = f"{where}: {_OTHERS[kind]}"
        raise InputError(message)


def _shape(own: _Own, where: str) -> tuple[int, int, int]:
    wanted = ("block_count", "embedding_length", "attention.head_count")
    layers, hidden, heads = (own.count(key) for key in wanted)
    heads = heads or (1 if own.count("ssm.state_size") else None)
    if not (layers and hidden and heads):
        names = zip(wanted, (layers, hidden, heads), strict=True)
        missing = ", ".join(f"{own.name}.{key}" for key, value in names if not value)
        what = f"is no language model that llmpick can read (it lacks {missing})"
        message = f"{where}: {what}; name the GGUF file of one"
        raise InputError(message)
    layers -= own.count("nextn_predict_layers") or 0
    if not 0 < layers <= _MOST_LAYERS:
        message = f"{where}: says that it has {layers} layers; download it again"
        raise InputError(message)
    return layers, hidden, heads


def _experts(own: _Own, experts: int | None, chosen: int | None) -> dict[str, Any]:
    if not experts:
        return {"moe": False}
    size = own.count("expert_feed_forward_length", "feed_forward_length")
    return {
        "moe": True,
        "experts": experts,
        "experts_per_token": chosen,
        "moe_intermediate": size,
    }


def _layers(own: _Own, tensors: Sequence[Tensor], layers: int, hidden: int, heads: int) -> Layers:
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
        window=own.count("attention.sliding_window"),
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


def _sliding(own: _Own, layers: int) -> frozenset[int]:
    said = own.get("attention.sliding_window_pattern")
    if isinstance(said, list) and len(said) >= layers:
        return frozenset(layer for layer in range(layers) if said[layer])
    config = {
        "model_type": own.name,
        "sliding_window": own.count("attention.sliding_window"),
        "attention_chunk_size": own.count("attention.chunk_size"),
        "sliding_window_pattern": own.count("attention.sliding_window_pattern"),
    }
    found = kinds.kinds(config, layers)
    return frozenset(layer for layer, has in enumerate(found) if "sliding" in has)


def _kv_heads(own: _Own, layers: int, heads: int) -> tuple[int, ...]:
    listed = counts(own.get("attention.head_count_kv"))
    if len(listed) >= layers:
        return listed[:layers]
    return (own.count("attention.head_count_kv") or heads,) * layers


def _state_bytes(own: _Own, hidden: int) -> int | None:
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


def _vocabulary(own: _Own, headers: Sequence[Header]) -> int | None:
    rows = [
        header.rows["token_embd.weight"] for header in headers if "token_embd.weight" in header.rows
    ]
    words = headers[0].lengths.get("tokenizer.ggml.tokens")
    return own.count("vocab_size") or words or next(iter(rows), None)


def _quantization(
    values: Mapping[str, Any], tensors: Sequence[Tensor], identity: str
) -> str | None:
    """What the file was quantized with: a dynamic mixture has it in its name alone."""
    said = spelling.read(identity).quantization
    if said and said.startswith("ud-") and said in table.quantizations():
        return said
    sizes: Counter[str] = Counter()
    for tensor in tensors:
        sizes[tensor.dtype] += tensor.size
    most = sizes.most_common(1)[0][0] if sizes else ""
    kind = values.get("general.file_type")
    name = FILE_TYPES.get(kind, "") if isinstance(kind, int) else most
    name = _PLAIN.get(name, name)
    return name if table.quantizations().get(name) == "gguf" else None


def _base(values: Mapping[str, Any]) -> str | None:
    """The catalogue row that the file says it was made from."""
    address = text(values, "general.base_model.0.repo_url") or ""
    row = catalogue.by_id(address.removeprefix(_HUB).strip("/")) if address else None
    return row.id if row else None
