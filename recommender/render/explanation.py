"""One framework explained: the article's row, today's facts, corrections, and its place here."""

from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.text import Text

from recommender.errors import visible
from recommender.facts import Answer, Candidate, Framework, Reason, Rejection, Rule
from recommender.facts.codec import encode
from recommender.render.frameworks import CELLS, cell_line, platforms, status
from recommender.render.layout import hanging
from recommender.words import Words


def corrections(framework: Framework, rules: Iterable[Rule]) -> list[Rule]:
    """The corrections whose condition names this framework or its status."""
    return [
        rule
        for rule in rules
        if rule.layer == "corrections"
        and (
            framework.id in _named(rule.when.get("framework.id"))
            or rule.when.get("framework.status") == framework.status
        )
    ]


def _named(test: Any) -> list[Any]:
    return list(test) if isinstance(test, (list, tuple)) else [test]


def place(answer: Answer, framework: Framework) -> tuple[Candidate | None, Rejection | None]:
    """Its entry in the ranking and among the rejected; it may have both, or one."""
    ranked = next((item for item in answer.ranking if item.framework == framework.id), None)
    refused = next((item for item in answer.rejected if item.framework == framework.id), None)
    return ranked, refused


def document(
    answer: Answer, framework: Framework, rules: Iterable[Rule], words: Words
) -> dict[str, Any]:
    """The explanation for programs."""
    ranked, refused = place(answer, framework)
    return {
        "schema_version": answer.schema_version,
        "framework": encode(framework),
        "corrections": [
            {
                "rule": rule.rule,
                "text": words.text(rule.text, words.show_fact),
                "source": rule.source,
                "checked": rule.checked,
            }
            for rule in corrections(framework, rules)
        ],
        "ranked": encode(ranked),
        "rejected": encode(refused),
        "problems": encode(answer.problems),
    }


def show(
    answer: Answer, framework: Framework, rules: Iterable[Rule], words: Words, console: Console
) -> None:
    """Print the explanation for people."""
    title = f"{framework.name} · {status(framework, words)} · {framework.license}"
    console.print(Text(title, style="bold green"))
    console.print(Text(words.key("look.article"), style="bold"))
    for name in CELLS:
        console.print(hanging(Text(cell_line(framework, name, words)), 3, 5, console))
    console.print(Text(words.key("look.today"), style="bold"))
    for name in platforms(framework):
        console.print(hanging(Text(name), 3, 5, console))
    for rule in corrections(framework, rules):
        text = words.text(rule.text, words.show_fact)
        console.print(hanging(Text.assemble(("≠ ", "yellow"), text), 3, 5, console))
    _here(answer, framework, words, console)


def _here(answer: Answer, framework: Framework, words: Words, console: Console) -> None:
    ranked, refused = place(answer, framework)
    console.print(Text(words.key("look.here"), style="bold"))
    if ranked:
        line = words.key(
            "look.rank", rank=ranked.rank, points=ranked.score, platform=ranked.platform
        )
        console.print(hanging(Text(line), 3, 5, console))
        _reasons(ranked.reasons, console)
        for warning in ranked.warnings:
            console.print(
                hanging(Text.assemble(("! ", "yellow"), visible(warning.text)), 3, 5, console)
            )
    if refused:
        console.print(hanging(Text(words.key("look.rejected"), style="red"), 3, 5, console))
        for reason in refused.reasons:
            console.print(
                hanging(Text.assemble(("x ", "red"), visible(_with_fix(reason))), 3, 5, console)
            )


def _reasons(reasons: Iterable[Reason], console: Console) -> None:
    for reason in sorted(reasons, key=lambda item: -item.points):
        points = Text(f"{reason.points:+6g}  ", style="green" if reason.points >= 0 else "red")
        note = f" [{reason.layer}: {reason.source}, {reason.checked}]"
        console.print(
            hanging(Text.assemble(points, visible(reason.text), (note, "dim")), 3, 5, console)
        )


def _with_fix(reason: Reason) -> str:
    return f"{reason.text} → {reason.fix}" if reason.fix else reason.text
