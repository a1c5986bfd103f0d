"""By how much the upper bound of what is used exceeds a device."""

from typing import Any

from recommender.facts import DeviceMemory, Fit

_NAMES = ("fit.most_gib", "fit.total_gib", "fit.over_gib", "fit.over_with_one_gib")


def bound_facts(fit: Fit) -> dict[str, Any]:
    """Facts about the upper bound in GiB on the device where it leaves the least.

    ``fit.over_gib`` is what it exceeds the device by, ``fit.over_with_one_gib`` the same with a KV
    cache of one request alone, which is what has to fit where the server sizes the cache itself.
    """
    bounded = [one for one in fit.per_device if one.interval and one.total_gib is not None]
    if not bounded:
        return dict.fromkeys(_NAMES)
    one = max(bounded, key=_over)
    each = max((fit.concurrent_requests or 1) // fit.data_parallel, 1)
    spare = one.kv_cache_gib * (1 - 1 / each)
    over = _over(one)
    most = one.interval[1] if one.interval else None
    found = (most, one.total_gib, round(over, 1), round(over - spare, 1))
    return dict(zip(_NAMES, found, strict=True))


def _over(device: DeviceMemory) -> float:
    return (device.interval[1] if device.interval else 0.0) - (device.total_gib or 0.0)
