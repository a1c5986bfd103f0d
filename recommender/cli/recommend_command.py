"""``llmpick recommend``: the answer."""

from collections.abc import Collection

import typer

from recommender.cli import options, output
from recommender.cli.asking import Asked, asks, meant
from recommender.facts import Answer
from recommender.knowledge import load

NOTHING_RUNS = 3


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("recommend")(asks(recommend))


def recommend(
    asked: Asked,
    out: options.Output = "table",
    json: options.Json = False,
) -> None:
    """Rank the serving frameworks for this machine and work, with reasons and commands.

    Probes this machine unless one is given. Changes nothing.
    """
    form = output.chosen(out, json=json)
    question = meant(asked)
    answer = question.answer()
    from recommender.rules.instead import NOTHING_HOLDS_IT

    _write(answer, form, question.lang, question.include)
    nowhere = any(problem.rule == NOTHING_HOLDS_IT for problem in answer.problems)
    if nowhere or not answer.ranking:
        raise typer.Exit(NOTHING_RUNS)


def _write(answer: Answer, form: str, lang: str, included: Collection[str]) -> None:
    if form == "json":
        output.write_json(answer)
    elif form == "name":
        from recommender.render.document import names

        if answer.ranking:
            output.write(names(answer))
    else:
        from recommender.render.terminal import show

        known = load()
        heads = (*known.heads, *(known.challenger_heads if included else ()))
        titles = {framework.id: framework.name for framework in heads}
        show(answer, titles, known.speak(lang), output.console())
