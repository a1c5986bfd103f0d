"""The layouts that an engine's kinds of parallelism and a model's heads and experts allow."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from typing import NamedTuple

from recommender.facts import Accelerator, Budget, Machine, Model, Platform, Workload
from recommender.facts.noun import noun
from recommender.rules.blocks import whole_blocks
from recommender.rules.builds import Build
from recommender.rules.kv_cache import request_gib
from recommender.rules.overheads import Overheads, overheads
from recommender.rules.situation import Group, Situation
from recommender.versions import parts

# Pipeline parallelism pays where many requests keep every stage busy and the link is slow
# (source: vllm-parallelism-doc).
_PIPELINE_FROM_USERS = 8
_NOWHERE = Situation(values={}, situations={})


@noun
class Job:
    """All that decides a placement; without ``copies`` one is made, so that others find room.

    ``companions`` are devices of another kind over which the layers may be spread too. ``several``
    says that the way to install can start one server over several machines.
    """

    build: Build
    model: Model
    platform: Platform
    group: Group
    machine: Machine
    workload: Workload
    context: int
    facts: Situation = _NOWHERE
    kv_share: float = 1.0
    copies: bool = True
    companions: tuple[Accelerator, ...] = ()
    several: bool = True

    @cached_property
    def alone(self) -> Overheads:
        """What a device needs besides weights and KV cache."""
        return self._overheads(linked=False)

    @cached_property
    def linked(self) -> Overheads:
        """The same where tensor parallelism links it to others."""
        return self._overheads(linked=True)

    def _overheads(self, *, linked: bool) -> Overheads:
        platform = self.platform
        return overheads(platform.budget, self.model, platform.version, self.facts, linked=linked)

    def kv_gib(self, context: int, layout: "Layout") -> float:
        """KV cache of one request of so many tokens on one device of the layout in GiB."""
        whole = request_gib(self.model, context, self.kept, layout.tensor, self.kv_share)
        return whole / (layout.pipeline * layout.pooled)

    @cached_property
    def kept(self) -> Budget:
        """The budget with what layers with a window keep in the platform's version."""
        budget = self.platform.budget
        since, number = parts(budget.uneven_since), parts(self.platform.version)
        if self.model.global_head_dim and since and number and number < since:
            return replace(budget, sliding="full")
        return budget


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


def layouts(job: Job) -> Iterator[Layout]:
    """Every layout that the engine's kinds of parallelism and the model's heads allow."""
    count = 1 if isolated(job.group) else max(len(job.group.members), 1)
    kinds = job.platform.budget.split
    if "layers" in kinds:
        yield Layout(pooled=1)
        if count > 1:
            yield Layout(pooled=count)
        if job.companions:
            yield Layout(pooled=count + len(job.companions))
        elif job.group.members and _spans_nodes(job):
            yield Layout(pooled=count * job.machine.nodes, nodes=job.machine.nodes)
        return
    for tensor in range(1, count + 1):
        if tensor == 1 or ("tensor" in kinds and divides(job.model, tensor)):
            yield from _with_pipeline(job, tensor, count)
    wide = count * job.machine.nodes
    if _spans_nodes(job, "wide-tensor") and divides(job.model, wide):
        yield from _with_experts(job, Layout(tensor=wide, nodes=job.machine.nodes))


def isolated(group: Group) -> bool:
    """Whether the devices cannot work together: MIG slices (source: hardware-probing)."""
    return group.first.vendor == "nvidia" and group.first.partition is not None


def _with_pipeline(job: Job, tensor: int, count: int) -> Iterator[Layout]:
    stages = range(1, count // tensor + 1) if _pipelines(job, count) else (1,)
    for pipeline in stages:
        copies = count // (tensor * pipeline) if _may_copy(job) else 1
        # A copy without a user of its own only costs memory.
        data = max(min(copies, job.workload.concurrency), 1)
        yield from _with_experts(job, Layout(tensor=tensor, pipeline=pipeline, data=data))
    nodes = job.machine.nodes
    if tensor == count and _spans_nodes(job):
        yield from _with_experts(job, Layout(tensor=tensor, pipeline=nodes, nodes=nodes))


def _may_copy(job: Job) -> bool:
    return job.copies and "data" in job.platform.budget.split


def _with_experts(job: Job, layout: Layout) -> Iterator[Layout]:
    """The layout, with expert parallelism where tensor parallelism would cut an expert's blocks.

    Some engines shard the experts over the ranks of all copies (source: vllm-58152).
    """
    together = job.platform.budget.data_shards_experts
    ranks = layout.tensor * (layout.data if together else 1)
    if whole_blocks(job.model, job.build.quantization, ranks):
        yield layout
    elif "expert" in job.platform.budget.split:
        yield layout._replace(expert=ranks)
    elif whole_blocks(job.model, job.build.quantization, layout.tensor):
        yield layout._replace(data=1)


def _pipelines(job: Job, count: int) -> bool:
    if "pipeline" not in job.platform.budget.split:
        return False
    return stages_pay(job) or not divides(job.model, count)


def stages_pay(job: Job) -> bool:
    """Whether the link is slow and enough requests are in flight to keep every stage busy."""
    return job.group.link == "pcie" and job.workload.concurrency > _PIPELINE_FROM_USERS


def _spans_nodes(job: Job, kind: str = "nodes") -> bool:
    several = job.several and job.machine.nodes > 1 and not isolated(job.group)
    return several and kind in job.platform.budget.split


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
