"""One language model as it would be loaded."""

from collections.abc import Mapping
from dataclasses import field

from recommender.facts.noun import noun


@noun
class Model:
    """Architecture and files of a model; None is unknown.

    ``id`` is what a server is given (hub repository or path), ``base`` the unquantized repository
    it was made from. ``params`` and ``active_params`` are counts, ``weights_gib`` is the size of
    the weight files, ``quantized_repos`` maps repositories with other builds to their
    quantization. Sizes are elements, not bytes, unless the name says so.

    Attention: ``full_layers`` keep the KV cache of the whole context (None: every layer does),
    with ``global_kv_heads`` and ``global_head_dim`` where those differ from the others';
    ``sliding_layers`` that of the last ``sliding_window`` tokens; ``linear_layers`` keep
    ``state_bytes`` for a sequence over all of them, however long it is. ``kv_lora_rank`` and
    ``rope_head_dim`` are what an MLA layer keeps of a token. ``kv_bytes_per_token`` is the 16-bit
    KV cache of one token over the layers that keep the whole context.

    Weights: ``tied`` says whether the embeddings are the head too, ``extra_params`` counts what is
    no part of the language model (vision and audio towers, projectors) and stays at 16 bits;
    ``intermediate`` is the hidden size of a feed-forward layer, ``moe_intermediate`` that of one
    expert, ``group_size`` how many quantized weights share a scale, ``embedding_gib`` the size of
    the token embeddings in the weight files.
    """

    id: str
    name: str | None = None
    base: str | None = None
    family: str | None = None
    params: int | None = None
    active_params: int | None = None
    layers: int | None = None
    hidden: int | None = None
    heads: int | None = None
    kv_heads: int | None = None
    head_dim: int | None = None
    vocab: int | None = None
    context: int | None = None
    kv_bytes_per_token: int | None = None
    mla: bool | None = None
    moe: bool | None = None
    moe_intermediate: int | None = None
    intermediate: int | None = None
    experts: int | None = None
    experts_per_token: int | None = None
    full_layers: int | None = None
    global_kv_heads: int | None = None
    global_head_dim: int | None = None
    sliding_layers: int | None = None
    sliding_window: int | None = None
    linear_layers: int | None = None
    state_bytes: int | None = None
    kv_lora_rank: int | None = None
    rope_head_dim: int | None = None
    tied: bool | None = None
    extra_params: int | None = None
    vision_heads: int | None = None
    group_size: int | None = None
    quantization: str | None = None
    format: str | None = None
    weights_gib: float | None = None
    embedding_gib: float | None = None
    native_dtype: str | None = None
    dtype_only: str | None = None
    modality: str | None = None
    task: str | None = None
    released: str | None = None
    license: str | None = None
    gguf_repos: tuple[str, ...] = ()
    quantized_repos: Mapping[str, str] = field(default_factory=dict)
    ollama_tag: str | None = None
    source: str | None = None
    verified: str | None = None
