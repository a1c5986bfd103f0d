"""The plan of a fleet for people: what serves each model, what is missing, what is spare."""

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.text import Text

from recommender.errors import visible
from recommender.facts.fleet import Fleet, Pool
from recommender.facts.fleet_plan import FleetPlan, Place, Served, Serving, Spare
from recommender.render import placed
from recommender.render.layout import hanging, marked
from recommender.render.summary import machine_line
from recommender.words import Words

_POOLS, _PLACES = 40, 3


def show(
    found: Fleet, plan: FleetPlan, names: Mapping[str, str], words: Words, console: Console
) -> None:
    """Print the pools, then what serves each model and what it lacks, then what is left.

    Args:
        found: the fleet.
        plan: its plan.
        names: the display name of every framework by id.
        words: the language.
        console: where to print; its width is used.
    """
    for number, pool in enumerate(found.pools[:_POOLS], start=1):
        _line(_pool(number, pool, words), 0, console)
    if len(found.pools) > _POOLS:
        console.print(words.key("plan.more-pools", count=len(found.pools) - _POOLS))
    for one in plan.served:
        console.print()
        _served(one, names, words, console)
    _left(plan.spare, words, console)
    if not plan.proven:
        marked(console, "! ", "yellow", words.key("plan.unproven"))


def _pool(number: int, pool: Pool, words: Words) -> str:
    machines = words.key("fleet.machines", count=pool.count)
    head = words.key("plan.pool", pool=number, machines=machines)
    return f"{head} · {machine_line(pool.machine, words)}"


def _served(one: Served, names: Mapping[str, str], words: Words, console: Console) -> None:
    users = words.key("plan.users", wanted=one.workload.concurrency, held=one.users)
    model = one.model.id or words.key("value.unknown")
    head = Text.assemble((visible(one.name), "bold"), f" · {visible(model)} · {users}")
    console.print(hanging(head, 0, 2, console))
    for serving in one.servings:
        marked(console, "+ ", "green", *_serving(serving, names, words), indent=2)
        _line(words.key("plan.on", places=_places(serving.places, words)), 4, console)
    builds = {serving.fit.model or serving.fit.quantization for serving in one.servings}
    if len(builds) > 1:
        told = sorted(str(name) for name in builds)
        marked(console, "! ", "yellow", words.key("plan.builds", builds=told), indent=2)
    if one.shortage:
        _missing(one, words, console)
    if one.better:
        ways = words.key("plan.or").join(one.better)
        marked(console, "! ", "yellow", words.key("plan.better", ways=ways), indent=2)


def _serving(serving: Serving, names: Mapping[str, str], words: Words) -> tuple[str, ...]:
    title = f"{names[serving.framework]} {serving.version or ''}".strip()
    if serving.nodes > 1:
        each = words.key("plan.across", count=serving.nodes)
    elif serving.devices:
        each = words.key("plan.devices", count=serving.devices)
    else:
        each = words.key("plan.processor")
    many = words.key("plan.servers", count=serving.replicas, each=each, pool=serving.pool + 1)
    fit = serving.fit
    told = (placed.build(fit, words), placed.layout(fit, words), placed.holds(fit, words))
    return (" · ".join((visible(title), many, *filter(None, told))),)


def _places(places: Sequence[Place], words: Words) -> str:
    shown = ", ".join(_place(place) for place in places[:_PLACES])
    more = len(places) - _PLACES
    return words.key("fleet.and-more", names=shown, count=more) if more > 0 else shown


def _place(place: Place) -> str:
    devices = f"[{','.join(map(str, place.devices))}]" if place.devices else ""
    return f"{' + '.join(place.nodes)}{devices}:{place.port}"


def _missing(one: Served, words: Words, console: Console) -> None:
    short = one.shortage
    if short is None:
        return
    missing = {"plan.short-users": short.users, "plan.short-servers": short.replicas}
    parts = [words.key(key, count=count) for key, count in missing.items() if count]
    told = words.key("plan.short", missing=words.key("fleet.between").join(parts))
    marked(console, "x ", "red", told, indent=2)
    for why in short.why:
        _line(why, 4, console)
    if short.would:
        either = words.key("plan.or").join(short.would)
        marked(console, "→ ", "cyan", words.key("plan.would", ways=either), indent=4)


def _left(spare: Sequence[Spare], words: Words, console: Console) -> None:
    free = [
        words.key("plan.spare", pool=row.pool + 1, nodes=row.nodes, devices=row.devices)
        for row in spare
        if row.nodes or row.devices
    ]
    console.print()
    told = words.key("fleet.between").join(free) if free else words.key("plan.no-spare")
    _line(words.key("plan.left", left=told), 0, console)


def _line(text: str, indent: int, console: Console) -> None:
    console.print(hanging(Text(visible(text)), indent, indent + 2, console))
