"""What a running server reached, for people: measured beside predicted."""

from collections.abc import Mapping

from rich.console import Console
from rich.text import Text

from recommender.errors import visible
from recommender.facts.measurement import Range, Verification
from recommender.render import grid
from recommender.render.layout import hanging
from recommender.render.terminal import problem_text
from recommender.words import Words


def show(told: Verification, names: Mapping[str, str], words: Words, console: Console) -> None:
    """Print what was asked, what answered, and a table of three lines."""
    for line, style in ((_server(told, names, words), "bold"), (_served(told, words), "")):
        console.print(hanging(Text(visible(line), style=style), 0, 2, console))
    for problem in told.problems:
        console.print(hanging(problem_text(problem, words), 0, 2, console))
    console.print()
    console.print(hanging(Text(f"✓ {_answers(told, words)}", style="green"), 0, 2, console))
    _table(told, words, console)
    console.print(hanging(Text(_lengths(told, words), style="dim"), 0, 2, console))
    if told.saved:
        saved = words.key("verify.saved", file=visible(told.saved))
        console.print(hanging(Text(saved, style="dim"), 0, 2, console))


def _server(told: Verification, names: Mapping[str, str], words: Words) -> str:
    named = names.get(told.framework or "") or words.key("verify.unnamed")
    title = f"{named} {told.framework_version or ''}".strip()
    return f"{told.url} · {title}"


def _served(told: Verification, words: Words) -> str:
    name = told.model
    if told.weights and told.weights != told.model:
        name = words.key("verify.served-as", weights=told.weights, name=told.model)
    device = told.device and (f"{told.devices} x {told.device}" if told.devices else told.device)
    return " · ".join(filter(None, (name, told.quantization, device)))


def _answers(told: Verification, words: Words) -> str:
    parts = (
        words.key("verify.models", count=len(told.models)),
        words.key(f"verify.endpoint.{told.endpoint}"),
        words.key("verify.stream"),
    )
    return words.key("value.separator").join(parts)


def _table(told: Verification, words: Words, console: Console) -> None:
    """What was measured beside what is predicted; below it where both have no room."""
    head = [Text(words.key(key), style="bold") for key in ("verify.measured", "verify.predicted")]
    rows = [
        [Text(label), *(Text(_shown(found, unit, words)) for found in (measured, predicted))]
        for label, unit, measured, predicted in _rows(told, words)
    ]
    table = [[Text(), *head], *rows]
    if grid.width_of(table) > console.width:
        table = [
            [Text() if place else label, Text.assemble(head[place], " ", figures[place])]
            for label, *figures in rows
            for place in (0, 1)
        ]
    grid.show(table, console)


def _rows(told: Verification, words: Words) -> list[tuple[str, str, Range | None, Range | None]]:
    timing, predicted = told.timing, told.predicted
    speed = predicted.speed if predicted else None
    first = predicted.first_token_s if predicted else None
    alone = speed.decode_tokens_per_s if speed else None
    rows = [
        (words.key("verify.first-token"), "seconds", timing.first_token_s, first),
        (words.key("verify.alone"), "rate", timing.decode_tokens_per_s, alone),
    ]
    if timing.requests > 1:
        label = words.key("verify.together", count=timing.requests)
        many = speed.together_tokens_per_s if speed else None
        rows.append((label, "rate", timing.together_tokens_per_s, many))
    return rows


def _shown(found: Range | None, unit: str, words: Words) -> str:
    if found is None:
        return words.key("value.unknown")
    low, high = (f"{value:.3g}" if value < 1000 else f"{value:,.0f}" for value in found)  # noqa: PLR2004
    return words.key(f"verify.{unit}", value=low if low == high else f"{low}-{high}")


def _lengths(told: Verification, words: Words) -> str:
    timing = told.timing
    counted = words.key(f"verify.counted.{timing.counted}")
    return words.key(
        "verify.lengths",
        prompt=timing.prompt_tokens,
        output=timing.output_tokens,
        counted=counted,
    )
