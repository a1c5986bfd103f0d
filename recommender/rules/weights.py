"""Size of a model's weights in a format, from its shape and how the format treats each tensor."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from recommender.facts import Model
from recommender.facts.noun import noun
from recommender.rules.tensors import SHAPE, Tensors, tensors

_GIB = 2**30
_BITS_A_BYTE = 8
_UNQUANTIZED = "bf16"
_EXPERTS = ("expert_up", "expert_down")
# From so many heads to a key, or so many experts, mixtures treat attention otherwise, and 8 experts
# are a case of their own (source: llama.cpp 007dbbf, src/llama-quant.cpp).
_MANY = 4
_SAME_AS = {"expert_up": "up", "expert_down": "down", "per_layer": "embed"}


@noun
class Sizes:
    """Bytes of one model in one format; ``spread`` is the relative half width of the interval."""

    weights: float
    embedding: float | None
    head: float | None
    experts: float | None
    active: float | None
    spread: float


class Parts(NamedTuple):
    """Sizes in GiB as the methods of ``Table`` explain them; None is unknown."""

    weights_gib: float | None = None
    embedding_gib: float | None = None
    head_gib: float | None = None
    experts_gib: float | None = None
    active_gib: float | None = None
    uncertainty: float | None = None


class Table:
    """Formats of weights by id, from knowledge/quantizations.yaml.

    A size is the bytes of the tensors, without the tokenizer and other text in the same file. The
    size of real files (``Model.weights_gib``) goes before every estimate of the model's own format.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        """Index the rows of the file by id, and the tensor types that its mixtures name."""
        self._rows = {row["id"]: row for row in document["quantizations"]}
        self._types = document["tensor_types"]
        self._spread = document["spread"]
        self._known: dict[tuple[Any, ...], Sizes | None] = {}

    def family(self, quantization: str) -> str | None:
        """The file format that a quantization belongs to; None for an unknown one."""
        row = self._rows.get(quantization)
        return None if row is None else str(row["family"])

    def weights_gib(self, model: Model, quantization: str) -> float | None:
        """Size of the weights in GiB, None if the parameters or the format are unknown."""
        return self.parts(model, quantization).weights_gib

    def embedding_gib(self, model: Model, quantization: str) -> float | None:
        """Size of the token embeddings in GiB.

        Some engines keep them in main memory, the first stage of a pipeline carries them
        (source: fit-and-speed, section 1).
        """
        return self.parts(model, quantization).embedding_gib

    def head_gib(self, model: Model, quantization: str) -> float | None:
        """Size in GiB of the output head that a device holds.

        Where the embeddings are the head too, it is 0 for an engine that keeps them once. One that
        leaves the embeddings in main memory, as those of GGUF files do, keeps a second copy on the
        device, which is no part of ``weights_gib`` (source: llama.cpp, src/llama-model.cpp, output
        duplicated from token_embd).
        """
        return self.parts(model, quantization).head_gib

    def experts_gib(self, model: Model, quantization: str) -> float | None:
        """Size of all routed experts in GiB, 0 for a model without."""
        return self.parts(model, quantization).experts_gib

    def active_gib(self, model: Model, quantization: str) -> float | None:
        """GiB that are read for one token of one sequence.

        That is everything except the rows of the embeddings that are looked up, the experts that
        are not used, and vision and audio towers; embeddings that are the head too are read whole.
        """
        return self.parts(model, quantization).active_gib

    def uncertainty(self, model: Model, quantization: str) -> float | None:
        """Relative half width of the interval around ``weights_gib``: 0.08 is 8 % either way."""
        return self.parts(model, quantization).uncertainty

    def parts(self, model: Model, quantization: str) -> Parts:
        """All sizes of a model in a format in one look-up.

        Where the size of the real files is known, the others are their shares of it.
        """
        sizes = self._sizes(model, quantization)
        real = _real(model, quantization)
        if sizes is None:
            return Parts(weights_gib=real, uncertainty=0.0 if real else None)
        scale = real / sizes.weights if real else 1 / _GIB
        embedding = model.embedding_gib if _own(model, quantization) else None
        return Parts(
            sizes.weights * scale,
            embedding or _scaled(sizes.embedding, scale),
            _scaled(sizes.head, scale),
            _scaled(sizes.experts, scale),
            _scaled(sizes.active, scale),
            0.0 if real else sizes.spread,
        )

    def _sizes(self, model: Model, quantization: str) -> Sizes | None:
        row = self._rows.get(quantization)
        if row is None:
            return None
        if model.format == "gguf" and "in_gguf" in row:
            row = self._rows[row["in_gguf"]]
        key = (row["id"], model.quantization, SHAPE(model))
        if key not in self._known:
            self._known[key] = self._computed(model, _grouped(model, row))
        return self._known[key]

    def _computed(self, model: Model, row: Mapping[str, Any]) -> Sizes | None:
        if model.params is None:
            return None
        parts = tensors(model)
        if parts is None:
            return self._flat(model, row)
        in_file = row["family"] == "gguf"
        counts = parts.counts | ({"extra": 0.0} if in_file else {})
        bits = self._bits(parts, row)
        spread = row.get("spread", self._spread["shape"])
        return _added(parts, _padded(counts, parts, row), bits, spread, copies=in_file)

    def _flat(self, model: Model, row: Mapping[str, Any]) -> Sizes:
        """Effective bits of a whole file, for a model of unknown shape."""
        weights = (model.params or 0) * row["bits"] / _BITS_A_BYTE
        spread = max(row.get("spread", 0.0), self._spread["table"])
        none = None if model.moe else 0.0
        active = (model.active_params or 0) * row["bits"] / _BITS_A_BYTE or None
        return Sizes(
            weights=weights,
            embedding=None,
            head=None,
            experts=none,
            active=active if model.moe else weights,
            spread=spread,
        )

    def _bits(self, parts: Tensors, row: Mapping[str, Any]) -> dict[str, float]:
        """Bits per weight of every class."""
        if "types" in row:
            return self._mixed(parts, row)
        kept = {*row.get("keeps", ())}
        if parts.experts > 1:
            kept.update(row.get("keeps_of_moe", ()))
            kept.update(row.get("keeps_of_hybrid", ()) if parts.hybrid else ())
        return {name: 16.0 if name in kept else float(row["bits"]) for name in parts.counts}

    def _mixed(self, parts: Tensors, row: Mapping[str, Any]) -> dict[str, float]:
        """Bits of a mixture of tensor types, as the model's shape makes it."""
        types = dict(row["types"])
        for name in _variants(parts):
            types.update(row.get(name, {}))
        if parts.tied and "head" in types:
            types["embed"] = types["head"]
        return {name: self._class_bits(name, parts, types) for name in parts.counts}

    def _class_bits(self, name: str, parts: Tensors, types: Mapping[str, Any]) -> float:
        if name in {"norms", "router"}:
            return 32.0
        base = types["base"]
        wanted = types.get(name, types.get(_SAME_AS.get(name, name), base))
        columns = parts.columns.get(name, 0)
        if isinstance(wanted, str):
            return self._fitting(wanted, columns)
        some, where, *others = wanted
        share = share_of_layers(where, parts.layers)
        rest = others[0] if others else base
        return share * self._fitting(some, columns) + (1 - share) * self._fitting(rest, columns)

    def _fitting(self, name: str, columns: int) -> float:
        """Bits of a type, or of the one that is taken where its blocks do not fill a row."""
        kind = self._types[name]
        while columns % kind["block"]:
            kind = self._types[kind.get("instead", "f16")]
        return float(kind["bits"])


def _variants(parts: Tensors) -> Iterator[str]:
    """Which of a mixture's special cases the model is, the one that decides last."""
    if parts.groups >= _MANY:
        yield "gqa4"
    if parts.experts >= _MANY:
        yield "experts4"
    if parts.experts == 2 * _MANY:
        yield "experts8"


@cache
def share_of_layers(where: str, layers: int) -> float:
    """The share of the layers that a mixture stores in its better type.

    ``more-bits`` are the first and the last eighth and every third between them (source: llama.cpp
    007dbbf, src/llama-quant.cpp, use_more_bits).
    """
    eighth, end = layers // 8, 7 * layers // 8
    if where == "more-bits":
        chosen = sum(
            index < eighth or index >= end or (index - eighth) % 3 == 2  # noqa: PLR2004
            for index in range(layers)
        )
        return chosen / layers
    first = {"first-eighth": eighth, "first-sixteenth": layers // 16, "middle": end - eighth}
    first |= {"first-2": 2, "first-4": 4}
    return min(first[where], layers) / layers


def _padded(counts: dict[str, float], parts: Tensors, row: Mapping[str, Any]) -> dict[str, float]:
    """Experts as kernels hold them, whose rows and columns are padded to whole tiles."""
    tiles = row.get("pads")
    sides = (parts.columns.get("expert_up"), parts.columns.get("expert_down"))
    if not tiles or not all(sides):
        return counts
    factor = 1.0
    for side, tile in zip(sides, (tiles["hidden"], tiles["intermediate"]), strict=True):
        factor *= -(-(side or 1) // tile) * tile / (side or 1)
    return counts | {name: counts[name] * factor for name in _EXPERTS if name in counts}


def _added(
    parts: Tensors, counts: dict[str, float], bits: dict[str, float], spread: float, *, copies: bool
) -> Sizes:
    sizes = {name: count * bits[name] / _BITS_A_BYTE for name, count in counts.items()}
    weights = sum(sizes.values())
    experts = sum(sizes.get(name, 0.0) for name in _EXPERTS)
    per_layer = sizes.get("per_layer", 0.0)
    used = parts.routed if experts else 1.0
    looked_up = per_layer + (0.0 if parts.tied else sizes["embed"])
    active = None if used is None else weights - sizes["extra"] - looked_up - experts * (1 - used)
    return Sizes(
        weights=weights,
        embedding=sizes["embed"] + per_layer,
        head=sizes["embed"] if copies and parts.tied else sizes["head"],
        experts=experts,
        active=active,
        spread=spread,
    )


def _grouped(model: Model, row: Mapping[str, Any]) -> Mapping[str, Any]:
    """The format as the model's own files have it, whose groups may be of another size."""
    if not (model.group_size and "scale" in row and _own(model, row["id"])):
        return row
    return {**row, "bits": row["payload"] + row["scale"] / model.group_size}


def _scaled(size: float | None, scale: float) -> float | None:
    return None if size is None else size * scale


def _own(model: Model, quantization: str) -> bool:
    return quantization == (model.quantization or _UNQUANTIZED)


def _real(model: Model, quantization: str) -> float | None:
    """The size of the model's files, if it is this format that they have."""
    return model.weights_gib if _own(model, quantization) else None
