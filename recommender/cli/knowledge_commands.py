"""``llmpick schema`` and ``llmpick knowledge``: the data and its shape."""

from pathlib import Path
from typing import Annotated

import typer

from recommender.cli import output
from recommender.cli.commands import Application
from recommender.cli.refresh_command import refresh
from recommender.cli.status_command import status

INVALID = 5


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command("schema")(schema)
    group = Application(name="knowledge", no_args_is_help=True)
    group.command("validate")(validate)
    group.command("status")(status)
    group.command("refresh")(refresh)
    group.callback()(_group)
    app.add_typer(group)


def _group() -> None:
    """What llmpick knows, and whether it is sound."""


def schema(
    name: Annotated[str, typer.Argument(metavar="NAME")],
) -> None:
    """Print the JSON Schema of one of llmpick's nouns."""
    from recommender.schema import json_schema

    output.write_json(json_schema(name))


def validate(
    folder: Annotated[Path | None, typer.Argument(metavar="[FOLDER]")] = None,
) -> None:
    """Run every linter over the knowledge files. Exit code 5 on a finding."""
    from recommender.errors import InputError, printable
    from recommender.knowledge_files import folder as in_use
    from recommender.knowledge_files import is_whole, named_folder

    where = folder or named_folder() or in_use()
    if not where.is_dir():
        message = (
            "this installation holds compiled knowledge only; name a folder of YAML files"
            if folder is None
            else f"there is no folder {printable(where)}"
        )
        raise InputError(message)
    findings = _whole(where) if is_whole(where) else _of_site(where)
    for finding in findings:
        output.write(finding)
    if findings:
        raise typer.Exit(INVALID)
    output.write(f"knowledge in {where} is valid")


def _whole(folder: Path) -> list[str]:
    from recommender import lint

    return lint.check(folder)


def _of_site(folder: Path) -> list[str]:
    from recommender import site

    return site.check(folder)
