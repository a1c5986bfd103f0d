"""``llmpick fleet``: many machines, in pools of equal ones."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from recommender.cli import fleet_files, inputs, options, output
from recommender.cli.asking import ONE_MACHINE, Asked, Meant, asks, meant
from recommender.cli.progress import shown, working
from recommender.errors import InputError, printable
from recommender.facts import Answer, Machine, Problem
from recommender.facts.fleet import Fleet
from recommender.facts.fleet_plan import Demand, FleetPlan
from recommender.knowledge import load

if TYPE_CHECKING:
    from recommender.fleet.pools import Pools
    from recommender.fleet.ray_cluster import Cluster
    from recommender.fleet.wishes import Answering, Wish

NOTHING_RUNS = 3
# Two seconds of one processor.
_OFTEN = 100


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("fleet")(asks(fleet, without=ONE_MACHINE))


def fleet(
    asked: Asked,
    file: Annotated[str | None, typer.Argument(metavar="FILE")] = None,
    *,
    source: options.Source = "auto",
    ray: options.RayAddress = None,
    strict: options.Strict = False,
    workloads: Annotated[str | None, typer.Option("--workloads", metavar="FILE")] = None,
    plan: Annotated[bool, typer.Option("--plan")] = False,
    to: Annotated[str | None, typer.Option("--target", "-t", metavar="TARGET")] = None,
    into: Annotated[str | None, typer.Option("--into", metavar="DIR")] = None,
    force: Annotated[bool, typer.Option("--force")] = False,
    out: options.Output = "table",
    json: options.Json = False,
) -> None:
    """Rank the frameworks for many machines: equal ones are one pool, ranked once.

    Reads that file or standard input alone, or asks the nodes of a Ray cluster. Changes nothing.
    Exit code 3 where nothing can run on any of them.
    """
    from recommender.fleet.parallel import everywhere
    from recommender.fleet.pools import FORMS

    form = output.chosen(out, json=json)
    inputs.one_of("--from", source, ("auto", *FORMS))
    fleet_files.check(into, to, planned=bool(plan or workloads), force=force)
    question = meant(asked, Machine())
    wanted = _wanted(asked, question, workloads) if plan or workloads else None
    with _cluster(ray, question.lang) as cluster:
        if cluster and file is None:
            pools = _asked(cluster, question.lang)
        else:
            pools = _read(file or "-", source)
            _check(pools, file or "-", strict=strict)
        with everywhere() if cluster is None else nullcontext(cluster.answering) as answering:
            found = (
                _planned(question, pools, answering, *wanted)
                if wanted
                else _found(question, pools, answering)
            )
    if into or to:
        words = load().speak(question.lang)
        fleet_files.write(found, into, to, words, force=force)
    else:
        _write(found, form, question)
    served = found.plan and any(one.servings for one in found.plan.served)
    if not served and not any(pool.runs for pool in found.pools):
        raise typer.Exit(NOTHING_RUNS)


def _wanted(
    asked: Asked, question: Meant, workloads: str | None
) -> tuple[tuple[Demand, ...], tuple[Problem, ...]]:
    from recommender.cli.workloads_file import demands, single

    return demands(workloads, asked) if workloads else single(question)


def _cluster(address: str | None, lang: str) -> "AbstractContextManager[Cluster | None]":
    """The Ray cluster that was named."""
    if address is None:
        return nullcontext()
    from recommender.fleet.ray_cluster import connected

    words = load().speak(lang)
    return shown(connected(address), words.key("progress.ray", address=printable(address)))


def _asked(cluster: "Cluster", lang: str) -> "Pools":
    from recommender.fleet.pools import of_ray

    with working(load().speak(lang).key("progress.probes")):
        return of_ray(cluster)


def _read(file: str, source: str) -> "Pools":
    from recommender.fleet.pools import gathered

    named = "standard input" if file == "-" else printable(file)
    try:
        with _opened(file) as stream:
            return gathered(stream, source)
    except OSError as error:
        message = f"{named} cannot be read ({error.strerror})"
        raise InputError(message) from error
    except InputError as error:
        message = f"{named}: {error}"
        raise InputError(message) from error


def _opened(file: str) -> AbstractContextManager[BinaryIO]:
    if file != "-":
        return Path(file).open("rb")
    if sys.stdin.isatty():
        message = (
            "no machines are named; give a file, or pipe them in: "
            "kubectl get nodes -o json | llmpick fleet"
        )
        raise InputError(message)
    return nullcontext(sys.stdin.buffer)


def _check(pools: "Pools", file: str, *, strict: bool) -> None:
    """That something was read, and with ``--strict`` everything."""
    from recommender.fleet.pools import first_wrong

    nothing = not pools.kinds and not pools.set_apart
    if pools.unreadable_count and (strict or nothing):
        named = "standard input" if file == "-" else printable(file)
        count = pools.unreadable_count
        message = f"{named}: {first_wrong(pools)}; such lines in all: {count}"
        raise InputError(message)


def _found(question: Meant, pools: "Pools", answering: "Answering") -> Fleet:
    from recommender.fleet.answering import answered
    from recommender.fleet.parallel import FEW

    count = len(pools.kinds)
    telling = working(_done(0, count, question.lang)) if count >= FEW else nullcontext(None)
    with telling as tell:
        told_of = _telling(answering, tell, question.lang, count) if tell else answering
        return answered(pools, question.wish, told_of)


def _telling(
    answering: "Answering", tell: Callable[[str], None], lang: str, count: int
) -> "Answering":
    """Answers with how many of them are there."""

    def counted(wishes: "Iterable[Wish]") -> Iterator[Answer]:
        for done, answer in enumerate(answering(wishes)):
            if done % _OFTEN == 0:
                tell(_done(done, count, lang))
            yield answer

    return counted


def _done(done: int, count: int, lang: str) -> str:
    return load().speak(lang).key("progress.kinds", done=done, count=count)


def _planned(
    question: Meant,
    pools: "Pools",
    answering: "Answering",
    demands: tuple[Demand, ...],
    problems: tuple[Problem, ...],
) -> Fleet:
    from recommender.fleet.answering import told, unranked
    from recommender.planning.planned import planned

    kinds, wish = pools.largest_first(), replace(question.wish, problems=problems)
    whole = told(pools, wish, tuple(map(unranked, kinds)))
    return replace(whole, plan=planned(demands, kinds, wish, answering))


def _write(found: Fleet, form: str, question: Meant) -> None:
    if output.written(found, form):
        return
    if form == "name" and found.plan:
        for one in found.plan.served:
            output.write(one.servings[0].framework if one.servings else "-")
        return
    if form == "name":
        for pool in found.pools:
            output.write(pool.ranking[0].framework if pool.ranking else "-")
        return
    if found.plan:
        _show_plan(found, found.plan, question)
        return
    from recommender.render.fleet import show

    known = load()
    show(found, question.model, known.titles, known.speak(question.lang), output.console())


def _show_plan(found: Fleet, plan: FleetPlan, question: Meant) -> None:
    from recommender.render.fleet import left_out
    from recommender.render.fleet_plan import show

    known, console = load(), output.console()
    words = known.speak(question.lang)
    show(found, plan, known.titles, words, console)
    left_out(found, words, console)
