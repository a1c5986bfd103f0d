"""Reasons as steps of a waterfall, each with its layer, its source and the day it was read."""

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

from recommender.facts import Reason
from recommender.facts.noun import noun
from recommender.words import Words


@noun
class Span:
    """The figures between which bars are drawn: points, tokens per second, GiB."""

    low: float = 0.0
    high: float = 0.0

    def percent(self, points: float) -> float:
        """Where so many points are on the scale, 0 to 100."""
        width = self.high - self.low
        return (points - self.low) / width * 100 if width else 0.0

    def at(self, points: float) -> str:
        """The same as a length for SVG."""
        return _length(self.percent(points))


def ordered(reasons: Sequence[Reason]) -> list[Reason]:
    """Reasons for it first, those against it next, and those that moved nothing last."""
    return sorted(reasons, key=lambda reason: (not reason.points, -reason.points))


def span(waterfalls: Sequence[Sequence[Reason]]) -> Span:
    """The scale on which the steps of all these have room."""
    reached = [0.0]
    for reasons in waterfalls:
        reached += accumulate(reason.points for reason in ordered(reasons))
    return Span(low=min(reached), high=max(reached))


def waterfall(
    reasons: Sequence[Reason], scale: Span, sources: Mapping[str, Any], words: Words
) -> list[dict[str, Any]]:
    """A row for each reason, its bar between the points before and after it."""
    rows, before = [], 0.0
    for reason in ordered(reasons):
        after = before + reason.points
        bar = {**between(scale, before, after), "kind": _kind(reason.points)}
        rows.append({**reason_row(reason, sources, words), "bar": bar})
        before = after
    return rows


def between(scale: Span, start: float, end: float) -> dict[str, str]:
    """A bar between two figures of a scale, in percent of its width."""
    low, high = sorted((scale.percent(start), scale.percent(end)))
    return {"x": _length(low), "width": _length(high - low)}


def _length(value: float) -> str:
    """A length for SVG; a thousandth of a percent is less than a pixel of any screen."""
    return f"{value:.3f}%"


def _kind(points: float) -> str:
    if points == 0:
        return "none"
    return "plus" if points > 0 else "minus"


def reason_row(reason: Reason, sources: Mapping[str, Any], words: Words) -> dict[str, Any]:
    """A reason with all that proves it; what is not known of it is empty."""
    return {
        "text": reason.text,
        "fix": reason.fix or "",
        "fact": reason.fact or "",
        "points": f"{reason.points:+g}" if reason.points else "0",
        "rule": reason.rule,
        "layer": words.key(f"page.layer.{reason.layer}"),
        "source": source_of(reason.source, sources) if reason.source else None,
        "checked": reason.checked or "",
    }


def source_of(name: str, sources: Mapping[str, Any]) -> dict[str, str]:
    """A row of sources.yaml; ``link`` is its address where a browser can follow it, else empty."""
    row = sources.get(name, {})
    address = str(row.get("address") or "")
    return {
        "id": name,
        "title": str(row.get("title", name)),
        "publisher": str(row.get("publisher") or name),
        "short": str(row.get("publisher") or name).partition(" (")[0],
        "version": str(row.get("version") or ""),
        "address": address,
        "link": address if address.startswith(("https://", "http://")) else "",
    }
