"""``llmpick models``: the catalogue, listed and searched."""

from typing import Annotated

import typer

from recommender.cli import inputs, options, output
from recommender.knowledge import load


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("models")(models)


def models(
    words: Annotated[list[str] | None, typer.Argument(metavar="[WORDS]...")] = None,
    *,
    task: Annotated[str | None, typer.Option("--task")] = None,
    max_params: Annotated[str | None, typer.Option("--max-params", metavar="SIZE")] = None,
    fits: Annotated[float | None, typer.Option("--fits", metavar="GIB")] = None,
    knowledge: options.KnowledgeFolder = None,
    lang: options.Lang = None,
    out: options.Output = "table",
    json: options.Json = False,
) -> None:
    """List the models that llmpick knows: their size, KV cache, licence and known builds.

    Every model that is not here can be named all the same: `recommend --model` takes any hub
    repository or path.
    """
    from recommender.models.search import search

    del knowledge  # its callback has named the folder
    form = output.chosen(out, json=json)
    found = search(words or (), task=task, max_params=max_params, fits_gib=fits)
    if output.written(list(found), form):
        return
    if form == "name":
        for model in found:
            output.write(model.id)
    else:
        from recommender.render.models import show

        said = load().speak(inputs.language(lang))
        show(found, said, output.console())
        from recommender.cli.next_step import suggest

        suggest(said, ("fit", found[0].id), ("recommend", "--model", found[0].id))
