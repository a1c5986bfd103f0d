"""``llmpick serve``: answers for agents, over the Model Context Protocol."""

import gc
import signal
from typing import Annotated

import typer

from recommender.cli import inputs, options, output
from recommender.errors import InputError


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("serve")(serve)


def serve(
    *,
    mcp: Annotated[bool, typer.Option("--mcp")] = False,
    tools: Annotated[bool, typer.Option("--tools")] = False,
    knowledge: options.KnowledgeFolder = None,
    lang: options.Lang = None,
) -> None:
    """Let agents ask over the Model Context Protocol: recommend, probe, explain, launch_plan.

    Speaks over standard input and output until they are closed. Changes nothing.
    """
    del knowledge  # its callback has named the folder
    language = inputs.language(lang)
    if tools:
        from recommender.cli.agents.tools import described

        output.write_json(described(language))
        return
    if not mcp:
        raise InputError(_said("serve", language))
    try:
        from recommender.cli.agents.server import run
    except ImportError as error:
        raise InputError(_said("sdk", language)) from error
    _settle()
    run(language)


def _said(key: str, language: str) -> str:
    from recommender.cli.helping.texts import texts

    return texts(language).say("errors", key)


def _settle() -> None:
    """Undo what suits a process that soon ends: one that stays collects its garbage.

    A pipe that the client closed is then an error to be seen, and no death of the process.
    """
    gc.enable()
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)
