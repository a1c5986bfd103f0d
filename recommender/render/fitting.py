"""Whether a model fits, for people: a block a framework, with what fills the memory as bars."""

from collections.abc import Iterator, Mapping, Sequence

from rich.console import Console
from rich.text import Text

from recommender.errors import visible
from recommender.facts import Fit, Reason, Rejection, Workload
from recommender.facts.fitting import Fitted, Fitting
from recommender.render import bars, placed
from recommender.render.layout import hanging, marked
from recommender.render.others import rejected
from recommender.render.summary import machine_line, workload_line
from recommender.render.terminal import problem_text
from recommender.words import Words

_TOO_LARGE = "fit.memory"
_INDENT = 3


def show(found: Fitting, names: dict[str, str], words: Words, console: Console) -> None:
    """Print the verdict, then each framework: build, layout, room, bars, and what does not fit."""
    lines = machine_line(found.machine, words), workload_line(found.workload, found.model, words)
    for line, style in zip(lines, ("bold", ""), strict=True):
        console.print(hanging(Text(visible(line), style=style), 0, 2, console))
    for problem in found.problems:
        console.print(hanging(problem_text(problem, words), 0, 2, console))
    console.print()
    console.print(hanging(Text(_verdict(found, words), style="bold"), 0, 2, console))
    if any(item.fit.per_device for item in found.fits):
        console.print(hanging(bars.legend(words), 0, 2, console))
    for item in found.fits:
        _block(item, found, names, words, console)
    _short(found.rejected, words, console)
    rejected(tuple(_others(found.rejected)), names, words, console)


def _verdict(found: Fitting, words: Words) -> str:
    model = visible(found.model.id)
    count = len(found.fits)
    if not count:
        large = any(_memory(item) for item in found.rejected)
        return words.key("fitting.nowhere" if large else "fitting.cannot-run", model=model)
    if not any(item.fit.fits for item in found.fits):
        return words.key("fitting.not-known", model=model)
    return words.key("fitting.somewhere", model=model, count=count)


def _block(
    item: Fitted, found: Fitting, names: Mapping[str, str], words: Words, console: Console
) -> None:
    console.print()
    grade = words.key(f"support.{item.support}")
    title = f"{names[item.framework]} {item.version or ''} · {item.platform} · {grade}"
    console.print(hanging(Text(title, style="bold green"), 0, 2, console))
    for line in _facts(item, found.workload, words):
        console.print(hanging(Text(visible(line)), _INDENT, _INDENT + 2, console))
    where = placed.on(found.machine, item.device, words)
    _bars(item.fit, where, words, console)
    for choice in item.fit.choices:
        marked(console, "→ ", "green", choice)


def _facts(item: Fitted, workload: Workload, words: Words) -> Iterator[str]:
    fit, speed = item.fit, item.speed
    support = fit.quantization_support
    built = placed.build(fit, words)
    if words.has(f"weights.{support}"):
        built = words.noted(built, words.key(f"weights.{support}"))
    yield f"{built} · {placed.layout(fit, words)}"
    if fit.model and fit.build != "own":
        yield words.key("fitting.from", model=fit.model)
    yield placed.holds(fit, words) + _less(fit, workload, words)
    if speed.decode_tokens_per_s or speed.prefill_tokens_per_s:
        prefill = placed.rate(speed.prefill_tokens_per_s, words)
        yield words.key("fitting.speed", decode=placed.decode(speed, words), prefill=prefill)
    else:
        yield words.key("fitting.no-speed")


def _less(fit: Fit, workload: Workload, words: Words) -> str:
    """That it is less than was wished."""
    wished = []
    if fit.context_tokens is not None and fit.context_tokens < workload.context_tokens:
        wished.append(words.key("table.context", tokens=workload.context_tokens))
    if fit.concurrent_requests is not None and fit.concurrent_requests < workload.concurrency:
        wished.append(words.key("table.users", count=workload.concurrency))
    return words.key("fitting.wished", wished=wished) if wished else ""


def _bars(fit: Fit, device: str, words: Words, console: Console) -> None:
    """One bar for all devices that are filled alike, on the scale of the largest device."""
    longest = max((sum(bars.parts(one).values()) for one in fit.per_device), default=0)
    width = bars.width_of(console.width - 2 * _INDENT)
    for memory, count in bars.counted(fit.per_device).items():
        title = visible(bars.title(memory, count, device, words))
        console.print(
            hanging(Text(words.labelled(title, "").rstrip()), _INDENT, _INDENT + 2, console)
        )
        drawn = bars.bar(memory, width, longest)
        console.print(Text.assemble(" " * 2 * _INDENT, drawn), soft_wrap=True)
        shown = bars.figures(memory, words)
        console.print(hanging(Text(shown, style="dim"), 2 * _INDENT, 2 * _INDENT, console))


def _memory(item: Rejection) -> Reason | None:
    return next((reason for reason in item.reasons if reason.rule == _TOO_LARGE), None)


def _others(refused: Sequence[Rejection]) -> Iterator[Rejection]:
    return (item for item in refused if _memory(item) is None)


def _short(refused: Sequence[Rejection], words: Words, console: Console) -> None:
    """What is too small for it, by how much, and what would make it fit."""
    told = [reason for reason in map(_memory, refused) if reason]
    if not told:
        return
    console.print()
    console.print(Text(words.key("fitting.too-large"), style="bold"))
    for reason in told:
        fix = f" → {reason.fix}" if reason.fix else ""
        marked(console, "x ", "red", _gap(reason, words) + fix)


def _gap(reason: Reason, words: Words) -> str:
    """By how much it does not fit, in a line; the whole sentence where the sizes are not known."""
    values = reason.params
    needs, has, count = (values.get(name) for name in ("needs", "has", "count"))
    if not (isinstance(needs, (int, float)) and isinstance(has, (int, float))):
        return reason.text
    device = str(values.get("device"))
    where = f"{count} x {device}" if count and count != 1 else device
    return words.key("fitting.short", **values, where=where, gap=needs - has)
