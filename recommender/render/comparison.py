"""Machines side by side, for people: columns where they have room, else one below the other."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.console import Console
from rich.text import Text

from recommender.errors import visible
from recommender.facts import Rejection
from recommender.facts.comparison import Compared, Comparison
from recommender.render import bars, columns, placed
from recommender.render.layout import hanging, marked
from recommender.render.summary import devices_line, workload_line
from recommender.render.terminal import problem_text
from recommender.words import Words

# A narrower column breaks every name of a device or model.
_NARROWEST = 18
# The word for what stands in the way, where a rule has one.
_WORDS = {
    "fit.memory": "short.memory",
    "fit.format": "short.format",
    "fit.quantization": "short.format",
}
# No minus before a number: "- 0.86 x" reads as below nothing.
_SIGNS = {True: "↑", False: "↓", None: "="}
_Cell = Sequence[str]
_Row = tuple[str, list[_Cell]]


def show(found: Comparison, names: dict[str, str], words: Words, console: Console) -> None:
    """Print a row a subject, then what each machine buys over the first one."""
    line = workload_line(found.workload, found.model, words)
    console.print(hanging(Text(visible(line), style="bold"), 0, 2, console))
    for problem in found.problems:
        console.print(hanging(problem_text(problem, words), 0, 2, console))
    console.print()
    rows = list(_rows(found, names, words))
    heads = [visible(one.name) for one in found.machines]
    label = max(Text(text).cell_len for text, _ in rows)
    if (console.width - label) // len(heads) >= _NARROWEST:
        _columns(heads, rows, label, console)
    else:
        _stacked(heads, rows, label, console)
    if found.best is not None:
        console.print()
        best = words.key("compare.best", machine=visible(found.best))
        console.print(hanging(Text(best, style="bold"), 0, 2, console))
    _problems(found.machines, words, console)


def _columns(heads: Sequence[str], rows: Sequence[_Row], label: int, console: Console) -> None:
    head = [Text(), *(Text(one, style="bold green") for one in heads)]
    cells = [
        [Text(text, style="bold"), *(Text("\n".join(cell)) for cell in row)] for text, row in rows
    ]
    columns.show(head, cells, label, console)


def _stacked(heads: Sequence[str], rows: Sequence[_Row], label: int, console: Console) -> None:
    for position, head in enumerate(heads):
        if position:
            console.print()
        console.print(hanging(Text(head, style="bold green"), 0, 2, console))
        for text, cells in rows:
            name = Text(text, style="bold")
            name.pad_right(label - name.cell_len + 2)
            shown = Text.assemble(name, " / ".join(cells[position]))
            rest = min(label + 5, console.width // 2)
            console.print(hanging(shown, 3, rest, console))


def _rows(found: Comparison, names: dict[str, str], words: Words) -> Iterator[_Row]:
    """A label and the lines of each machine's cell, fit for a terminal."""
    for key, cells in _told(found, names, words):
        shown = ([visible(line) for line in lines] or ["-"] for lines in cells)
        yield words.key(f"compare.{key}"), list(shown)


def _told(
    found: Comparison, names: dict[str, str], words: Words
) -> Iterator[tuple[str, list[_Cell]]]:
    every = found.machines
    yield "hardware", [(devices_line(one.machine, words),) for one in every]
    if found.model is None:
        yield "model", [(one.model.id,) if one.model else () for one in every]
    picked = [_picked(one, names, words) for one in every]
    for key in ("pick", "build", "layout", "holds", "memory", "decode", "prefill"):
        yield key, [cells.get(key, ()) for cells in picked]
    yield "not", [refusals(one.rejected, names, words) for one in every]
    yield "buys", [_bought(found, one.name, words) for one in every]


def _picked(one: Compared, names: dict[str, str], words: Words) -> dict[str, _Cell]:
    """The cells of the machine's pick; that nothing runs, where there is none."""
    pick = one.pick
    if pick is None:
        return {"pick": (words.key("table.nothing"),)}
    device = placed.on(one.machine, pick.device, words)
    memory = bars.counted(pick.fit.per_device).items()
    return {
        "pick": (f"{names[pick.framework]} {pick.version or ''} · {pick.platform}",),
        "build": (placed.build(pick.fit, words),),
        "layout": (placed.layout(pick.fit, words),),
        "holds": (placed.holds(pick.fit, words),),
        "memory": [
            words.labelled(bars.title(part, count, device, words), bars.used_and_free(part, words))
            for part, count in memory
        ],
        "decode": (placed.decode(pick.speed, words),),
        "prefill": (placed.rate(pick.speed.prefill_tokens_per_s, words),),
    }


def refusals(refused: Sequence[Rejection], names: dict[str, str], words: Words) -> _Cell:
    """Frameworks by what stands in their way: ``memory: vLLM, SGLang``, a line a word."""
    told = sorted((_word(item, words), names[item.framework]) for item in refused)
    separator = words.key("value.separator")
    lines = [
        words.labelled(word, separator.join(name for _, name in group))
        for word, group in groupby(told, key=lambda pair: pair[0])
    ]
    return lines or [words.key("value.none")]


def _word(item: Rejection, words: Words) -> str:
    """What stands in the way in a word: memory, format, no backend, or the fact that failed."""
    rules = [reason.rule for reason in item.reasons]
    known = next((_WORDS[rule] for rule in rules if rule in _WORDS), None)
    if known:
        return words.key(known)
    first = item.reasons[0]
    if first.rule == f"{item.framework}.device":
        return words.key("short.backend")
    fact = next((name for name in first.params if words.has(f"fact.{name}")), None)
    return words.show_fact(fact) if fact else words.key("short.other")


def _bought(found: Comparison, name: str, words: Words) -> _Cell:
    """What a machine gives over the first one, a line a gain."""
    if name == found.machines[0].name:
        return (words.key("compare.first"),)
    return [f"{_SIGNS[gain.better]} {gain.text}" for gain in found.gains if gain.machine == name]


def _problems(machines: Sequence[Compared], words: Words, console: Console) -> None:
    for one in machines:
        for problem in one.problems:
            fix = (f" → {words.said(problem.fix)}", "dim") if problem.fix else ""
            what = words.labelled(one.name, words.said(problem.what))
            marked(console, "! ", "yellow", what, fix, indent=0)
