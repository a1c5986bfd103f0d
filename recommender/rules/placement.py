"""How a build is laid out: tensor x pipeline x data parallel, over layers, or offloaded."""

from recommender.facts import Fit
from recommender.facts.noun import changed
from recommender.rules.breakdown import beside_ram, breakdown, mean_gib
from recommender.rules.demand import kv_room_gib, needs
from recommender.rules.layouts import Job, Layout, layouts, stages_pay
from recommender.rules.memory import spare_ram_gib, usable_gib
from recommender.versions import parts

# Below this a chat is of little use; a context is never shortened further.
_SHORTEST_CONTEXT = 2048
# GiB that are shown at least: weights that round to nothing are some all the same.
_LEAST = 0.01
# Copies may cost this much of the room: every request is counted at its whole context.
_ROOM = 0.75
# Compute capability with bfloat16 (source: vllm-0.33-wheel, platforms/cuda.py).
_BF16_FROM = (8,)


def place(job: Job, *, exact: bool = False) -> Fit:
    """The best layout that holds a request of the wished context, or of half of it, and so on.

    ``exact`` shortens nothing but what is longer than the model's own context.
    """
    context = min(job.context, job.model.context or job.context)
    first = fit = _place(job, context)
    while not exact and fit.fits is False and context // 2 >= _SHORTEST_CONTEXT:
        context //= 2
        fit = _place(job, context)
    return fit if fit.fits else first


def _place(job: Job, context: int) -> Fit:
    memory = usable_gib(job.group, job.machine, job.platform.traits)
    if memory is None or job.build.weights_gib is None:
        return _fit(job, Layout(), context, None)
    fitting = [
        (layout, requests)
        for layout in layouts(job)
        if (requests := _requests(job, layout, context, memory)) >= 1
    ]
    if fitting:
        layout, requests = _best(job, fitting, context, memory)
        fit = _fit(job, layout, context, requests)
        return changed(fit, per_device=breakdown(job, layout, context, memory))
    return _offloaded(job, context, memory)


def _best(
    job: Job, fitting: list[tuple[Layout, int]], context: int, memory: float
) -> tuple[Layout, int]:
    """One node first, then room for the wished users, then few idle devices, split finely or not.

    What fits one node serves more from a copy on each node than from one copy over a network.
    Copies that hold no model but together, by sharing its experts, come last, unless a latent that
    no split divides leaves too little room (source: fit-and-speed, section 2: DP attention).
    Splitting finer shortens a single answer; copies raise what many users get together, where they
    leave room.
    """
    distances = [_distance(job, layout, context, memory) for layout, _ in fitting]
    near = min(distances)
    pairs = list(zip(fitting, distances, strict=True))
    found = [one for one, distance in pairs if distance == near]
    if job.model.mla and max(requests for _, requests in found) < job.workload.concurrency:
        found = [one for one, distance in pairs if distance[0] == near[0]]
    if job.workload.priority != "latency":
        most = max(requests for _, requests in found)
        room = _ROOM * min(most, job.workload.concurrency)
        found = [one for one in found if one[1] >= room]
    return max(found, key=lambda one: _preference(job, one[0]))


def _distance(job: Job, layout: Layout, context: int, memory: float) -> tuple[int, bool]:
    alone = layout.data == 1 or _requests(job, layout._replace(data=1), context, memory) >= 1
    return layout.nodes, not alone


def _preference(job: Job, layout: Layout) -> tuple[int, ...]:
    wish = job.workload.priority
    many = job.workload.concurrency > 1 or wish == "latency"
    finer = layout.shards if wish == "latency" else -layout.shards
    stages = layout.pipeline if stages_pay(job) else -layout.pipeline
    return layout.devices if many else 0, finer, stages


def _requests(job: Job, layout: Layout, context: int, memory: float) -> int:
    """How many requests of the whole context the KV cache of all copies holds."""
    free = kv_room_gib(job, needs(job, layout, context), mean_gib(job, layout, memory))
    each = job.kv_gib(context, layout)
    return int(free / each) * layout.data if free >= each > 0 else int(free >= each)


def _offloaded(job: Job, context: int, memory: float) -> Fit:
    """Weights that do not fit the devices lie in main memory, where the engine can do that."""
    budget = job.platform.budget
    layout = Layout(pooled=_pool(job))
    spare = spare_ram_gib(job.group, job.machine) if budget.offload else 0.0
    share = budget.fraction if budget.of == "total" else 1.0
    has = mean_gib(job, layout, memory) * share * layout.pooled + spare
    wanted = _wanted(job, layout, context)
    if spare and wanted <= has:
        fit = _fit(job, layout, context, 1)
        devices = beside_ram(job, layout, context, memory)
        kind = "experts" if job.model.moe else "layers"
        return changed(fit, per_device=devices, offload=kind)
    fit = _fit(job, Layout(), context, 0)
    return changed(
        fit, needs_gib=round(wanted, 1), has_gib=round(has, 1), counted_devices=layout.pooled
    )


def _pool(job: Job) -> int:
    """Over how many devices the engine can spread one copy."""
    kinds = set(job.platform.budget.split)
    if "layers" in kinds:
        return max(len(job.group.members) + len(job.companions), 1)
    return max(len(job.group.members), 1) if {"tensor", "pipeline"} & kinds else 1


def _wanted(job: Job, layout: Layout, context: int) -> float:
    """GiB that one request needs over all devices together."""
    budget = job.platform.budget
    one = needs(job, layout, context)
    kv = job.kv_gib(context, Layout()) / (1.0 if budget.of == "total" else budget.fraction)
    beside = one.activations_gib + one.runtime_gib - one.outside_gib + one.margin_gib
    return (job.build.weights_gib or 0) + kv + beside * layout.pooled


def _fit(job: Job, layout: Layout, context: int, requests: int | None) -> Fit:
    build = job.build
    return Fit(
        fits=None if requests is None else requests >= 1,
        model=build.model,
        build=build.kind,
        quantization=build.quantization,
        quantization_support=build.support,
        dtype=_dtype(job),
        weights_gib=None if build.weights_gib is None else max(round(build.weights_gib, 2), _LEAST),
        tensor_parallel=layout.tensor,
        pipeline_parallel=layout.pipeline,
        data_parallel=layout.data,
        expert_parallel=layout.expert,
        nodes=layout.nodes,
        context_tokens=context,
        concurrent_requests=requests,
    )


def _dtype(job: Job) -> str | None:
    capability = parts(job.group.first.compute_capability or "")
    return "float16" if capability and capability < _BF16_FROM else None
