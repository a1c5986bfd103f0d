"""How many weights of a model are embeddings, attention, feed-forward and experts."""

from operator import attrgetter

from recommender.facts import Model
from recommender.facts.noun import noun

# What the counts follow from, in one look-up.
SHAPE = attrgetter(
    "params",
    "active_params",
    "layers",
    "hidden",
    "heads",
    "kv_heads",
    "head_dim",
    "vocab",
    "mla",
    "moe",
    "moe_intermediate",
    "intermediate",
    "experts",
    "experts_per_token",
    "full_layers",
    "sliding_layers",
    "linear_layers",
    "global_kv_heads",
    "global_head_dim",
    "tied",
    "extra_params",
    "group_size",
)
# Hidden sizes of feed-forward layers are multiples of this in published models (source:
# config.json copies behind knowledge/models.yaml), and biases and norms move what is left of the
# parameters by fewer than so many columns.
_STEP, _SLACK = 128, 2.0
# Elements that a layer looks up for a token in models that have embeddings of every layer, which
# are too many to be anything else (source: hidden_size_per_layer_input in their config.json).
_PER_LAYER = 256
# Gate, up and down projection; a feed-forward layer without a gate has two of them.
_MATRICES = 3


@noun
class Tensors:
    """Weights by what they do, and the lengths of their rows where blocks must fit into them.

    ``counts`` are elements over all layers: embed, head (0 where it is the embeddings), q, k, v,
    output, latent (MLA), up (with the gate), down, expert_up, expert_down, per_layer (embeddings of
    every layer), other (linear attention and what no shape explains), router, norms, extra (vision
    and audio towers). ``columns`` is the row length of a class where it is known. ``hybrid`` says
    whether there is linear attention, ``routed`` is the share of the experts that one token uses,
    None where unknown.
    """

    counts: dict[str, float]
    columns: dict[str, int]
    layers: int
    groups: int
    experts: int
    hybrid: bool
    tied: bool
    routed: float | None


def tensors(model: Model) -> Tensors | None:
    """The weights of ``model`` by class; None where its shape is unknown or contradicts its size.

    What embeddings, attention and experts leave of the parameters is feed-forward, so that the
    classes add up to ``params``, less a head that the files repeat though it is the embeddings.
    """
    if not (model.params and model.layers and model.hidden and model.vocab):
        return None
    tied = _tied(model)
    counts = _outside(model, tied=tied)
    left = model.params - sum(counts.values())
    if tied and _counted_twice(model, left):
        left -= counts["embed"]
    if left <= 0:
        return None
    columns = _columns(model)
    if model.moe or model.experts:
        counts.update(_mixture(model, left))
    else:
        counts.update(_dense(model, left))
        if "down" not in columns and (solved := _solved(model, left)):
            columns["down"] = solved
    return Tensors(
        counts=counts,
        columns=columns,
        layers=model.layers,
        groups=(model.heads or 0) // (model.kv_heads or model.heads or 1),
        experts=(model.experts or _STEP) if model.moe or model.experts else 1,
        hybrid=bool(model.linear_layers),
        tied=tied,
        routed=_routed(model, counts),
    )


def _outside(model: Model, *, tied: bool) -> dict[str, float]:
    """Everything but feed-forward layers and experts."""
    layers, hidden, vocab = model.layers or 0, model.hidden or 0, model.vocab or 0
    counts = {"embed": float(vocab * hidden), "head": 0.0 if tied else float(vocab * hidden)}
    counts.update(_attention(model))
    counts["router"] = float((model.experts or 0) * hidden * layers)
    counts["norms"] = float(2 * hidden * layers + hidden)
    counts["extra"] = float(model.extra_params or 0)
    return counts


def _attention(model: Model) -> dict[str, float]:
    """Query, key, value and output projections; those of MLA and linear layers are not in it."""
    if model.mla or not model.heads:
        return {}
    hidden = model.hidden or 0
    head = model.head_dim or hidden // model.heads
    kv_heads = model.kv_heads or model.heads
    full, others = _attending(model)
    at_full = (model.global_kv_heads or kv_heads) * (model.global_head_dim or head)
    keys = float(hidden * (full * at_full + others * kv_heads * head))
    wide = full * (model.global_head_dim or head) + others * head
    queries = float(hidden * model.heads * wide)
    return {"q": queries, "k": keys, "v": keys, "output": queries}


def _attending(model: Model) -> tuple[int, int]:
    """Layers with attention over the whole context, and the other ones with attention."""
    if model.full_layers is not None:
        return model.full_layers, model.sliding_layers or 0
    sliding = model.sliding_layers or 0
    return (model.layers or 0) - (model.linear_layers or 0) - sliding, sliding


def _dense(model: Model, left: float) -> dict[str, float]:
    """Feed-forward layers: those of a known size, or all that is left in equal matrices."""
    if not model.intermediate:
        return {"up": left * (1 - 1 / _MATRICES), "down": left / _MATRICES}
    down = min(float((model.hidden or 0) * model.intermediate * (model.layers or 0)), left / 2)
    up = min((_MATRICES - 1) * down, left - down)
    other = left - up - down
    rows = float((model.vocab or 0) * _PER_LAYER * (model.layers or 0))
    looked_up = 0.0 if model.linear_layers or other < rows else rows
    return {"up": up, "down": down, "per_layer": looked_up, "other": other - looked_up}


def _mixture(model: Model, left: float) -> dict[str, float]:
    """Experts, and what is in every token's way: shared experts, dense layers, latent attention."""
    experts, sparse = _experts(model, left)
    shared = left - experts
    counts = {"expert_up": experts * (1 - 1 / _MATRICES), "expert_down": experts / _MATRICES}
    if model.linear_layers:
        return counts | {"other": shared}
    latent = _latent(model, shared, sparse) if model.mla else 0.0
    shared -= latent
    return counts | {
        "latent": latent,
        "up": shared * (1 - 1 / _MATRICES),
        "down": shared / _MATRICES,
    }


def _experts(model: Model, left: float) -> tuple[float, int]:
    """Weights of the routed experts, and the number of layers that have them.

    Without their shape they are what a token does not use; the active parameters are published in
    round numbers, the shape is exact.
    """
    layers = model.layers or 0
    unused = _unused(model)
    if model.experts and model.moe_intermediate:
        each = float(_MATRICES * model.experts * (model.hidden or 0) * model.moe_intermediate)
        # A layer is whole: what rounding and biases take of it is less than a hundredth.
        sparse = min(int(left / each + 0.01), layers)
        if model.mla and unused:
            sparse = min(sparse, round(unused / each))
        if 2 * sparse >= layers - 1:
            return min(sparse * each, left), sparse
    return left if unused is None else max(min(unused, left), 0.0), layers


def _unused(model: Model) -> float | None:
    """The experts' weights by the parameters that one token leaves alone."""
    if not model.active_params:
        return None
    used = (model.experts_per_token or 0) / model.experts if model.experts else 0.0
    return ((model.params or 0) - model.active_params) / (1 - min(used, 0.5))


def _latent(model: Model, shared: float, sparse: int) -> float:
    """Latent attention: what one shared expert a layer and the dense layers do not explain."""
    hidden = model.hidden or 0
    one = float(_MATRICES * hidden * (model.moe_intermediate or 0) * sparse)
    dense = _MATRICES * hidden * (model.intermediate or 0) * max((model.layers or 0) - sparse, 0)
    return max(shared - one - dense, 0.0)


def _routed(model: Model, counts: dict[str, float]) -> float | None:
    """The share of the experts' weights that one token reads."""
    experts = counts.get("expert_up", 0.0) + counts.get("expert_down", 0.0)
    if not experts:
        return None
    if model.experts and model.experts_per_token:
        return model.experts_per_token / model.experts
    if not model.active_params:
        return None
    return min(max(1 - ((model.params or 0) - model.active_params) / experts, 0.0), 1.0)


def _columns(model: Model) -> dict[str, int]:
    hidden = model.hidden or 0
    columns = dict.fromkeys(("embed", "head", "q", "k", "v", "up", "expert_up"), hidden)
    if model.heads:
        columns["output"] = model.heads * (model.head_dim or hidden // model.heads)
    if model.intermediate:
        columns["down"] = model.intermediate
    if model.moe_intermediate:
        columns["expert_down"] = model.moe_intermediate
    return columns


def _solved(model: Model, left: float) -> int | None:
    """The feed-forward size that follows from the parameters, where it comes out as a round one."""
    size = left / (_MATRICES * (model.hidden or 1) * (model.layers or 1))
    nearest = round(size / _STEP) * _STEP
    return nearest if nearest and abs(size - nearest) < _SLACK else None


def _tied(model: Model) -> bool:
    """Whether embeddings are the head too: then the feed-forward size comes out right without."""
    if model.tied is not None:
        return model.tied
    left = (model.params or 0) - sum(_outside(model, tied=True).values())
    return _explained(model, left)


def _counted_twice(model: Model, left: float) -> bool:
    """Whether feed-forward layers explain what is ``left`` only after one more head."""
    embed = float((model.vocab or 0) * (model.hidden or 0))
    return not _explained(model, left) and _explained(model, left - embed)


def _explained(model: Model, left: float) -> bool:
    """Whether feed-forward layers are all of ``left``, which only dense models let one say."""
    if model.moe or model.experts or model.linear_layers:
        return False
    solved = _solved(model, left)
    return solved is not None and model.intermediate in (None, solved)
