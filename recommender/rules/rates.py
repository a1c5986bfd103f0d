"""What measurements say of how near engines come to a device's rates: knowledge/speed.yaml."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from recommender.devices.catalogue import Spec
from recommender.facts.noun import noun
from recommender.versions import parts

# The device of rows that were fitted on all classes of devices.
EVERY_CLASS = "any"


@noun
class Rate:
    """One fitted row: for an engine, a class of devices and weights of some bits.

    A step takes bytes / (``efficiency`` x bandwidth) + layers x ``layer_us``; many requests
    together, or the tokens of a prompt, besides 2 x parameters / (``compute`` x operations a
    second) each, and each request ``request_us``. ``spread`` is the factor by which four of five
    runs differ at most, ``runs`` how many were measured.
    """

    engine: str
    device: str
    quantity: str
    efficiency: float
    spread: float
    runs: int
    compute: float = 0.0
    layer_us: float = 0.0
    request_us: float = 0.0
    bits: tuple[float, float] = (0.0, 99.0)
    moe: bool | None = None
    source: str | None = None


class Rates:
    """The rows of knowledge/speed.yaml, indexed."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        """Index the rows by quantity, engine and device class."""
        self._engines: Mapping[str, str] = document["engines"]
        self._classes: Sequence[Mapping[str, Any]] = document["devices"]
        self._slow_hosts: Mapping[str, Any] = document["slow_hosts"]
        self.plain_engines: Sequence[str] = document["plain_arithmetic"]["engines"]
        self._tensor_ratio: Mapping[str, float] = document["plain_arithmetic"]["tensor_ratio"]
        self.links: Mapping[str, float] = document["all_reduce_us"]
        self._rates: dict[tuple[str, str, str], list[Rate]] = {}
        for row in document["rates"]:
            rate = Rate(**{**row, "bits": tuple(row.get("bits", (0.0, 99.0)))})
            self._rates.setdefault((rate.quantity, rate.engine, rate.device), []).append(rate)

    def engine(self, framework: str) -> str | None:
        """The engine that computes for a framework, None where nobody measured it."""
        return self._engines.get(framework)

    def device_class(self, device: Spec) -> str | None:
        """The class of a device, the first whose conditions hold."""
        return next((row["id"] for row in self._classes if _is(row, device)), None)

    def plain_operations(self, device: Spec) -> float | None:
        """1e12 operations a second without the tensor units; those a known factor above it."""
        if device.tflops_fp32:
            return device.tflops_fp32
        ratio = self._tensor_ratio.get(self.device_class(device) or "", 1.0)
        return device.tflops_fp16_dense / ratio if device.tflops_fp16_dense else None

    def host_factor(self, host: str | None, vendor: str) -> float:
        """By how much this computer lengthens the time a layer takes beside its bytes."""
        factors = self._slow_hosts["factor"]
        if host and _pattern(self._slow_hosts["matches"]).search(host):
            return float(factors.get(vendor, factors["other"]))
        return 1.0

    def rate(
        self, quantity: str, engine: str, device: str, bits: float, *, moe: bool = False
    ) -> Rate | None:
        """What was measured, None where nothing was.

        An engine that was measured on a class of devices, but with no mixture of experts, runs
        those as it does on all classes together.
        """
        found = self._match((quantity, engine, device), bits, moe)
        if found is None and moe and self._match((quantity, engine, device), bits, moe=False):
            return self._match((quantity, engine, EVERY_CLASS), bits, moe)
        return found

    def _match(self, key: tuple[str, str, str], bits: float, moe: bool) -> Rate | None:  # noqa: FBT001
        fitting = (
            rate
            for rate in self._rates.get(key, ())
            if rate.bits[0] <= bits < rate.bits[1] and rate.moe in (None, moe)
        )
        return next(fitting, None)


def _is(row: Mapping[str, Any], device: Spec) -> bool:
    if row["vendor"] != device.vendor:
        return False
    for name in ("integrated", "unified_memory"):
        if name in row and bool(getattr(device, name)) != row[name]:
            return False
    if "name" in row and not _pattern(row["name"]).search(f"{device.name} {device.chip or ''}"):
        return False
    if "arch" in row and not _pattern(row["arch"]).search(device.arch or ""):
        return False
    return "capability_below" not in row or _below(row["capability_below"], device)


def _below(limit: str, device: Spec) -> bool:
    capability, least = parts(device.compute_capability or ""), parts(limit)
    return capability is not None and least is not None and capability < least


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)
