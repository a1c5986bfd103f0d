"""One framework of the ranking: why it stands there, how it fits and how fast it is."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from recommender.facts import Answer, Candidate, DeviceMemory, Fit, Machine, Speed
from recommender.facts.noun import noun
from recommender.render.bars import counted, parts, title
from recommender.render.page.reasons import Span, between, reason_row, span, waterfall
from recommender.render.placed import build, holds, layout, on
from recommender.render.speed import basis, sentences
from recommender.words import Words

_STRONGEST = 3
# The rule that says so itself.
_OTHER_BUILD = "placement.gguf"


@noun
class Scales:
    """What the bars of all frameworks are drawn to, so that they can be held side by side.

    ``speeds`` are tokens per second by the kind of speed, ``memory_gib`` is the largest device.
    """

    points: Span
    speeds: Mapping[str, Span]
    memory_gib: float


def scales(ranking: Sequence[Candidate]) -> Scales:
    """The scales on which every framework of a ranking has room."""
    memories = [memory for item in ranking if item.fit for memory in item.fit.per_device]
    return Scales(
        points=span([item.reasons for item in ranking]),
        speeds={
            name: Span(high=max((rates(item.speed)[name] or (0, 0))[1] for item in ranking))
            for name in ("decode", "together", "prefill")
            if ranking
        },
        memory_gib=max((sum(parts(memory).values()) for memory in memories), default=0.0),
    )


def rates(speed: Speed) -> dict[str, tuple[float, float] | None]:
    """Tokens per second by the kind of speed."""
    return {
        "decode": speed.decode_tokens_per_s,
        "together": speed.together_tokens_per_s,
        "prefill": speed.prefill_tokens_per_s,
    }


def candidate(
    item: Candidate, answer: Answer, common: Scales, sources: Mapping[str, Any], words: Words
) -> dict[str, Any]:
    """What the page tells of one framework, but for its commands."""
    rest = words.key(f"support.{item.support}"), words.key(f"confidence.{item.confidence}")
    own = span([item.reasons])
    said = {warning.rule for warning in item.warnings}
    steps = [reason for reason in item.reasons if reason.rule not in said]
    fits = [reason for reason in steps if reason.layer == "estimate"]
    steps = [reason for reason in steps if reason.points and reason not in fits]
    strongest = sorted(steps, key=lambda reason: -abs(reason.points))[:_STRONGEST]
    return {
        "rank": item.rank,
        "version": item.version or "",
        "platform": item.platform,
        "grades": list(rest),
        "points": words.key("table.points", points=item.score),
        "score": {**between(common.points, 0, item.score), "zero": common.points.at(0)},
        "telling": _telling(item),
        "strongest": [reason_row(reason, sources, words) for reason in strongest],
        "fits": [reason.text for reason in fits],
        "warnings": [
            *({"text": text, "fix": ""} for text in _otherwise(item, answer, words)),
            *(reason_row(reason, sources, words) for reason in item.warnings),
        ],
        "waterfall": waterfall(item.reasons, own, sources, words),
        "sum": {"points": f"{item.score:g}", **between(own, 0, item.score)},
        "speeds": _speeds(item.speed, common, words),
        "basis": basis(item.speed, words) or "",
        **_placement(item.fit, item.device, answer.machine, common, words),
    }


def _otherwise(item: Candidate, answer: Answer, words: Words) -> Iterator[str]:
    """What is served otherwise than it was asked for: to fewer at once, or from another build."""
    fit, wished = item.fit, answer.workload.concurrency
    if fit is None:
        return
    held = fit.concurrent_requests
    if held is not None and held < wished:
        yield words.key("page.fewer", held=held, wished=wished, tokens=fit.context_tokens)
    asked = answer.model.id if answer.model else fit.model
    told = any(warning.rule == _OTHER_BUILD for warning in item.warnings)
    if fit.model and fit.model != asked and not told:
        yield words.key("page.other-build", build=fit.model, kind=build(fit, words), model=asked)


def _telling(item: Candidate) -> str:
    """That it is close, else what speaks most against it, else what speaks most for it."""
    close = [warning.text for warning in item.warnings if warning.rule == "ranking.close"]
    least = min(item.reasons, key=lambda reason: reason.points, default=None)
    most = max(item.reasons, key=lambda reason: reason.points, default=None)
    if close or least is None or most is None:
        return "".join(close[:1])
    return (least if least.points < 0 else most).text


def _speeds(speed: Speed, common: Scales, words: Words) -> list[dict[str, Any]]:
    """Each known speed as a sentence, and as a bar from its low to its high end."""
    known = rates(speed)
    rows = []
    for name, text in sentences(speed, words).items():
        low, high = known[name] or (0.0, 0.0)
        rows.append({"text": text, "bar": between(common.speeds[name], low, high)})
    return rows


def _placement(
    fit: Fit | None, device: str | None, machine: Machine, common: Scales, words: Words
) -> dict[str, Any]:
    if fit is None:
        return {"placed": [], "bars": [], "choices": []}
    rows = {
        "model": fit.model or "",
        "build": build(fit, words),
        "layout": layout(fit, words),
        "holds": holds(fit, words),
    }
    where = on(machine, device, words)
    return {
        "placed": [
            {"label": words.key(f"page.placed.{name}"), "value": value}
            for name, value in rows.items()
            if value
        ],
        "bars": [
            _bar(memory, title(memory, count, where, words), common, words)
            for memory, count in counted(fit.per_device).items()
        ],
        "choices": list(fit.choices),
    }


def _bar(memory: DeviceMemory, name: str, common: Scales, words: Words) -> dict[str, Any]:
    """One device as parts that stand side by side, each with its figure in GiB."""
    sizes = parts(memory)
    whole = sum(sizes.values())
    rows, start = [], 0.0
    scale = Span(high=common.memory_gib)
    for part, size in sizes.items():
        row = {
            "part": part,
            "name": words.key(f"memory.{part}"),
            "gib": f"{size:.1f}",
            "share": f"{size / whole:.0%}" if whole else "",
        }
        rows.append({**row, **between(scale, start, start + size)})
        start += size
    return {
        "title": name,
        "total": words.key("memory.gib", size=f"{whole:.1f}"),
        "parts": rows,
        "interval": _interval(memory, words),
        "width": scale.at(whole),
    }


def _interval(memory: DeviceMemory, words: Words) -> str:
    if memory.interval is None:
        return ""
    low, high = (f"{bound:.1f}" for bound in memory.interval)
    return words.key("memory.interval", low=low, high=high)
