"""``llmpick report``: the answer as one page for a browser."""

import sys
from dataclasses import replace
from typing import Annotated

import typer

from recommender.cli import files, output
from recommender.cli.asking import Asked, Meant, asks, meant
from recommender.cli.recommend_command import NOTHING_RUNS
from recommender.errors import InputError, visible
from recommender.facts.report import Report
from recommender.knowledge import load
from recommender.words import LANGUAGES


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("report")(asks(report))


def report(
    asked: Asked,
    file: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="FILE"),
    ] = None,
    force: Annotated[bool, typer.Option("--force")] = False,
) -> None:
    """Write the answer as one self-contained HTML page, in English and Chinese, for a browser.

    The page has the ranking with its reasons, memory, speed, commands and the whole file for each
    target. Probes this machine unless one is given. Writes nothing but the file of -o, which is
    never overwritten without --force. Exit code 3 where nothing can run.
    """
    if file is None:
        message = "report writes a page: name its file with -o report.html, or print it with -o -"
        raise InputError(message)
    question = meant(replace(asked, model=files.placed(asked.model, elsewhere=False)))
    from recommender.render.page import page
    from recommender.rules.instead import runs

    reports = pages(question)
    text = page(reports)
    if file == "-":
        output.write(text.removesuffix("\n"))
    else:
        files.save(file, text, force=force)
        words = load().speak(question.lang)
        sys.stderr.write(f"{words.key('report.written', file=visible(file))}\n")
    if not runs(reports[0].answer):
        raise typer.Exit(NOTHING_RUNS)


def pages(question: Meant) -> list[Report]:
    """The answer in every language, that of the question first."""
    others = [lang for lang in LANGUAGES if lang != question.lang]
    return [_report(question, lang) for lang in (question.lang, *others)]


def _report(question: Meant, lang: str) -> Report:
    from recommender.reporting import report as reported

    answer = replace(question, lang=lang).answer()
    return reported(answer, lang, proposed=question.model is None)
