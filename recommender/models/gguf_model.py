"""The header of a GGUF file as a model.

Source: the keys that gguf 0.19 writes (gguf.Keys) and the names of its tensors.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from recommender.errors import InputError, printable
from recommender.facts import Model
from recommender.models import attention, catalogue, spelling, table, tally
from recommender.models.attention import Layers
from recommender.models.ggml_types import FILE_TYPES
from recommender.models.gguf import Header
from recommender.models.gguf_layers import Own, layers_of
from recommender.models.keys import text
from recommender.models.tally import Tensor

_MOST_LAYERS = 4096
_RANK = 4
_HUB = "https://huggingface.co/"
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
    own = Own(values, printable(text(values, "general.architecture") or ""))
    layers, hidden, heads = _shape(own, where)
    found = tally.tally(tensors)
    chosen = own.count("expert_used_count")
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
        task=_task(own),
        base=_base(values),
        **tally.facts(found, own.count("expert_count"), chosen),
        **_experts(own, chosen),
        **_kept(own, layers_of(own, tensors, layers, hidden, heads)),
    )


def _kept(own: Own, laid: Layers) -> dict[str, Any]:
    """What the layers keep; of a latent one that is the KV rank and the part with positions."""
    known = {"mla": False, **attention.facts(laid)}
    rank, rope = own.count("attention.kv_lora_rank"), own.count("rope.dimension_count")
    if not (rank and rope):
        return known
    known |= {"mla": True, "head_dim": None, "kv_lora_rank": rank, "rope_head_dim": rope}
    return known | {"kv_bytes_per_token": attention.latent_bytes(len(laid.full), rank, rope)}


def _check_kind(values: Mapping[str, Any], where: str) -> None:
    kind = text(values, "general.type")
    kind = "mmproj" if text(values, "general.architecture") == "clip" else kind
    if kind in _OTHERS:
        message = f"{where}: {_OTHERS[kind]}"
        raise InputError(message)


def _shape(own: Own, where: str) -> tuple[int, int, int]:
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
    _check_heads(own, where, hidden, heads)
    return layers, hidden, heads


def _check_heads(own: Own, where: str, hidden: int, heads: int) -> None:
    shared = own.get("attention.head_count_kv")
    whole = not isinstance(shared, int) or shared <= 0 or heads % shared == 0
    if not whole or (hidden % heads and not own.count("attention.key_length", "ssm.state_size")):
        what = f"{heads} heads, {printable(shared)} KV heads, hidden size {hidden}"
        message = f"{where}: contradicts itself ({what}); download it again"
        raise InputError(message)


def _experts(own: Own, chosen: int | None) -> dict[str, Any]:
    experts = own.count("expert_count")
    if not experts:
        return {"moe": False}
    size = own.count("expert_feed_forward_length", "feed_forward_length")
    return {
        "moe": True,
        "experts": experts,
        "experts_per_token": chosen,
        "moe_intermediate": size,
    }


def _task(own: Own) -> str | None:
    """What a model is for, by how it pools the states of a text: gguf.PoolingType, 4 is RANK."""
    pooling = own.count("pooling_type")
    if pooling == _RANK:
        return "rerank"
    return "embedding" if pooling or own.get("attention.causal") is False else None


def _vocabulary(own: Own, headers: Sequence[Header]) -> int | None:
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
