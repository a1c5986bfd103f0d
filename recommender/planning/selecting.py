"""How a scheduler is told to take nodes of one pool, and not of the others."""

from collections.abc import Iterator, Mapping, Sequence

from recommender.facts.cluster import NodeReading
from recommender.facts.fleet import Pool, Taint, Where
from recommender.facts.plan import Nodes
from recommender.words import Words


def nodes_of(
    pool: int,
    pools: Sequence[Pool],
    reading: NodeReading,
    words: Words,
    *,
    shared: bool,
    group: str,
) -> Nodes:
    """The nodes of a pool as their owner tells them from those of the others.

    Args:
        pool: its number.
        pools: all pools.
        reading: which labels tell of devices.
        words: the language of the note where nothing tells them apart.
        shared: whether several servers run on one node.
        group: the label of all servers of one model.
    """
    here = pools[pool].where or Where()
    others = {at: one.where or Where() for at, one in enumerate(pools) if at != pool}
    labels, mixed = _labels(here, others, reading)
    features, alike = _features(here, others)
    unclear = mixed if here.labels else alike if here.partitions or here.gres else []
    names = [number + 1 for number in unclear]
    return Nodes(
        labels=labels,
        tolerations=tuple(map(_toleration, here.taints)),
        resource=_resource(pools[pool], here),
        gres=here.gres,
        partition=here.partitions[0] if here.partitions else None,
        features=features,
        shared=shared,
        group=group,
        note=words.key("plan.alike", pools=names) if names else None,
    )


def _labels(
    here: Where, others: Mapping[int, Where], reading: NodeReading
) -> tuple[dict[str, str], list[int]]:
    """As few labels as tell the nodes apart, the device's name first; the pools that share all."""
    chosen: dict[str, str] = {}
    left = dict(others)
    for key in sorted(here.labels, key=lambda key: (not _names(key, reading), key)):
        apart = [at for at, one in left.items() if one.labels.get(key) != here.labels[key]]
        if apart or (_names(key, reading) and not chosen):
            chosen[key] = here.labels[key]
            left = {at: one for at, one in left.items() if at not in apart}
    return chosen, list(left) if here.labels else []


def _names(key: str, reading: NodeReading) -> bool:
    """Whether a label names the devices of a node."""
    return any(row.product and key.endswith(row.product) for row in reading.devices)


def _features(here: Where, others: Mapping[int, Where]) -> tuple[tuple[str, ...], list[int]]:
    """As few features as tell the nodes from those with devices of the same type."""
    chosen: list[str] = []
    left = {at: one for at, one in others.items() if _offers(one, here)}
    for name in here.features:
        apart = [at for at, one in left.items() if name not in one.features]
        if apart:
            chosen.append(name)
            left = {at: one for at, one in left.items() if at not in apart}
    return tuple(chosen), list(left)


def _offers(one: Where, wanted: Where) -> bool:
    """Whether a request for the devices of ``wanted`` could be given a node of the other pool."""
    asked = wanted.partitions[:1]
    return one.gres == wanted.gres and (not asked or asked[0] in one.partitions)


def _resource(pool: Pool, here: Where) -> str | None:
    """What its devices are called, by the profile of a slice before the vendor."""
    keys = (key for one in pool.machine.accelerators for key in (one.partition, one.vendor))
    return next((here.resources[key] for key in keys if key and key in here.resources), None)


def _toleration(taint: Taint) -> dict[str, str]:
    """A toleration as a pod has it."""
    return dict(_members(taint))


def _members(taint: Taint) -> Iterator[tuple[str, str]]:
    yield "key", taint.key
    if taint.value is None:
        yield "operator", "Exists"
    else:
        yield "operator", "Equal"
        yield "value", taint.value
    yield "effect", taint.effect
