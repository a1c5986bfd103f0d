"""What the tensors of the weight files sum up to."""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from recommender.facts.noun import noun
from recommender.patterns import lazily

_GIB = 2**30
_EMBEDDING = lazily(
    r"(?:^|\.)(?:embed_tokens|wte|tok_embeddings|word_embeddings|embeddings|embed_in|token_embd)"
    r"\.(?:weight|scales|biases|qweight|qzeros)$"
)
_HEAD = lazily(r"(?:^|\.)(?:lm_head|embed_out|output)\.(?:weight|qweight|scales)$|^head\.weight$")
_EXPERTS = lazily(r"(?:^|\.)(?:experts|local_experts)\.|_exps\.")
# Towers and projectors beside the language model, as the classes of transformers name them.
_EXTRA = lazily(
    r"(?:^|\.)(?:visual|vision_tower|vision_model|vision_encoder|audio_tower|audio_model"
    r"|multi_modal_projector|mm_projector|embed_vision|embed_audio|vision_embed_tokens"
    r"|patch_merger|img_processor)\."
)
# What belongs to the weights that are quantized, but is none itself: scales, zero points, orders.
_BESIDE = lazily(
    r"(?:\.|_)(?:scales|qzeros|g_idx|biases|absmax|quant_map|nested_absmax|nested_quant_map"
    r"|quant_state\..*|weight_scale(?:_2|_inv)?|weight_scales|weight_global_scale|input_scale"
    r"|input_global_scale|input_offset|weight_zero_point|weight_g_idx|weight_shape|weight_offset|weight_format"
    r"|SCB|k_scale|v_scale|quant_bias|deq_scale)$"
)
_PACKED_NAME = lazily(r"(?:^|[._])(?:qweight|weight_packed|blocks)$")
# Types of whole numbers that several weights share; only 4-bit weights are packed in single bytes.
_PACKED = {"I32": 32, "U32": 32, "U8": 8, "I8": 8}
_BYTE = 8


@noun
class Tensor:
    """One tensor of a file: ``dtype`` as the file names it, ``stored`` its elements in the file."""

    name: str
    dtype: str
    stored: int
    size: int


@noun
class Tally:
    """Sums over the tensors: sizes in bytes, the rest counts of weights.

    ``params`` is None where packed weights could not be counted.
    """

    size: int
    embedding: int
    params: int | None
    extra: int
    experts: int
    head: bool
    dtypes: tuple[tuple[str, int], ...]

    @property
    def dtype(self) -> str | None:
        """The type of most bytes."""
        return max(self.dtypes, key=lambda item: item[1])[0] if self.dtypes else None


def tally(tensors: Iterable[Tensor], bits: int | None = None) -> Tally:
    """The sums; ``bits`` is the size of a quantized weight in files that pack several into one."""
    counts: Counter[str] = Counter()
    dtypes: Counter[str] = Counter()
    head, unknown = False, False
    for tensor in tensors:
        counts["size"] += tensor.size
        dtypes[tensor.dtype] += tensor.size
        head = head or bool(_HEAD.search(tensor.name))
        if _EMBEDDING.search(tensor.name) and not _EXTRA.search(tensor.name):
            counts["embedding"] += tensor.size
        weights = _weights(tensor, bits)
        unknown = unknown or weights is None
        counts.update(dict.fromkeys(_parts(tensor.name), weights or 0))
    return Tally(
        size=counts["size"],
        embedding=counts["embedding"],
        params=None if unknown else counts["params"],
        extra=counts["extra"],
        experts=counts["experts"],
        head=head,
        dtypes=tuple(sorted(dtypes.items())),
    )


def _parts(name: str) -> list[str]:
    kinds = {"extra": _EXTRA, "experts": _EXPERTS}
    return ["params", *(kind for kind, pattern in kinds.items() if pattern.search(name))]


def _weights(tensor: Tensor, bits: int | None) -> int | None:
    """How many weights a tensor holds, None where it packs an unknown number of them."""
    if bits is None or _BESIDE.search(tensor.name):
        return 0 if bits else tensor.stored
    width = _PACKED.get(tensor.dtype)
    if width is None or (width == _BYTE and bits == _BYTE):
        return tensor.stored
    packed = _PACKED_NAME.search(tensor.name) or re.search(r"weight$|proj$", tensor.name)
    return tensor.stored * width // bits if packed else None


def facts(found: Tally, experts: int | None, chosen: int | None) -> dict[str, Any]:
    """The fields of ``Model`` that follow; ``chosen`` of ``experts`` work on a token."""
    known: dict[str, Any] = {
        "weights_gib": found.size / _GIB,
        "embedding_gib": found.embedding / _GIB or None,
        "params": found.params or None,
    }
    if found.params and found.extra:
        known["extra_params"] = found.extra
    if found.params and found.experts and experts and chosen and chosen <= experts:
        idle = found.experts * (experts - chosen) // experts
        known["active_params"] = found.params - found.extra - idle
    return known
