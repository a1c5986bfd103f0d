"""What lies on each device of a layout, with the interval of its sum."""

from recommender.facts import Accelerator, DeviceMemory
from recommender.rules.demand import Needs, kv_room_gib, needs
from recommender.rules.layouts import Job, Layout
from recommender.rules.memory import device_gib

# By how much weights, and activations with the runtime, may be more or less where nothing finer is
# known (source: fit-and-speed, sections 1 and 3).
_WEIGHTS_UNCERTAINTY, _RUNTIME_UNCERTAINTY = 0.08, 0.25


def mean_gib(job: Job, layout: Layout, memory: float) -> float:
    """Memory of a device, on average where a split by layers takes unequal ones."""
    if layout.pooled <= max(len(job.group.members), 1):
        return memory
    sizes = [memory] * len(job.group.members) + [_companion_gib(job, one) for one in job.companions]
    return sum(sizes) / len(sizes)


def _companion_gib(job: Job, device: Accelerator) -> float:
    return device_gib(device, job.machine) or 0.0


def breakdown(job: Job, layout: Layout, context: int, memory: float) -> tuple[DeviceMemory, ...]:
    """What lies on each device of the layout; ``memory`` is what one can use, in GiB."""
    needed = needs(job, layout, context)
    if not job.companions or layout.pooled <= len(job.group.members):
        kv = max(kv_room_gib(job, needed, memory), 0.0)
        one = _device(job, job.group.first, memory, needed, kv)
        return (one,) * layout.devices
    return _unequal(job, layout, memory, needed)


def _unequal(job: Job, layout: Layout, memory: float, needed: Needs) -> tuple[DeviceMemory, ...]:
    """Layers are dealt in proportion to what the runtime leaves of each device's memory.

    A device that is smaller than the runtime takes no part.
    """
    kv = max(kv_room_gib(job, needed, mean_gib(job, layout, memory)), 0.0)
    beside = needed.activations_gib + needed.runtime_gib
    members = [(device, memory) for device in job.group.members]
    every = members + [(device, _companion_gib(job, device)) for device in job.companions]
    left = [max(own - beside, 0.0) for _, own in every]
    found = []
    for (device, own), free in zip(every, left, strict=True):
        share = free * len(every) / (sum(left) or 1.0)
        part = needed._replace(weights_gib=needed.weights_gib * share) if free else Needs(0, 0, 0)
        found.append(_device(job, device, own, part, kv * share))
    return tuple(found)


def beside_ram(job: Job, layout: Layout, context: int, memory: float) -> tuple[DeviceMemory, ...]:
    """Devices full of weights beside one request's KV cache; the other weights are elsewhere."""
    if not job.group.members:
        return ()
    needed = needs(job, layout, context)
    room = max(memory - needed.activations_gib - needed.runtime_gib, 0.0)
    # The cache of layers that are elsewhere is there, too.
    kv = min(job.kv_gib(context, layout), room)
    weights = min(room - kv, needed.weights_gib)
    one = _device(job, job.group.first, memory, needed._replace(weights_gib=weights), kv)
    return (one,) * len(job.group.members)


def _device(job: Job, device: Accelerator, memory: float, needed: Needs, kv: float) -> DeviceMemory:
    low, high = interval(job, needed, kv)
    return DeviceMemory(
        weights_gib=round(needed.weights_gib, 2),
        kv_cache_gib=round(kv, 2),
        activations_gib=round(needed.activations_gib, 2),
        overhead_gib=round(needed.runtime_gib, 2),
        free_gib=round(max(memory - needed.whole_gib - kv, 0.0), 2),
        interval=(round(low, 2), round(high, 2)),
        total_gib=round(memory, 2),
        device=device.name,
    )


def interval(job: Job, needed: Needs, kv: float) -> tuple[float, float]:
    """Least and most GiB that lie on a device which keeps ``kv`` GiB of KV cache."""
    used = needed.whole_gib + kv
    build = job.build.uncertainty
    spread = needed.weights_gib * (_WEIGHTS_UNCERTAINTY if build is None else build)
    spread += (needed.whole_gib - needed.weights_gib) * _RUNTIME_UNCERTAINTY
    return used - spread, used + spread
