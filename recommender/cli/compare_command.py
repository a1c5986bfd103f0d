"""``llmpick compare``: machines side by side for the same work."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated

import typer

from recommender.cli import inputs, options, output
from recommender.cli.asking import Asked, Meant, asks, meant
from recommender.errors import InputError, printable, visible
from recommender.facts import Machine
from recommender.facts.comparison import Comparison
from recommender.knowledge import load

NOTHING_RUNS = 3
_LEAST, _MOST = 2, 16


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("compare")(asks(compare))


def compare(
    asked: Asked,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[--gpu NAME[:COUNT]]...", hidden=True)
    ] = None,
    *,
    gpu: options.Gpus = None,
    machine: options.MachineFiles = None,
    framework: options.Frameworks = None,
    out: options.Output = "table",
    json: options.Json = False,
) -> None:
    """Put machines side by side: what each serves the same work with, and what it buys.

    Each --gpu and each --machine is one machine; the others are held against the first. Without
    --model each proposes its own strongest one. Reads those options and files alone, not this
    machine. Runs nothing, changes nothing. Exit code 3 where none of them can run it.
    """
    form = output.chosen(out, json=json)
    texts, files = gpu or [], machine or []
    _check(names or (), [*texts, *files])
    if files and _described(asked):
        message = (
            "--ram, --os, --arch, --cpu and --driver describe the machines of --gpu; a --machine "
            "file has its own: leave them out, or describe every machine with --gpu"
        )
        raise InputError(message)
    frameworks = inputs.frameworks(load(), framework or ())
    each = [meant(replace(asked, gpu=[text])) for text in texts]
    each += [meant(replace(asked, machine=file)) for file in files]
    machines = dict(zip(_labels([*texts, *files]), (one.machine for one in each), strict=True))
    found = _found(each[0], machines, frameworks)
    _write(found, form, each[0].lang)
    if form == "table" and found.best is not None:
        _suggest(found.best, asked, texts, files, each[0].lang)
    if found.best is None:
        raise typer.Exit(NOTHING_RUNS)


def _suggest(
    best: str, asked: Asked, texts: Sequence[str], files: Sequence[str], lang: str
) -> None:
    """The commands of the best machine."""
    from recommender.cli.next_step import same, suggest

    places = [("--gpu", text) for text in texts] + [("--machine", file) for file in files]
    place = places[_labels([*texts, *files]).index(best)]
    words = load().speak(lang)
    suggest(words, ("recommend", *place, *same(asked, "gpu", "machine")))


def _check(names: Sequence[str], machines: Sequence[str]) -> None:
    if names:
        message = (
            f"compare puts machines side by side and takes no '{printable(names[0])}': name them "
            "with --gpu or --machine; llmpick explain NAME tells about one framework"
        )
        raise InputError(message)
    if not _LEAST <= len(machines) <= _MOST:
        message = (
            f"compare needs {_LEAST} to {_MOST} machines and got {len(machines)}; name each with a "
            "--gpu (like --gpu 'RTX 4090:2' --gpu L40S) or a --machine file of its own"
        )
        raise InputError(message)


def _described(asked: Asked) -> bool:
    words = (asked.ram, asked.os, asked.arch, asked.cpu, asked.driver)
    return any(word is not None for word in words)


def _labels(texts: Sequence[str]) -> list[str]:
    """What was typed; a machine that is named again says which time it is."""
    shown = [text.strip() for text in texts]
    seen = [shown[: position + 1].count(text) for position, text in enumerate(shown)]
    return [f"{text} #{time}" if time > 1 else text for text, time in zip(shown, seen, strict=True)]


def _found(
    question: Meant, machines: Mapping[str, Machine], frameworks: tuple[str, ...]
) -> Comparison:
    from recommender.comparing import comparing

    return comparing(
        machines,
        question.workload,
        question.model,
        frameworks=frameworks,
        rules=question.rules,
        lang=question.lang,
        include=question.include,
        problems=question.problems,
        measurements=question.measurements,
    )


def _write(found: Comparison, form: str, lang: str) -> None:
    if output.written(found, form):
        return
    if form == "name":
        if found.best is not None:
            output.write(visible(found.best))
    else:
        from recommender.render.comparison import show

        known = load()
        show(found, known.titles, known.speak(lang), output.console())
