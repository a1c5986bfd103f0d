"""What a plan says of its machines, from the candidate that was placed on them."""

from recommender.facts.plan import Hardware
from recommender.rules.candidates import Scored


def hardware(scored: Scored) -> Hardware:
    """What every machine of the plan must have."""
    group, facts = scored.trial.group, scored.facts
    first = group.first
    return Hardware(
        os=facts.fact("os.family"),
        vendor=first.vendor if group.members else None,
        name=first.name,
        series=group.series,
        arch=facts.fact("arch"),
        devices=len(group.members),
        memory_gib=first.memory_gib,
        partition=first.partition,
        capability=first.compute_capability,
        integrated=first.integrated is True,
        cores=facts.fact("cpu.cores") or None,
        ram_gib=facts.fact("ram_gib") or None,
    )


def devices(scored: Scored) -> int:
    """Accelerators that one copy takes, 1 where the processor does the work."""
    fit = scored.fit
    used = fit.tensor_parallel * fit.pipeline_parallel * fit.data_parallel
    return max(used, len(fit.per_device)) if scored.trial.group.members else 1


def main_memory(scored: Scored) -> float | None:
    """On the processor everything lies in main memory; beside devices the need is not known."""
    if scored.trial.group.members or not scored.fit.per_device:
        return None
    parts = scored.fit.per_device[0]
    filled = parts.weights_gib + parts.kv_cache_gib + parts.activations_gib + parts.overhead_gib
    return round(filled, 2)
