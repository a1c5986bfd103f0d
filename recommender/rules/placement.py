"""How a build is laid out: tensor x pipeline x data parallel, over layers, or offloaded."""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from recommender.facts import DeviceMemory, Fit, Machine, Model, Platform, Workload
from recommender.facts.noun import noun
from recommender.rules.blocks import whole_blocks
from recommender.rules.builds import Build
from recommender.rules.memory import (
    kv_gib_per_token,
    kv_share,
    spare_ram_gib,
    usable_gib,
)
from recommender.rules.situation import Group
from recommender.versions import parts

# Below this a chat is of little use; a context is never shortened further.
_SHORTEST_CONTEXT = 2048
# Pipeline parallelism pays where many requests keep every stage busy and the link is slow
# (source: vllm-parallelism-doc).
_PIPELINE_FROM_USERS = 8
_UNCERTAINTY = 0.08
# Compute capability with bfloat16 (source: vllm-0.33-wheel, platforms/cuda.py).
_BF16_FROM = (8,)


@noun
class Job:
    """All that decides a placement."""

    build: Build
    model: Model
    platform: Platform
    group: Group
    machine: Machine
    workload: Workload
    context: int
    kv_share: float = 1.0

    @property
    def kv_gib(self) -> float:
        """KV cache of one request of the whole context in GiB, before it is split."""
        return kv_gib_per_token(self.model) * self.kv_share * self.context


class Layout(NamedTuple):
    """Degrees of parallelism of one copy, how many copies, over how many nodes a copy spans.

    ``expert`` is over how many ranks whole experts are spread instead of being cut.
    """

    tensor: int = 1
    pipeline: int = 1
    data: int = 1
    nodes: int = 1
    pooled: int = 1
    expert: int = 1

    @property
    def shards(self) -> int:
        """Devices that share the weights of one copy."""
        return self.tensor * self.pipeline * self.pooled

    @property
    def devices(self) -> int:
        """All devices that work."""
        return self.shards * self.data


def place(job: Job, *, exact: bool = False) -> Fit:
    """The best layout that holds a request of the wished context, or of half of it, and so on.

    ``exact`` shortens nothing but what is longer than the model's own context.
    """
    context = min(job.context, job.model.context or job.context)
    first = _place(job if context == job.context else replace(job, context=context))
    fit = first
    while not exact and fit.fits is False and context // 2 >= _SHORTEST_CONTEXT:
        context //= 2
        fit = _place(replace(job, context=context))
    return fit if fit.fits else first


def _place(job: Job) -> Fit:
    memory = usable_gib(job.group, job.machine, job.platform.traits)
    if memory is None or job.build.weights_gib is None:
        return _fit(job, Layout(), None, None)
    fitting = [
        (layout, requests)
        for layout in layouts(job)
        if (requests := _requests(job, layout, memory)) >= 1
    ]
    if fitting:
        layout, requests = max(fitting, key=lambda found: _preference(job, *found))
        return _fit(job, layout, memory, requests)
    return _offloaded(job, memory)


def _preference(job: Job, layout: Layout, requests: int) -> tuple[float, ...]:
    """One node first, then the wished users, then few idle devices, split finely or not.

    What fits one node serves more from a copy on each node than from one copy over a network.
    Splitting finer shortens a single answer; copies raise what many users get together. Requests
    seldom fill the whole context, so room for half of the users at full length is enough.
    """
    wish = job.workload.priority
    enough = (job.workload.concurrency + 1) // 2
    finer = layout.shards if wish == "latency" else -layout.shards
    return (
        -layout.nodes,
        min(requests, enough) if wish != "latency" else 0,
        layout.devices if job.workload.concurrency > 1 or wish == "latency" else 0,
        finer,
        -layout.pipeline,
    )


def layouts(job: Job) -> Iterator[Layout]:
    """Every layout that the engine's kinds of parallelism and the model's heads allow."""
    count = 1 if isolated(job.group) else max(len(job.group.members), 1)
    kinds = job.platform.budget.split
    if "layers" in kinds:
        yield Layout(pooled=1)
        if count > 1:
            yield Layout(pooled=count)
        return
    for tensor in range(1, count + 1):
        if tensor == 1 or ("tensor" in kinds and divides(job.model, tensor)):
            yield from _with_pipeline(job, tensor, count)


def isolated(group: Group) -> bool:
    """Whether the devices cannot work together: MIG slices (source: hardware-probing)."""
    return group.first.vendor == "nvidia" and group.first.partition is not None


def _with_pipeline(job: Job, tensor: int, count: int) -> Iterator[Layout]:
    stages = range(1, count // tensor + 1) if _pipelines(job, count) else (1,)
    for pipeline in stages:
        copies = count // (tensor * pipeline) if "data" in job.platform.budget.split else 1
        # A copy without a user of its own only costs memory.
        data = max(min(copies, job.workload.concurrency), 1)
        yield from _with_experts(job, Layout(tensor=tensor, pipeline=pipeline, data=data))
    nodes = job.machine.nodes
    if nodes > 1 and tensor == count and _spans_nodes(job):
        yield from _with_experts(job, Layout(tensor=tensor, pipeline=nodes, nodes=nodes))


def _with_experts(job: Job, layout: Layout) -> Iterator[Layout]:
    """The layout, with expert parallelism where tensor parallelism would cut an expert's blocks.

    Experts are sharded over the ranks of all copies (source: vllm-58152).
    """
    ranks = layout.tensor * layout.data
    if whole_blocks(job.model, job.build.quantization, ranks):
        yield layout
    elif "expert" in job.platform.budget.split:
        yield layout._replace(expert=ranks)
    elif whole_blocks(job.model, job.build.quantization, layout.tensor):
        yield layout._replace(data=1)


def _pipelines(job: Job, count: int) -> bool:
    if "pipeline" not in job.platform.budget.split:
        return False
    slow = job.group.link == "pcie" and job.workload.concurrency > _PIPELINE_FROM_USERS
    return slow or not divides(job.model, count)


def _spans_nodes(job: Job) -> bool:
    return "nodes" in job.platform.budget.split and not isolated(job.group)


def divides(model: Model, tensor: int) -> bool:
    """Whether the heads can be split over ``tensor`` devices.

    Attention heads must divide evenly, KV heads evenly or be repeated evenly
    (source: vllm-0.33-wheel, config/model.py). With unknown heads only powers of two are tried.
    """
    if model.heads is None:
        return tensor & (tensor - 1) == 0
    if model.heads % tensor:
        return False
    kv_heads = model.kv_heads or tensor
    return kv_heads % tensor == 0 or tensor % kv_heads == 0


def _requests(job: Job, layout: Layout, memory: float) -> int:
    """How many requests of the whole context the KV cache of all copies holds."""
    free = _kv_room(job, layout, memory)
    each = _kv_per_request(job, layout)
    if free < each:
        return 0
    return int(free / each) * layout.data


def _kv_per_request(job: Job, layout: Layout) -> float:
    share = kv_share(job.model, layout.tensor) * layout.pipeline * layout.pooled
    return job.kv_gib / share


def _kv_room(job: Job, layout: Layout, memory: float) -> float:
    budget = job.platform.budget
    weights = (job.build.weights_gib or 0) / layout.shards
    reserve = _reserve(job, layout)
    if budget.of == "total":
        return memory * budget.fraction - weights - reserve
    return (memory - weights - reserve) * budget.fraction


def _reserve(job: Job, layout: Layout) -> float:
    budget = job.platform.budget
    return budget.reserve_gib + (budget.reserve_tp_gib if layout.tensor > 1 else 0.0)


def _offloaded(job: Job, memory: float) -> Fit:
    """Weights that do not fit the devices lie in main memory, where the engine can do that."""
    budget = job.platform.budget
    layout = Layout(pooled=max(len(job.group.members), 1))
    spare = spare_ram_gib(job.group, job.machine) if budget.offload else 0.0
    share = budget.fraction if budget.of == "total" else 1.0
    has = memory * share * layout.pooled + spare
    needs = _needs(job, layout)
    if spare and needs <= has:
        fit = _fit(job, layout, memory, 1)
        return replace(fit, offload="experts" if job.model.moe else "layers")
    return replace(_fit(job, Layout(), memory, 0), needs_gib=round(needs, 1), has_gib=round(has, 1))


def _needs(job: Job, layout: Layout) -> float:
    budget = job.platform.budget
    kv = job.kv_gib / (1.0 if budget.of == "total" else budget.fraction)
    return (job.build.weights_gib or 0) + kv + _reserve(job, layout) * layout.pooled


def _fit(job: Job, layout: Layout, memory: float | None, requests: int | None) -> Fit:
    build = job.build
    return Fit(
        fits=None if requests is None else requests >= 1,
        model=build.model,
        build=build.kind,
        quantization=build.quantization,
        quantization_support=build.support,
        dtype=_dtype(job),
        weights_gib=None if build.weights_gib is None else round(build.weights_gib, 2),
        tensor_parallel=layout.tensor,
        pipeline_parallel=layout.pipeline,
        data_parallel=layout.data,
        expert_parallel=layout.expert,
        nodes=layout.nodes,
        context_tokens=job.context,
        concurrent_requests=requests,
        per_device=_breakdown(job, layout, memory) if requests else (),
    )


def _dtype(job: Job) -> str | None:
    capability = parts(job.group.first.compute_capability or "")
    return "float16" if capability and capability < _BF16_FROM else None


def _breakdown(job: Job, layout: Layout, memory: float | None) -> tuple[DeviceMemory, ...]:
    if memory is None:
        return ()
    weights = (job.build.weights_gib or 0) / layout.shards
    kv = max(_kv_room(job, layout, memory), 0.0)
    overhead = _reserve(job, layout)
    used = weights + kv + overhead
    one = DeviceMemory(
        weights_gib=round(weights, 2),
        kv_cache_gib=round(kv, 2),
        activations_gib=round(overhead / 2, 2),
        overhead_gib=round(overhead / 2, 2),
        free_gib=round(max(memory - used, 0.0), 2),
        interval=(round(used * (1 - _UNCERTAINTY), 2), round(used * (1 + _UNCERTAINTY), 2)),
    )
    return (one,) * layout.devices
