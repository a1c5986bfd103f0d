"""Results as rows of plain values, for spreadsheets and for tables in documents."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import singledispatch
from typing import Any, TypeAlias

from recommender.facts import (
    Accelerator,
    Answer,
    Candidate,
    Fit,
    Framework,
    Machine,
    Model,
    Rejection,
    Speed,
)
from recommender.facts.codec import encode
from recommender.facts.comparison import Comparison
from recommender.facts.fitting import Fitted, Fitting
from recommender.facts.fleet import Fleet, Pool
from recommender.facts.release import Status

Row: TypeAlias = dict[str, Any]


@singledispatch
def rows(value: object) -> list[Row]:
    """One row a thing that people would compare; what has no such things is keys and values."""
    return [{"key": key, "value": found} for key, found in _leaves("", encode(value))]


@rows.register(list)
@rows.register(tuple)
def _(value: Sequence[object]) -> list[Row]:
    return [row for item in value for row in rows(item)]


@rows.register
def _(value: Answer) -> list[Row]:
    return [*map(_candidate, value.ranking), *map(_rejection, value.rejected)]


@rows.register
def _(value: Fitting) -> list[Row]:
    return [*map(_fitted, value.fits), *map(_rejection, value.rejected)]


@rows.register
def _(value: Comparison) -> list[Row]:
    return [
        {"machine": one.name, "model": one.model.id if one.model else None}
        | (_fitted(one.pick) if one.pick else {"framework": None})
        for one in value.machines
    ]


@rows.register
def _(value: Fleet) -> list[Row]:
    apart = [{"nodes": one.node, "reason": one.reason} for one in value.set_apart]
    wrong = [{"line": one.line, "reason": one.reason} for one in value.unreadable]
    return [*map(_pool, value.pools), *apart, *wrong]


@rows.register
def _(value: Status) -> list[Row]:
    names = ("version", "newest", "released", "checked", "state", "feed", "problem")
    return [
        {"framework": one.framework, "platforms": " ".join(one.platforms)}
        | {name: getattr(one, name) for name in names}
        for one in value.standings
    ]


@rows.register
def _(value: Machine) -> list[Row]:
    host = {
        "machine": value.name,
        "os": " ".join(filter(None, (value.os.distro or value.os.family, value.os.version))),
        "arch": value.arch,
        "cpu": value.cpu.model,
        "ram_gib": value.memory.total_gib,
        "nodes": value.nodes,
    }
    return [host | _device(device) for device in value.accelerators] or [host]


@rows.register
def _(value: Model) -> list[Row]:
    names = ("id", "params", "active_params", "layers", "quantization", "format", "license")
    return [{name: getattr(value, name) for name in names}]


@rows.register
def _(value: Framework) -> list[Row]:
    return [
        {
            "framework": value.id,
            "platform": platform.id,
            "version": platform.version,
            "support": platform.support,
            "status": value.status,
            "license": value.license,
            "checked": platform.checked,
        }
        for platform in value.platforms
    ]


def _candidate(item: Candidate) -> Row:
    told = next((reason.text for reason in item.reasons if reason.points), None)
    return {
        "rank": item.rank,
        "framework": item.framework,
        "platform": item.platform,
        "version": item.version,
        "support": item.support,
        "score": item.score,
        "confidence": item.confidence,
        **_fit(item.fit),
        **_speed(item.speed),
        "reason": told,
        "fix": None,
    }


def _pool(pool: Pool) -> Row:
    devices = Counter(device.name or device.vendor or "?" for device in pool.machine.accelerators)
    machine = {
        "count": pool.count,
        "nodes": " ".join(pool.nodes),
        "devices": ", ".join(f"{count} x {name}" for name, count in devices.items()) or None,
        "ram_gib": pool.machine.memory.total_gib,
        "runs": pool.runs,
        "model": pool.model.id if pool.model else None,
    }
    told = _candidate(pool.ranking[0]) if pool.ranking else {}
    told.pop("rank", None)
    return {**machine, **told, "ask": pool.ask}


def _rejection(item: Rejection) -> Row:
    first = item.reasons[0]
    known = {"framework": item.framework, "platform": item.platform}
    return {"rank": None, **known, "reason": first.text, "fix": first.fix}


def _fitted(item: Fitted) -> Row:
    names = ("framework", "platform", "version", "support", "device")
    known = {name: getattr(item, name) for name in names}
    return {**known, **_fit(item.fit), **_speed(item.speed)}


def _fit(fit: Fit | None) -> Row:
    names = (
        *("fits", "quantization", "tensor_parallel", "pipeline_parallel", "data_parallel"),
        *("context_tokens", "concurrent_requests"),
    )
    return {name: getattr(fit, name, None) for name in names}


def _speed(speed: Speed) -> Row:
    low, high = speed.decode_tokens_per_s or (None, None)
    return {"decode_tokens_per_s_low": low, "decode_tokens_per_s_high": high}


def _device(device: Accelerator) -> Row:
    names = (
        *("index", "vendor", "name", "memory_gib", "usable_gib", "compute_capability", "gfx"),
        *("chip", "unified", "integrated", "partition", "driver_bound"),
    )
    return {name: getattr(device, name) for name in names}


def _leaves(prefix: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Every value that holds no others, by its dotted path."""
    if isinstance(value, Mapping):
        pairs = [(str(key), item) for key, item in value.items()]
    elif isinstance(value, list):
        pairs = [(str(position), item) for position, item in enumerate(value)]
    else:
        yield prefix, value
        return
    for key, item in pairs:
        yield from _leaves(f"{prefix}.{key}" if prefix else key, item)
