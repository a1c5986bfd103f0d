"""``llmpick fit``: whether one model fits, and what fills the memory."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from recommender.cli import inputs, options, output
from recommender.cli.asking import Asked, Meant, asks, described, meant
from recommender.errors import InputError, printable
from recommender.facts.fitting import Fitting
from recommender.knowledge import load

if TYPE_CHECKING:
    from recommender.words import Words

FITS_NOWHERE = 3


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("fit")(asks(fit))


def fit(
    asked: Asked,
    model: Annotated[str, typer.Argument(metavar="MODEL")],
    *,
    framework: options.Frameworks = None,
    out: options.Output = "table",
    json: options.Json = False,
) -> None:
    """Tell whether a model fits, in which build and layout, and what fills each device's memory.

    Probes this machine unless one is given. Answers about this model alone and never takes another
    in its place. Runs nothing, changes nothing. Exit code 3 where it fits nowhere.
    """
    form = output.chosen(out, json=json)
    named = inputs.frameworks(load(), framework or ())
    asked = replace(asked, model=model)
    question = meant(asked)
    _check_here(asked, question)
    found = _found(question, named)
    _write(found, form, asked, question.lang)
    if not found.fits:
        raise typer.Exit(FITS_NOWHERE)


def _check_here(asked: Asked, question: Meant) -> None:
    """A path on this machine is there; what lies on a machine that is described is not seen."""
    if described(asked):
        return
    if any(problem.rule == "model.not-here" for problem in question.problems):
        name = printable(asked.model)
        message = f"--model '{name}' is not on this machine; check the path, or name its repository"
        raise InputError(message)


def _found(question: Meant, frameworks: tuple[str, ...]) -> Fitting:
    from recommender.fitting import fitting

    if question.model is None:
        message = "no model is named; llmpick fit MODEL needs one"
        raise InputError(message)
    return fitting(
        question.machine,
        question.workload,
        question.model,
        frameworks=frameworks,
        rules=question.rules,
        lang=question.lang,
        include=question.include,
        problems=question.problems,
        measurements=question.measurements,
    )


def _write(found: Fitting, form: str, asked: Asked, lang: str) -> None:
    if output.written(found, form):
        return
    if form == "name":
        for item in found.fits:
            output.write(item.framework)
    else:
        from recommender.render.fitting import show

        known = load()
        words = known.speak(lang)
        show(found, known.titles, words, output.console())
        _suggest(found, asked, words)


def _suggest(found: Fitting, asked: Asked, words: "Words") -> None:
    """The commands for the model where it fits, else what would make it fit."""
    from recommender.cli.next_step import same, suggest

    if found.fits:
        suggest(words, ("recommend", *same(asked)))
    elif found.rejected:
        name = found.rejected[0].framework
        suggest(words, ("explain", name, "--why-not", *same(asked)))
