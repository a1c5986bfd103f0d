"""How fast a server can be at best, by which unlike devices are compared.

A token of one request reads every active weight once, so tensor-parallel devices give at most
their bandwidth over its bytes (source: fit-and-speed, section 4; rules/roofline.py). What a server
reaches is less, in much the same measure everywhere.
"""

from collections.abc import Sequence
from functools import cache

from recommender.facts import Accelerator, Fit, Model
from recommender.knowledge import load
from recommender.rules.speed import spec_of
from recommender.rules.weights import Table

_GB_PER_GIB = 2**30 / 1e9


@cache
def _table() -> Table:
    return Table(load().document["quantizations"])


def ceiling(model: Model, fit: Fit, devices: Sequence[Accelerator]) -> float | None:
    """Tokens a second of one request at best; None on the processor, or where it is unknown."""
    spec = spec_of(devices[0]) if devices else None
    if spec is None or spec.bandwidth_gbs is None or fit.offload:
        return None
    read = _table().active_gib(model, fit.quantization or "")
    if not read:
        return None
    return fit.tensor_parallel * spec.bandwidth_gbs / (read * _GB_PER_GIB)
