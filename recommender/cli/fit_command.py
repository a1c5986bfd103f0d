"""``llmpick fit``: whether one model fits, and what fills the memory."""

from dataclasses import replace
from typing import Annotated

import typer

from recommender.cli import inputs, options, output
from recommender.cli.asking import Asked, Meant, asks, meant
from recommender.errors import InputError
from recommender.facts.fitting import Fitting
from recommender.knowledge import load

FITS_NOWHERE = 3


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("fit")(asks(fit))


def fit(
    asked: Asked,
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="Hub repository, name, tag or path of the model.")
    ],
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
    question = meant(replace(asked, model=model))
    found = _found(question, named)
    _write(found, form, question.lang)
    if not found.fits:
        raise typer.Exit(FITS_NOWHERE)


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


def _write(found: Fitting, form: str, lang: str) -> None:
    if form == "json":
        output.write_json(found)
    elif form == "name":
        for item in found.fits:
            output.write(item.framework)
    else:
        from recommender.render.fitting import show

        known = load()
        show(found, known.titles, known.speak(lang), output.console())
