"""Many machines for people: a block a pool, then what no pool takes."""

from collections.abc import Iterable, Sequence
from itertools import islice

from rich.console import Console
from rich.text import Text

from recommender.errors import visible
from recommender.facts import Candidate, Model
from recommender.facts.fleet import Fleet, Pool
from recommender.render import placed
from recommender.render.comparison import refusals
from recommender.render.layout import hanging, marked
from recommender.render.summary import machine_line, workload_line
from recommender.render.terminal import problem_text
from recommender.words import Words

_POOLS, _NAMES, _LINES, _PROBLEMS = 20, 5, 10, 3


def show(
    found: Fleet, model: Model | None, names: dict[str, str], words: Words, console: Console
) -> None:
    """Print the work, each of the largest pools, and what was set apart or could not be read.

    Args:
        found: what to show.
        model: the model that was asked for.
        names: the display name of every framework by id.
        words: the language.
        console: where to print; its width is used.
    """
    line = workload_line(found.workload, model, words)
    console.print(hanging(Text(visible(line)), 0, 2, console))
    for problem in found.problems:
        console.print(hanging(problem_text(problem, words), 0, 2, console))
    pools = iter(found.pools)
    for pool in islice(pools, _POOLS):
        console.print()
        _pool(pool, model, names, words, console)
    if (rest := len(found.pools) - _POOLS) > 0:
        machines = sum(pool.count for pool in pools)
        console.print()
        console.print(words.key("fleet.more-pools", count=rest, machines=machines))
    left_out(found, words, console)


def left_out(found: Fleet, words: Words, console: Console) -> None:
    """Print what was set apart and what could not be read."""
    apart = [(one.node, one.reason) for one in found.set_apart]
    _listed("fleet.apart", apart, len(apart), words, console)
    wrong = [(words.key("fleet.line", line=one.line), one.reason) for one in found.unreadable]
    _listed("fleet.unreadable", wrong, found.unreadable_count, words, console)


def _pool(
    pool: Pool, asked: Model | None, names: dict[str, str], words: Words, console: Console
) -> None:
    head = words.key("fleet.machines", count=pool.count)
    about = f"{head} · {machine_line(pool.machine, words)}"
    console.print(hanging(Text(visible(about), style="bold"), 0, 2, console))
    _line(words.key("fleet.nodes", names=_named(pool.nodes, words)), console)
    if pool.ranking:
        _picked(pool, asked, names, words, console)
    else:
        console.print(Text(f"  {words.key('fleet.nothing')}", style="bold"))
    if pool.rejected:
        refused = words.key("fleet.between").join(refusals(pool.rejected, names, words))
        marked(console, "x ", "red", words.key("fleet.not", names=refused), indent=2)
    for problem in pool.problems[:_PROBLEMS]:
        console.print(hanging(problem_text(problem, words), 2, 4, console))
    if pool.ask:
        _asked(pool, words, console)


def _picked(
    pool: Pool, asked: Model | None, names: dict[str, str], words: Words, console: Console
) -> None:
    pick, *others = pool.ranking
    if asked and pool.model and not pool.runs:
        marked(console, "! ", "yellow", words.key("fleet.instead", model=pool.model.id), indent=2)
    points = words.key("table.points", points=pick.score)
    title = f"{names[pick.framework]} {pick.version or ''} · {pick.platform}"
    text = Text.assemble((visible(title), "bold green"), f" · {points}")
    console.print(hanging(text, 2, 4, console))
    marked(console, "+ ", "green", _fit(pick, pool, words), indent=2)
    if others:
        then = " · ".join(f"{names[one.framework]} {one.score:g}" for one in others)
        _line(words.key("fleet.then", names=then), console)


def _fit(pick: Candidate, pool: Pool, words: Words) -> str:
    model = pool.model.id if pool.model else None
    fit = pick.fit
    if fit is None:
        return model or words.key("value.unknown")
    told = (placed.build(fit, words), placed.layout(fit, words), placed.holds(fit, words))
    return " · ".join(filter(None, (model, *told)))


def _asked(pool: Pool, words: Words, console: Console) -> None:
    """What the source does not tell, and the command that does."""
    facts = [words.show_fact(name) for name in pool.unknown]
    told = words.key("fleet.unknown", facts=facts) if facts else ""
    command = words.key("fleet.ask", command=pool.ask)
    marked(console, "? ", "cyan", told, (f" → {command}" if told else command, "dim"), indent=2)


def _named(nodes: Sequence[str], words: Words) -> str:
    shown = ", ".join(nodes[:_NAMES])
    more = len(nodes) - _NAMES
    return words.key("fleet.and-more", names=shown, count=more) if more > 0 else shown


def _line(text: str, console: Console) -> None:
    console.print(hanging(Text(visible(text)), 2, 4, console))


def _listed(
    title: str, rows: Iterable[tuple[str, str]], count: int, words: Words, console: Console
) -> None:
    if not count:
        return
    console.print()
    console.print(Text(words.key(title, count=count), style="bold"))
    shown = list(rows)[:_LINES]
    for name, reason in shown:
        marked(console, "- ", "yellow", (name, "bold"), f"  {reason}", indent=2)
    if count > len(shown):
        console.print(f"  {words.key('fleet.more', count=count - len(shown))}", style="dim")
