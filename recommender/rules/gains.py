"""What one machine gives over another for the same work, and which of several gives most."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from recommender.facts import Fit, Workload
from recommender.facts.comparison import Compared, Gain
from recommender.facts.fitting import Fitted
from recommender.words import Words

Range = tuple[float, float]
# (rule, better, params) of a gain before it has its sentence.
_Told = tuple[str, bool | None, Mapping[str, Any]]


def gains(first: Compared, other: Compared, words: Words) -> tuple[Gain, ...]:
    """What ``other`` gives over ``first``, what it takes, or that it is nothing for this work."""
    told = tuple(_between(first, other)) or (("gain.nothing", None, {}),)
    return tuple(
        Gain(
            machine=other.name,
            than=first.name,
            rule=rule,
            better=better,
            params=params,
            text=words.key(rule, **{name: _shown(value) for name, value in params.items()}),
        )
        for rule, better, params in told
    )


def _shown(value: Any) -> Any:
    """A factor below one keeps its second digit in a sentence."""
    return f"{value:g}" if isinstance(value, float) else value


def _between(first: Compared, other: Compared) -> Iterator[_Told]:
    if first.pick is None or other.pick is None:
        if other.pick is not None:
            yield "gain.runs", True, {"machine": first.name}
        elif first.pick is not None:
            yield "gain.lost", False, {"machine": first.name}
        return
    if _named(first) != _named(other):
        yield from _model(first, other)
    else:
        yield from _build(first.pick.fit, other.pick.fit)
    yield from _room(first.pick.fit, other.pick.fit)
    yield from _where(first.pick, other.pick)
    if _named(first) == _named(other):
        yield from _speed(first.pick, other.pick)


def _named(one: Compared) -> str | None:
    return one.model.id if one.model else None


def _model(first: Compared, other: Compared) -> Iterator[_Told]:
    sizes = [one.model.params if one.model else None for one in (first, other)]
    better = None if None in sizes else sizes[1] > sizes[0]  # type: ignore[operator]
    yield "gain.model", better, {"model": _named(other), "other": _named(first)}


def _build(first: Fit, other: Fit) -> Iterator[_Told]:
    """Of the same parameters, larger weights keep more of the model."""
    if first.quantization == other.quantization:
        return
    sizes = first.weights_gib, other.weights_gib
    known = None not in sizes and sizes[0] != sizes[1]
    better = sizes[1] > sizes[0] if known else None  # type: ignore[operator]
    yield "gain.build", better, {"build": other.quantization, "other": first.quantization}


def _room(first: Fit, other: Fit) -> Iterator[_Told]:
    """How many requests at once of the same context, or how much longer ones."""
    before, after = first.context_tokens, other.context_tokens
    if before is not None and after is not None and before != after:
        yield "gain.context", after > before, {"tokens": after, "other": before}
    elif first.concurrent_requests and other.concurrent_requests:
        params = {"tokens": after}
        yield from _factor(
            "gain.requests", other.concurrent_requests / first.concurrent_requests, params
        )


def _where(first: Fitted, other: Fitted) -> Iterator[_Told]:
    """Whether the accelerators hold it, without main memory and not on the processor alone."""
    before, after = (_on_devices(one) for one in (first, other))
    if before != after:
        yield ("gain.devices" if after else "gain.host"), after, {}


def _on_devices(one: Fitted) -> bool:
    return one.device is not None and one.fit.offload is None


def _speed(first: Fitted, other: Fitted) -> Iterator[_Told]:
    for name in ("decode", "prefill"):
        before, after = (getattr(one.speed, f"{name}_tokens_per_s") for one in (first, other))
        if before and after and _middle(before):
            yield from _factor(f"gain.{name}", _middle(after) / _middle(before), {})


def _factor(rule: str, factor: float, params: Mapping[str, Any]) -> Iterator[_Told]:
    """A factor that differs from one as far as it is shown."""
    shown = round(factor, 1) if factor >= 1 else round(factor, 2)
    if shown != 1:
        yield rule, shown > 1, {**params, "factor": shown}


def _middle(bounds: Range) -> float:
    return sum(bounds) / 2


def best(found: Sequence[Compared], workload: Workload) -> str | None:
    """The machine that serves this work best; of equal ones the first.

    In this order: a model of more parameters (where none was named), on the accelerators alone, the
    context, the wished requests at once, larger weights of it, decode speed, more requests.
    """
    serving = [one for one in found if one.pick is not None]
    if not serving:
        return None
    return max(serving, key=lambda one: _worth(one, workload)).name


def _worth(one: Compared, workload: Workload) -> tuple[float, ...]:
    if one.pick is None:
        return ()
    fit, speed = one.pick.fit, one.pick.speed.decode_tokens_per_s
    requests = fit.concurrent_requests or 0
    return (
        (one.model.params if one.model else None) or 0,
        _on_devices(one.pick),
        fit.context_tokens or 0,
        min(requests, workload.concurrency),
        fit.weights_gib or 0,
        _middle(speed) if speed else 0,
        requests,
    )
