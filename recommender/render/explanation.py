"""One framework explained: the article's row, today's facts, corrections, and its place here."""

from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Console
from rich.text import Text

from recommender.facts import (
    Answer,
    Candidate,
    Capability,
    Framework,
    Package,
    Platform,
    Reason,
    Rejection,
)
from recommender.facts.explanation import Claim, Correction, Explanation
from recommender.knowledge import Knowledge
from recommender.render import side_by_side, waterfall
from recommender.render.frameworks import status
from recommender.render.layout import hanging, marked
from recommender.render.pick import commands
from recommender.words import Words


def place(answer: Answer, framework: Framework) -> tuple[Candidate | None, Rejection | None]:
    """Its entry in the ranking and among the rejected; it may have both, or one."""
    ranked = next((item for item in answer.ranking if item.framework == framework.id), None)
    refused = next((item for item in answer.rejected if item.framework == framework.id), None)
    return ranked, refused


def document(answer: Answer, framework: Framework, known: Knowledge, words: Words) -> Explanation:
    """The explanation for programs."""
    ranked, refused = place(answer, framework)
    rows = side_by_side.rows(framework, known.rules, known.conflicts, words)
    return Explanation(
        schema_version=answer.schema_version,
        framework=framework,
        article=tuple(
            Claim(about=row.about, claim=row.claim, conflicts=_told(row, words)) for row in rows
        ),
        ranked=ranked,
        rejected=refused,
        problems=answer.problems,
    )


def _told(row: side_by_side.Row, words: Words) -> tuple[Correction, ...]:
    return tuple(
        Correction(
            id=conflict.id,
            claim=words.text(conflict.claim, words.show_fact),
            today=words.text(conflict.today, words.show_fact),
            effect=words.text(conflict.effect, words.show_fact),
            rules=conflict.rules,
            holds_for=conflict.holds_for,
            source=conflict.source,
            checked=conflict.checked,
        )
        for conflict in row.conflicts
    )


def show(
    answer: Answer, framework: Framework, known: Knowledge, words: Words, console: Console
) -> None:
    """Print the explanation for people."""
    title = f"{framework.name} · {status(framework, words)} · {framework.license}"
    console.print(Text(title, style="bold green"))
    console.print(hanging(Text(words.text(framework.summary, words.show_fact)), 0, 2, console))
    for line in _upkeep(framework, words):
        console.print(hanging(Text(line), 0, 2, console))
    rows = side_by_side.rows(framework, known.rules, known.conflicts, words)
    if rows:
        console.print()
        side_by_side.show(rows, words, console)
    _platforms(answer, framework, known, words, console)
    _here(answer, framework, words, console)


def _upkeep(framework: Framework, words: Words) -> Iterable[str]:
    if framework.role == "layer":
        yield words.key("look.layer", names=list(framework.over))
    kept = framework.upkeep
    if kept is None:
        return
    if kept.released:
        key = "look.released" if kept.every_days else "look.released-once"
        yield words.key(key, date=kept.released, days=kept.every_days)
    if kept.text:
        yield words.text(kept.text, words.show_fact)


def _platforms(
    answer: Answer, framework: Framework, known: Knowledge, words: Words, console: Console
) -> None:
    """Every platform in a line; packages and abilities of the one that matters here."""
    ranked, refused = place(answer, framework)
    here = ranked.platform if ranked else (refused.platform if refused else None)
    console.print()
    console.print(Text(words.key("look.platforms"), style="bold"))
    for platform in framework.platforms:
        grade = words.key(f"support.{platform.support}")
        line = Text(f"{words.said(platform.name)} · {platform.version} · {grade}")
        console.print(hanging(line, 3, 5, console))
        if platform.id == here:
            for text in _details(platform, known, words):
                console.print(hanging(Text(text, style="dim"), 5, 7, console))


def _details(platform: Platform, known: Knowledge, words: Words) -> Iterable[str]:
    yield from (_package(package, words) for package in platform.packages)
    labels = known.vocabulary("capabilities")
    for name, capability in sorted(platform.capabilities.items()):
        yield _capability(labels.get(name, {}).get(words.lang, name), capability, words)


def _package(package: Package, words: Words) -> str:
    parts: Mapping[str, Any] = {
        "arch": package.arch,
        **{name: (version,) for name, version in package.stack.items()},
        "driver": (package.driver,),
        "capabilities": package.capabilities,
        "ptx": package.ptx,
        "gfx": package.gfx,
        "series": package.series,
        "cpu_flags": package.cpu_flags,
        "glibc": (package.glibc,),
        "python": package.pythons,
        "torch": (package.torch,),
    }
    told = [
        f"{words.key(f'package.{name}') if words.has(f'package.{name}') else name} "
        + " ".join(str(value) for value in values)
        for name, values in parts.items()
        if any(values)
    ]
    text = words.text(package.text, words.show_fact) if package.text else None
    return " · ".join(filter(None, (package.name, *told, text)))


def _capability(label: str, capability: Capability, words: Words) -> str:
    grade = words.key(f"grade.{capability.support}")
    title = f"{label} · {grade}"
    if capability.terms:
        terms = [_term(name, words) for name in capability.terms]
        title = words.noted(title, words.show(terms))
    if capability.text is None:
        return title
    return words.labelled(title, words.text(capability.text, words.show_fact))


def _term(name: str, words: Words) -> str:
    return words.key(f"ability.{name}") if words.has(f"ability.{name}") else name


def _here(answer: Answer, framework: Framework, words: Words, console: Console) -> None:
    ranked, refused = place(answer, framework)
    console.print()
    console.print(Text(words.key("look.here"), style="bold"))
    if ranked:
        key = "look.commands" if framework.role == "layer" else "look.rank"
        line = words.key(key, rank=ranked.rank, points=ranked.score, platform=ranked.platform)
        console.print(hanging(Text(line), 3, 5, console))
        waterfall.show(ranked.reasons, words, console)
        for warning in ranked.warnings:
            marked(console, "! ", "yellow", warning.text)
        if framework.role != "framework" and ranked.launch:
            commands(ranked.launch, answer.machine.os.family == "windows", words, console)
    if refused:
        console.print(hanging(Text(words.key("look.rejected"), style="red"), 3, 5, console))
        for reason in refused.reasons:
            marked(console, "x ", "red", _with_fix(reason))


def _with_fix(reason: Reason) -> str:
    return f"{reason.text} → {reason.fix}" if reason.fix else reason.text
