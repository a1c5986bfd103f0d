"""``llmpick fleet``: many machines, in pools of equal ones."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from recommender.cli import inputs, options, output
from recommender.cli.asking import ONE_MACHINE, Asked, Meant, asks, meant
from recommender.cli.progress import shown, working
from recommender.errors import InputError, printable
from recommender.facts import Answer, Machine
from recommender.facts.fleet import Fleet
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
    question = meant(asked, Machine())
    with _cluster(ray, question.lang) as cluster:
        if cluster and file is None:
            pools = _asked(cluster, question.lang)
        else:
            pools = _read(file or "-", source)
            _check(pools, file or "-", strict=strict)
        with everywhere() if cluster is None else nullcontext(cluster.answering) as answering:
            found = _found(question, pools, answering)
    _write(found, form, question)
    if not any(pool.runs for pool in found.pools):
        raise typer.Exit(NOTHING_RUNS)


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
        return answered(
            pools,
            question.workload,
            question.model,
            rules=question.rules,
            lang=question.lang,
            include=question.include,
            problems=question.problems,
            measurements=question.measurements,
            answering=_telling(answering, tell, question.lang, count) if tell else answering,
        )


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


def _write(found: Fleet, form: str, question: Meant) -> None:
    if output.written(found, form):
        return
    if form == "name":
        for pool in found.pools:
            output.write(pool.ranking[0].framework if pool.ranking else "-")
        return
    from recommender.render.fleet import show

    known = load()
    show(found, question.model, known.titles, known.speak(question.lang), output.console())
