"""The figures of a model's row follow from one another, or `apart` says why they do not."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from recommender.lint.loaded import Loaded

Row: TypeAlias = Mapping[str, Any]
# Norms, biases and small projections, which the closed formula leaves out, are below this share.
_MOST_OFF = 0.03
# K and V at 16 bits.
_BYTES_OF_KV = 4
_BYTES_OF_LATENT = 2
# A feed-forward layer has two matrices, or three where it is gated.
_MATRICES = (2, 3)
# What the closed formula needs, and what it does not hold for.
_PLAIN = ("layers", "hidden", "heads", "kv_heads", "head_dim", "intermediate", "vocab", "tied")
_NOT_PLAIN = ("moe", "mla", "linear_layers")


def findings(knowledge: Loaded) -> Iterator[str]:
    """Sentences about rows that contradict themselves."""
    models = knowledge.models
    apart: Mapping[str, Mapping[str, str]] = models.get("apart", {})
    rows = {row["id"]: row for row in models["models"]}
    for identity, row in rows.items():
        excused = apart.get(identity, {})
        for name, check in CHECKS.items():
            finding = check(row)
            if finding and name not in excused:
                yield f"models.yaml: {identity}: {finding}"
            if name in excused and not finding:
                yield f"models.yaml: {identity}: apart.{name} excuses what is as it should be"
    for identity in apart:
        if identity not in rows:
            yield f"models.yaml: apart: {identity} is no row"
        for name in apart[identity]:
            if name not in CHECKS:
                yield f"models.yaml: apart: {identity}: {name} is no check"


def _layers(row: Row) -> str | None:
    parts = [row.get(f"{kind}_layers") for kind in ("full", "sliding", "linear")]
    total = sum(part or 0 for part in parts)
    if parts == [None] * len(parts) or total == row["layers"]:
        return None
    return f"full, sliding and linear layers are {total}, but there are {row['layers']} layers"


def _windows(row: Row) -> str | None:
    if bool(row.get("sliding_layers")) != bool(row.get("sliding_window")):
        return "sliding_layers and sliding_window go together"
    if bool(row.get("linear_layers")) != bool(row.get("state_bytes")):
        return "linear_layers and state_bytes go together"
    return None


def _latent(row: Row) -> str | None:
    ranks = row.get("kv_lora_rank"), row.get("rope_head_dim")
    if row.get("mla") and row.get("kv_bytes_per_token") and None in ranks:
        return "mla needs kv_lora_rank and rope_head_dim"
    return None


def _heads(row: Row) -> str | None:
    heads, kv_heads = row.get("heads"), row.get("kv_heads")
    if heads and kv_heads and heads % kv_heads:
        return f"{heads} heads are no multiple of {kv_heads} KV heads"
    return None


def _cache(row: Row) -> str | None:
    said, expected = row.get("kv_bytes_per_token"), _cache_bytes(row)
    if said is None or expected is None or said == expected:
        return None
    return f"kv_bytes_per_token is {said}, but its layers and heads give {expected}"


def _cache_bytes(row: Row) -> int | None:
    layers: int | None = row.get("full_layers", row.get("layers"))
    if layers is None:
        return None
    if row.get("mla"):
        rank, rope = row.get("kv_lora_rank"), row.get("rope_head_dim")
        return layers * (rank + rope) * _BYTES_OF_LATENT if rank and rope else None
    heads = row.get("global_kv_heads", row.get("kv_heads"))
    dim = row.get("global_head_dim", row.get("head_dim"))
    return layers * heads * dim * _BYTES_OF_KV if heads and dim else None


def _experts(row: Row) -> str | None:
    if not row.get("moe"):
        return "experts without moe: true" if row.get("experts") else None
    active = row.get("active_params")
    if active is not None and active >= row["params"]:
        return "a mixture of experts has as many active parameters as parameters"
    chosen, experts = row.get("experts_per_token"), row.get("experts")
    if chosen and experts and chosen > experts:
        return f"{chosen} experts a token, but there are {experts}"
    return None


def _params(row: Row) -> str | None:
    """Plain dense rows: embeddings, attention and feed-forward layers make up the parameters."""
    if any(row.get(key) is None for key in _PLAIN) or any(row.get(key) for key in _NOT_PLAIN):
        return None
    language = row["params"] - row.get("extra_params", 0)
    off = min(abs(_closed(row, matrices) / language - 1) for matrices in _MATRICES)
    if off <= _MOST_OFF:
        return None
    return f"params are {off:.0%} off the sum of embeddings, attention and feed-forward layers"


def _closed(row: Row, matrices: int) -> int:
    hidden, dim = row["hidden"], row["head_dim"]
    embeddings = row["vocab"] * hidden * (1 if row["tied"] else 2)
    attention = 2 * hidden * dim * (row["heads"] + row["kv_heads"])
    layer: int = attention + matrices * hidden * row["intermediate"]
    return int(embeddings + row["layers"] * layer)


CHECKS: Mapping[str, Callable[[Row], str | None]] = {
    "layers": _layers,
    "windows": _windows,
    "latent": _latent,
    "heads": _heads,
    "cache": _cache,
    "experts": _experts,
    "params": _params,
}
