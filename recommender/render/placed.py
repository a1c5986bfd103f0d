"""How a model lies on the devices, in words that several tables share."""

from recommender.facts import Fit, Machine, Speed
from recommender.words import Words


def build(fit: Fit, words: Words) -> str:
    """For example: ``bf16, 131 GiB``."""
    known = fit.weights_gib is not None
    size = words.key("memory.gib", size=fit.weights_gib) if known else None
    return ", ".join(filter(None, (fit.quantization or words.key("value.unknown"), size)))


def layout(fit: Fit, words: Words) -> str:
    """``TP 4 x DP 2``, with machines and main memory where they take part."""
    degrees = (
        ("TP", fit.tensor_parallel),
        ("PP", fit.pipeline_parallel),
        ("DP", fit.data_parallel),
        ("EP", fit.expert_parallel),
    )
    split = " x ".join(f"{name} {degree}" for name, degree in degrees if degree > 1)
    devices = len(fit.per_device)
    spread = words.key("layout.layers", count=devices) if devices > 1 else words.key("layout.one")
    nodes = words.key("table.nodes", count=fit.nodes) if fit.nodes > 1 else None
    return ", ".join(filter(None, (split or spread, nodes, _offload(fit, words))))


def _offload(fit: Fit, words: Words) -> str | None:
    """What lies in main memory, and how much of the weights that is."""
    if fit.offload is None:
        return None
    rest = (fit.weights_gib or 0) - sum(one.weights_gib for one in fit.per_device)
    size = max(rest, 0.0) if fit.weights_gib and fit.per_device else None
    return words.key(f"layout.offload-{fit.offload}", size=size)


def holds(fit: Fit, words: Words) -> str:
    """How many requests of which context the KV cache holds at once."""
    if fit.concurrent_requests is None:
        return words.key("fitting.unknown")
    return words.key("fitting.holds", requests=fit.concurrent_requests, tokens=fit.context_tokens)


def rate(bounds: tuple[float, float] | None, words: Words) -> str:
    """Tokens per second as a range, or that they are unknown."""
    if bounds is None:
        return words.key("value.unknown")
    low, high = (f"{bound:.3g}" if bound < 100 else f"{bound:.0f}" for bound in bounds)  # noqa: PLR2004
    return words.key("speed.range", low=low, high=high)


def decode(speed: Speed, words: Words) -> str:
    """The speed of one user, with the day on which it was measured where that was done."""
    shown = rate(speed.decode_tokens_per_s, words)
    if "decode_tokens_per_s" not in speed.verified:
        return shown
    return words.key("speed.verified", shown=shown, date=speed.verified_on)


def on(machine: Machine, device: str | None, words: Words) -> str:
    """What it runs on: a device, or the processor by its name."""
    return device or machine.cpu.model or words.key("device.cpu")
