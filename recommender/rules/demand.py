"""What one device has to hold besides the KV cache, and the room that is left for that."""

from typing import NamedTuple

from recommender.facts import Model
from recommender.rules.layouts import Job, Layout

# Of the weights of a mixture of experts at least so much are experts where nothing finer is known:
# 0.96 of Qwen3-235B-A22B, 0.97 of DeepSeek-V3 and of gpt-oss-120b (source: models.yaml).
_EXPERTS = 0.9


class Needs(NamedTuple):
    """What a server needs of one device besides the KV cache, in GiB.

    ``outside_gib`` is the part that it takes only after it has sized the KV cache, ``margin_gib``
    what it leaves free.
    """

    weights_gib: float
    activations_gib: float
    runtime_gib: float
    outside_gib: float = 0.0
    margin_gib: float = 0.0

    @property
    def whole_gib(self) -> float:
        """All that it takes."""
        return self.weights_gib + self.activations_gib + self.runtime_gib


def needs(job: Job, layout: Layout, context: int) -> Needs:
    """What the fullest device of the layout needs besides the KV cache, for so many tokens."""
    layers = -(-(job.model.layers or 0) // (layout.pipeline * layout.pooled))
    fixed = job.linked if layout.tensor > 1 else job.alone
    return Needs(
        weights_gib(job, layout),
        fixed.activations_gib + fixed.context_gib * context,
        fixed.runtime_gib + fixed.layer_gib * layers,
        fixed.outside_gib + fixed.outside_layer_gib * layers,
        fixed.margin_gib,
    )


def weights_gib(job: Job, layout: Layout) -> float:
    """Weights on the fullest device in GiB.

    A pipeline's first and last stage carry the embeddings and the head beside their layers, both
    carry the embeddings where those are the head (source: fit-and-speed, section 1).
    """
    build = job.build
    whole = build.weights_gib or 0.0
    first, last = build.embedding_gib or 0.0, build.head_gib or 0.0
    if job.platform.budget.host_embeddings and _apart(job) and not job.model.tied:
        whole -= first
    experts = _experts_gib(job) if job.platform.budget.data_shards_experts else 0.0
    if layout.pipeline == 1:
        return (whole - experts + experts / layout.data) / layout.shards
    layers = (whole - first - last - experts + experts / layout.data) / layout.shards
    return layers * _fullest(job.model, layout) + max(first, last) / layout.tensor


def _apart(job: Job) -> bool:
    """Whether main memory is another memory than the devices'."""
    return bool(job.group.members) and not job.group.first.unified


def _fullest(model: Model, layout: Layout) -> float:
    """The layers of the fullest stage against an even split."""
    layers = model.layers or 0
    return -(-layers // layout.pipeline) * layout.pipeline / layers if layers else 1.0


def _experts_gib(job: Job) -> float:
    if not job.model.moe:
        return 0.0
    if job.build.experts_gib is not None:
        return job.build.experts_gib
    return _EXPERTS * (job.build.weights_gib or 0.0)


def kv_room_gib(job: Job, needed: Needs, memory: float) -> float:
    """Room for the KV cache on a device of ``memory`` GiB by the engine's own knob.

    A fraction of the total has to hold everything that is there when the cache is sized; what comes
    later has to fit into the rest, or takes room from the cache.
    """
    budget = job.platform.budget
    if budget.of != "total":
        return (memory - needed.whole_gib) * budget.fraction
    kept = memory * (1 - budget.fraction)
    counted = needed.whole_gib - needed.outside_gib + needed.margin_gib
    return memory - kept - counted - max(needed.outside_gib - kept, 0.0)
