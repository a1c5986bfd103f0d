"""``llmpick models``: the catalogue, listed and searched."""

from typing import Annotated

import typer

from recommender.cli import inputs, options, output
from recommender.knowledge import load


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("models")(models)


def models(
    words: Annotated[
        list[str] | None,
        typer.Argument(help="Words of a name, family, maker, task or licence: qwen3 embedding."),
    ] = None,
    *,
    task: Annotated[
        str | None, typer.Option("--task", help="generate, embedding, rerank or asr.")
    ] = None,
    max_params: Annotated[
        str | None,
        typer.Option("--max-params", metavar="SIZE", help="Not larger than this: 8b, 500m."),
    ] = None,
    fits: Annotated[
        float | None,
        typer.Option("--fits", metavar="GIB", help="16-bit weights not larger than this."),
    ] = None,
    lang: options.Lang = None,
    out: options.Output = "table",
    json: options.Json = False,
) -> None:
    """List the models that llmpick knows: their size, KV cache, licence and known builds.

    Every model that is not here can be named all the same: `recommend --model` takes any hub
    repository or path.
    """
    from recommender.models.search import search

    form = output.chosen(out, json=json)
    found = search(words or (), task=task, max_params=max_params, fits_gib=fits)
    if form == "json":
        output.write_json(list(found))
    elif form == "name":
        for model in found:
            output.write(model.id)
    else:
        from recommender.render.models import show

        show(found, load().speak(inputs.language(lang)), output.console())
