"""How fast a pick is, on one line."""

from recommender.facts import Speed
from recommender.words import Words


def speed_line(speed: Speed, words: Words) -> str:
    """Ranges for one user, for all together and for prompts, with what they rest on."""
    known = tuple(sentences(speed, words).values())
    if not known:
        return words.key("speed.unknown")
    found = basis(speed, words)
    return words.key("value.semicolon").join((*known, found) if found else known)


def sentences(speed: Speed, words: Words) -> dict[str, str]:
    """A sentence for each speed that is known: ``decode``, ``together``, ``prefill``."""
    found = {
        "decode": speed.decode_tokens_per_s,
        "together": speed.together_tokens_per_s,
        "prefill": speed.prefill_tokens_per_s,
    }
    return {name: _part(name, known, speed, words) for name, known in found.items() if known}


def basis(speed: Speed, words: Words) -> str | None:
    """The measured runs that the ranges rest on, None where there are none."""
    if speed.runs is None:
        return None
    return words.key(
        "speed.measured",
        runs=speed.runs,
        engine=words.key(f"speed.engine.{speed.engine}"),
        device=words.key(f"speed.device.{speed.device}"),
    )


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
