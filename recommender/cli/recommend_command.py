"""``llmpick recommend``: the answer."""

import typer

from recommender.cli import options, output
from recommender.cli.asking import Asked, Meant, asks, meant
from recommender.facts import Answer
from recommender.knowledge import load

NOTHING_RUNS = 3


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("recommend")(asks(recommend))


def recommend(
    asked: Asked,
    typed: typer.Context,
    interactive: options.Interactive = False,
    verbose: options.Verbose = False,
    out: options.Output = "table",
    json: options.Json = False,
) -> None:
    """Rank the serving frameworks for this machine and work, with reasons and commands.

    Probes this machine unless one is given. Changes nothing.
    """
    form = output.chosen(out, json=json)
    machine = None
    if interactive:
        from recommender.cli.interactive import completed

        asked, machine = completed(asked, _given(typed))
    question = meant(asked, machine)
    answer = question.answer(turns=form == "table" or verbose)
    from recommender.rules.instead import runs

    _write(answer, form, question, verbose=verbose)
    if not runs(answer):
        raise typer.Exit(NOTHING_RUNS)


def _given(context: typer.Context) -> frozenset[str]:
    """The names of the options that stand on the command line."""
    sources = {name: context.get_parameter_source(name) for name in context.params}
    return frozenset(
        name for name, source in sources.items() if source and source.name == "COMMANDLINE"
    )


def _write(answer: Answer, form: str, question: Meant, *, verbose: bool) -> None:
    if output.written(answer, form):
        return
    if form == "name":
        from recommender.render.document import names

        if answer.ranking:
            output.write(names(answer))
    else:
        known = load()
        heads = (*known.heads, *(known.challenger_heads if question.include else ()))
        titles = {framework.id: framework.name for framework in heads}
        words = known.speak(question.lang)
        if verbose:
            from recommender.render.verbose import show
        else:
            from recommender.render.terminal import show
        show(answer, titles, words, output.console())
