"""How the knowledge stands against the newest releases, for people."""

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.text import Text

from recommender.errors import visible
from recommender.facts.release import Standing, Status
from recommender.render import grid
from recommender.render.layout import hanging
from recommender.words import Words

_COLUMNS = ("framework", "version", "newest", "released", "checked", "state")
# What leaves a window that is too narrow, the first one first.
_LESS = ("checked", "released")
_STYLES = {"current": "green", "behind": "bold yellow", "old": "bold yellow", "day": ""}
STALE = frozenset(("behind", "old"))


def show(found: Status, words: Words, console: Console, *, verbose: bool = False) -> None:
    """Print a row for each version of a framework, then what is stale and what that touches."""
    head = words.key("status.head", date=found.knowledge_date, today=found.today)
    console.print(hanging(Text(head, style="bold"), 0, 2, console))
    for problem in found.problems:
        _line(Text.assemble(("! ", "yellow"), visible(words.said(problem))), console)
    console.print()
    _table(found.standings, words, console)
    for item in found.standings:
        if item.state in STALE:
            console.print()
            _stale(item, words, console, verbose=verbose)
    console.print()
    for sentence in _unasked(found.standings, words):
        _line(Text(sentence, style="dim"), console)
    _line(Text(words.key("status.stale" if found.stale else "status.fresh")), console)


def _line(text: Text, console: Console) -> None:
    console.print(hanging(text, 0, 2, console))


def _table(standings: Sequence[Standing], words: Words, console: Console) -> None:
    names = list(_COLUMNS)
    rows = _rows(standings, names, words)
    for less in _LESS:
        if grid.width_of(rows) > console.width:
            names.remove(less)
            rows = _rows(standings, names, words)
    grid.show(rows, console)


def _rows(standings: Sequence[Standing], names: Sequence[str], words: Words) -> list[list[Text]]:
    head = [Text(words.key(f"status.{name}"), style="bold") for name in names]
    return [head, *([_cell(item, name, words) for name in names] for item in standings)]


def _cell(item: Standing, name: str, words: Words) -> Text:
    if name == "framework":
        return Text(_name(item), style="bold")
    if name == "state":
        return Text(words.key(f"status.is.{item.state}"), style=_STYLES[item.state])
    return Text(visible(getattr(item, name) or "-"))


def _name(item: Standing) -> str:
    """A framework, and the first of the platforms that are of this version."""
    first, *others = item.platforms
    more = f" +{len(others)}" if others else ""
    return f"{item.name} ({first}{more})"


def _stale(item: Standing, words: Words, console: Console, *, verbose: bool) -> None:
    """What is stale, and what that touches."""
    fields = {"name": item.name, "version": item.version, "newest": item.newest}
    days = {"released": item.released, "checked": item.checked, "days": item.age_days}
    dated = "" if item.released or item.state == "old" else "-undated"
    text = words.key(f"status.{item.state}{dated}", **fields, **days)
    _line(Text.assemble(("! ", "yellow"), visible(text)), console)
    for name in ("platforms", "commands", "options", "rules"):
        touched = getattr(item.touches, name)
        short = not verbose and name in {"options", "rules"}
        shown = str(len(touched)) if short else words.key("value.separator").join(touched)
        if touched:
            line = words.labelled(words.key(f"status.touches.{name}"), shown)
            console.print(hanging(Text(visible(line)), 3, 5, console))


def _unasked(standings: Sequence[Standing], words: Words) -> Iterator[str]:
    """Why the newest release of some is not known, one sentence a reason."""
    reasons: dict[str, list[Standing]] = {}
    for item in standings:
        if item.problem:
            reasons.setdefault(item.problem, []).append(item)
    for reason, items in reasons.items():
        names = list(dict.fromkeys(item.name for item in items))
        yield visible(words.key("status.by-day", names=names, reason=words.said(reason)))
