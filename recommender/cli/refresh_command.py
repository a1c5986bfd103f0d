"""``llmpick knowledge refresh``: a release of a framework into a checkout's knowledge."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recommender.cli import clock, inputs, options, output
from recommender.errors import InputError

if TYPE_CHECKING:
    from recommender.harvest.refreshing import Wish
    from recommender.words import Words

BROKEN = 5


def refresh(
    framework: Annotated[str, typer.Argument(metavar="FRAMEWORK")],
    version: Annotated[str | None, typer.Option("--version", metavar="VERSION")] = None,
    folder: Annotated[Path, typer.Option("--from", metavar="DIR")] = Path("knowledge"),
    source: Annotated[Path | None, typer.Option("--source", metavar="DIR")] = None,
    day: Annotated[str | None, typer.Option("--day", metavar="DATE")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run")] = False,
    no_binaries: Annotated[bool, typer.Option("--no-binaries")] = False,
    lang: options.Lang = None,
    out: options.Output = "table",
    json: options.Json = False,
) -> None:
    """Read a release of a framework into the knowledge. Exit code 5 where that breaks it."""
    from recommender.harvest.packages import named
    from recommender.harvest.refreshing import Wish
    from recommender.knowledge import load

    form = output.chosen(out, json=json)
    words = load().speak(inputs.language(lang))
    package = named(framework)
    if package.people and source is None:
        output.write(words.key("refresh.people", name=framework))
        for address in package.people:
            output.write(f"   {address}")
        return
    wish = Wish(
        root=folder,
        framework=framework,
        version=version,
        source=source,
        day=_day(day),
        binaries=not no_binaries,
        dry_run=dry_run,
        today=clock.today(),
    )
    _run(wish, form, words)


def _day(day: str | None) -> str | None:
    from datetime import date

    try:
        return day and date.fromisoformat(day).isoformat()
    except ValueError as error:
        message = "--day is no date; write it like 2026-11-22"
        raise InputError(message) from error


def _run(wish: "Wish", form: str, words: "Words") -> None:
    from recommender.cli.progress import working
    from recommender.harvest.refreshing import refresh as read

    with working(words.key("refresh.progress", name=wish.framework)) as tell:
        found = read(wish, lambda text: tell(words.said(text)))
    if not output.written(found, form):
        if form == "name":
            for name in found.written:
                output.write(name)
        else:
            from recommender.render.refresh import show

            show(found, words, output.console())
    if found.templates or found.findings:
        raise typer.Exit(BROKEN)
