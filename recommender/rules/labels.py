"""What people call the hardware that is here, and that which a framework drives."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from recommender.facts import Framework, Outline, Reason
from recommender.rules.conditions import holds
from recommender.rules.question import Question
from recommender.rules.situation import Group, Situation


def no_backend(question: Question, framework: Framework, groups: Sequence[Group]) -> Reason:
    """That a framework has nothing for the devices here, and what it has."""
    words = question.words
    values = {
        "name": framework.name,
        "platforms": _hardware(question, framework),
        "device": _devices(question, groups),
    }
    key = "device.no-backend" if groups else "device.no-accelerator"
    return Reason(
        rule=f"{framework.id}.device",
        params=values,
        text=words.key(key, **values),
        fact=f"accelerators = {values['device'] or 0}",
        fix=_own(question, groups) or words.key("fix.device", **values),
        source=framework.source,
        checked=framework.checked,
    )


def _hardware(question: Question, framework: Framework) -> list[str]:
    """The kinds of hardware that its platforms drive."""
    labels: list[str] = []
    for outline in question.knowledge.outlines(framework.id):
        labels += _driven(question, outline)
        if outline.device.get("device.kind") == "cpu":
            labels.append("CPU")
    return list(dict.fromkeys(labels))


def _driven(question: Question, outline: Outline) -> Iterator[str]:
    vendors = outline.device.get("device.vendor", [])
    for vendor in [vendors] if isinstance(vendors, str) else vendors:
        row = _row(question, vendor)
        parts = [part for part in row.get("parts", ()) if _drives(outline, vendor, part["series"])]
        for named in parts or [row]:
            yield str(named.get(question.words.lang, vendor))


def _drives(outline: Outline, vendor: str, series: Iterable[str]) -> bool:
    facts = ({"device.vendor": vendor, "device.series": name} for name in series)
    return any(holds(outline.device, Situation(values=one, situations={})) for one in facts)


def _own(question: Question, groups: Sequence[Group]) -> str | None:
    """What the maker of a device offers for it, where that is known."""
    for group in groups:
        own = _row(question, group.first.vendor).get("own")
        if own:
            return str(own[question.words.lang])
    return None


def _row(question: Question, vendor: str | None) -> Mapping[str, Any]:
    labels = question.knowledge.document["devices"]["vendors"]
    return labels.get(vendor, {})  # type: ignore[no-any-return]


def _devices(question: Question, groups: Sequence[Group]) -> str:
    named = []
    for group in groups:
        first = group.first
        known = first.name or first.chip or first.pci_id or ""
        label = _label(question, group)
        brand = label.partition(" ")[0].casefold()
        shown = "" if brand and known.casefold().startswith(brand) else label
        named.append(f"{shown} {known} {first.gfx or ''}")
    return ", ".join(" ".join(name.split()) for name in named)


def _label(question: Question, group: Group) -> str:
    row = _row(question, group.first.vendor)
    for part in row.get("parts", ()):
        if group.series in part["series"]:
            return str(part[question.words.lang])
    return str(row.get(question.words.lang, group.first.vendor or ""))
