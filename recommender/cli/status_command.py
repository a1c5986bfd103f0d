"""``llmpick knowledge status``: the knowledge against the newest releases."""

from typing import Annotated

import typer

from recommender.cli import clock, inputs, options, output

STALE = 5


def status(
    offline: Annotated[bool, typer.Option("--offline")] = False,
    verbose: options.Verbose = False,
    lang: options.Lang = None,
    out: options.Output = "table",
    json: options.Json = False,
) -> None:
    """Hold every framework's version and facts against the newest release. Exit 5 if stale."""
    from recommender.keeping import is_stale, status, tracked
    from recommender.knowledge import document, load
    from recommender.releases.asking import asks

    form = output.chosen(out, json=json)
    words = load().speak(inputs.language(lang))
    rows = document("releases")
    ask = None if offline else asks(rows["github"])
    found = status(load(), tracked(rows), clock.today(), ask)
    stale = [item for item in found.standings if is_stale(item)]
    if not output.written(found, form):
        if form == "name":
            for name in dict.fromkeys(item.framework for item in stale):
                output.write(name)
        else:
            from recommender.render.status import show

            show(found, words, output.console(), verbose=verbose)
    if stale:
        raise typer.Exit(STALE)
