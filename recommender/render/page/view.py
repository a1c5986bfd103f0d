"""What the page shows of an answer, in one language: plain values in the order of the page."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from recommender.facts import Answer, Considered, Model, Reason, Rejection
from recommender.facts.report import Report
from recommender.render.page.candidates import Scales, candidate, scales
from recommender.render.page.reasons import reason_row, source_of
from recommender.render.page.starting import starting
from recommender.render.summary import devices_line, machine_line, workload_line
from recommender.words import Words, placeholders

_GROUP = "page."
_BILLION = 1e9


def view(
    report: Report, titles: Mapping[str, str], sources: Mapping[str, Any], words: Words
) -> dict[str, Any]:
    """The page's content, ready for its template.

    Args:
        report: the answer and the files of its first frameworks.
        titles: what every framework is called, by id.
        sources: rows of sources.yaml by id.
        words: the language of the answer.
    """
    answer = report.answer
    common = scales(answer.ranking)
    return {
        "title": _title(answer, titles, words),
        "says": _says(words),
        "found": _found(answer, words),
        "problems": [{"what": item.what, "fix": item.fix or ""} for item in answer.problems],
        "ranking": _ranking(report, titles, sources, words, common),
        "rejected": [
            {
                **_rejection(item, titles, sources, words),
                "change": [step.text for step in report.changes.get(item.framework, ())],
            }
            for item in answer.rejected
        ],
        "considered": [_considered(item, sources, words) for item in answer.also_consider],
        "sources": list(_sources(answer, sources)),
        "footer": words.key(
            "page.footer", version=answer.llmpick_version, date=answer.knowledge_date
        ),
    }


def _says(words: Words) -> dict[str, str]:
    """The sentences of the page itself by the end of their keys."""
    own = {
        key.removeprefix(_GROUP).replace(".", "_").replace("-", "_"): entry[words.lang]
        for key, entry in words.table.items()
        if key.startswith(_GROUP) and not placeholders(entry["en"])
    }
    return {**own, "speed_unknown": words.key("speed.unknown")}


def _title(answer: Answer, titles: Mapping[str, str], words: Words) -> str:
    if not answer.ranking:
        return f"llmpick: {words.key('table.nothing')}"
    model = f" · {answer.model.id}" if answer.model else ""
    devices = devices_line(answer.machine, words)
    return f"{titles[answer.ranking[0].framework]}{model} · {devices}"


def _found(answer: Answer, words: Words) -> list[dict[str, str]]:
    rows = {
        "machine": machine_line(answer.machine, words),
        "work": workload_line(answer.workload, None, words),
        "model": _model(answer.model, words) if answer.model else "",
        "rules": words.key(f"page.rules.{answer.rules}"),
    }
    return [
        {"label": words.key(f"page.found.{name}"), "value": value}
        for name, value in rows.items()
        if value
    ]


def _model(model: Model, words: Words) -> str:
    size = words.key("memory.gib", size=model.weights_gib) if model.weights_gib else None
    count = words.key("page.found.params", count=model.params / _BILLION) if model.params else None
    known = (model.id, count, model.quantization, size, model.license)
    return " · ".join(part for part in known if part)


def _ranking(
    report: Report,
    titles: Mapping[str, str],
    sources: Mapping[str, Any],
    words: Words,
    common: Scales,
) -> list[dict[str, Any]]:
    return [
        {
            "name": titles[item.framework],
            **candidate(item, report.answer, common, sources, words),
            **starting(item, report.files.get(item.framework, ()), words),
        }
        for item in report.answer.ranking
    ]


def _rejection(
    item: Rejection, titles: Mapping[str, str], sources: Mapping[str, Any], words: Words
) -> dict[str, Any]:
    rows = [reason_row(reason, sources, words) for reason in item.reasons]
    return {"name": titles[item.framework], "reasons": rows}


def _considered(item: Considered, sources: Mapping[str, Any], words: Words) -> dict[str, Any]:
    over = words.key("table.over", names=list(item.over)) if item.over else ""
    rows = [reason_row(reason, sources, words) for reason in item.reasons]
    return {"name": item.name, "over": over, "reasons": rows}


def _sources(answer: Answer, sources: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What the answer rests on, each source once, by its id."""
    days: dict[str, str] = {}
    for reason in _reasons(answer):
        if reason.source:
            days[reason.source] = max(days.get(reason.source, ""), reason.checked or "")
    for name in sorted(days):
        yield {**source_of(name, sources), "checked": days[name]}


def _reasons(answer: Answer) -> Iterable[Reason]:
    for ranked in answer.ranking:
        yield from (*ranked.reasons, *ranked.warnings)
    for rejection in answer.rejected:
        yield from rejection.reasons
    for named in answer.also_consider:
        yield from named.reasons
