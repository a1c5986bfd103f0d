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
    quantization, ``kv_bytes_per_token`` the 16-bit KV cache of one token over all layers,
    ``moe_intermediate`` the hidden size of one expert.
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
    quantization: str | None = None
    format: str | None = None
    weights_gib: float | None = None
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
