"""How fast a pick is, on one line."""

from recommender.facts import Speed
from recommender.words import Words


def speed_line(speed: Speed, words: Words) -> str:
    """Ranges for one user, for all together and for prompts, with what they rest on."""
    parts = [
        _part(name, found, speed, words)
        for name, found in (
            ("decode", speed.decode_tokens_per_s),
            ("together", speed.together_tokens_per_s),
            ("prefill", speed.prefill_tokens_per_s),
        )
        if found is not None
    ]
    if not parts:
        return words.key("speed.unknown")
    if speed.runs is None:
        return words.key("value.semicolon").join(parts)
    basis = words.key(
        "speed.measured",
        runs=speed.runs,
        engine=words.key(f"speed.engine.{speed.engine}"),
        device=words.key(f"speed.device.{speed.device}"),
    )
    return words.key("value.semicolon").join((*parts, basis))


def _part(name: str, found: tuple[float, float], speed: Speed, words: Words) -> str:
    shown = words.key(f"speed.{name}", range=_range(found), count=speed.requests)
    if f"{name}_tokens_per_s" not in speed.verified:
        return shown
    return words.key("speed.verified", shown=shown, date=speed.verified_on)


def _range(found: tuple[float, float]) -> str:
    low, high = (_rounded(value) for value in found)
    return low if low == high else f"{low}-{high}"


def _rounded(value: float) -> str:
    """Two digits are more than the measurements support, and one too few."""
    if value < 10:  # noqa: PLR2004  # tokens/s that people can count
        return f"{value:.1f}".removesuffix(".0")
    return f"{float(f'{value:.2g}'):,.0f}"
