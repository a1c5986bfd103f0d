"""How a build is laid out: tensor x pipeline x data parallel, over layers, or offloaded."""

from dataclasses import replace

from recommender.facts import DeviceMemory, Fit
from recommender.rules.layouts import Job, Layout, layouts, stages_pay
from recommender.rules.memory import (
    kv_share,
    spare_ram_gib,
    usable_gib,
)
from recommender.versions import parts

# Below this a chat is of little use; a context is never shortened further.
_SHORTEST_CONTEXT = 2048
_UNCERTAINTY = 0.08
# Of the weights of a mixture of experts at least so much are experts: 0.96 of Qwen3-235B-A22B, 0.97
# of DeepSeek-V3 and of gpt-oss-120b (source: parameters in models.yaml).
_EXPERTS = 0.9
# Copies may cost this much of the room: every request is counted at its whole context.
_ROOM = 0.75
# Compute capability with bfloat16 (source: vllm-0.33-wheel, platforms/cuda.py).
_BF16_FROM = (8,)


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
        layout, requests = _best(job, fitting, memory)
        return _fit(job, layout, memory, requests)
    return _offloaded(job, memory)


def _best(job: Job, fitting: list[tuple[Layout, int]], memory: float) -> tuple[Layout, int]:
    """One node first, then room for the wished users, then few idle devices, split finely or not.

    What fits one node serves more from a copy on each node than from one copy over a network.
    Copies that hold no model but together, by sharing its experts, come last. Splitting finer
    shortens a single answer; copies raise what many users get together, where they leave room.
    """
    distances = [_distance(job, layout, memory) for layout, _ in fitting]
    near = min(distances)
    found = [one for one, distance in zip(fitting, distances, strict=True) if distance == near]
    if job.workload.priority != "latency":
        most = max(requests for _, requests in found)
        room = _ROOM * min(most, job.workload.concurrency)
        found = [one for one in found if one[1] >= room]
    return max(found, key=lambda one: _preference(job, one[0]))


def _distance(job: Job, layout: Layout, memory: float) -> tuple[int, bool]:
    alone = layout.data == 1 or _requests(job, layout._replace(data=1), memory) >= 1
    return layout.nodes, not alone


def _preference(job: Job, layout: Layout) -> tuple[int, ...]:
    wish = job.workload.priority
    many = job.workload.concurrency > 1 or wish == "latency"
    finer = layout.shards if wish == "latency" else -layout.shards
    stages = layout.pipeline if stages_pay(job) else -layout.pipeline
    return layout.devices if many else 0, finer, stages


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


def _weights(job: Job, layout: Layout) -> float:
    """Weights on one device in GiB."""
    whole = (job.build.weights_gib or 0) / layout.shards
    if not (job.model.moe and job.platform.budget.data_shards_experts):
        return whole
    return whole * (1 - _EXPERTS + _EXPERTS / layout.data)


def _kv_room(job: Job, layout: Layout, memory: float) -> float:
    budget = job.platform.budget
    weights = _weights(job, layout)
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
    layout = Layout(pooled=max(len(job.group.members), 1) if _splits(job) else 1)
    spare = spare_ram_gib(job.group, job.machine) if budget.offload else 0.0
    share = budget.fraction if budget.of == "total" else 1.0
    has = memory * share * layout.pooled + spare
    needs = _needs(job, layout)
    if spare and needs <= has:
        fit = _fit(job, layout, memory, 1)
        return replace(fit, offload="experts" if job.model.moe else "layers")
    fit = _fit(job, Layout(), memory, 0)
    return replace(
        fit, needs_gib=round(needs, 1), has_gib=round(has, 1), counted_devices=layout.pooled
    )


def _splits(job: Job) -> bool:
    """Whether the engine can spread one copy over several devices at all."""
    return bool({"tensor", "pipeline", "layers"} & set(job.platform.budget.split))


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
    weights = _weights(job, layout)
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
