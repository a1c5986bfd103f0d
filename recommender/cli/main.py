"""The commands of llmpick and how they end."""

import os
import sys
from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import Annotated, Any

import typer

from recommender import __version__
from recommender.cli import inputs, options, output
from recommender.cli.commands import Application
from recommender.cli.language import in_language
from recommender.errors import InputError

# What Typer raises for every wrong use; it shows only this one of its kinds.
UsageError: type[Any] = typer.BadParameter.__mro__[1]

# Command -> the module whose register() adds it, and those beside it.
COMMANDS = {
    "recommend": "recommend_command",
    "fit": "fit_command",
    "compare": "compare_command",
    "fleet": "fleet_command",
    "report": "report_command",
    "launch": "launch_command",
    "probe": "probe_command",
    "explain": "look_commands",
    "frameworks": "look_commands",
    "models": "models_command",
    "serve": "serve_command",
    "verify": "verify_command",
    "doctor": "doctor_command",
    "schema": "knowledge_commands",
    "knowledge": "knowledge_commands",
    "completion": "about_commands",
    "man": "about_commands",
}


# What a shell asks for the words that may follow; see completing.py.
COMPLETE = "__complete"


def _print_version(wanted: bool) -> None:  # noqa: FBT001  # Typer passes the flag
    if wanted:
        sys.stdout.write(f"llmpick {__version__}\n")
        raise typer.Exit


def root(
    *,
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version)
    ] = False,
    lang: options.Lang = None,
) -> None:
    """Which LLM serving framework to run on this hardware, why, and with which command."""
    del version  # its callback has ended the process
    if lang is not None:
        # For the command that follows, which may have no such option or say otherwise.
        os.environ["LLMPICK_LANG"] = inputs.language(lang)


def application(arguments: Sequence[str]) -> typer.Typer:
    """The application with the command that ``arguments`` name, or with all of them.

    Typer builds every option of every command at each start; a script that asks for one command
    need not wait for the others.
    """
    app = Application(
        name="llmpick",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(root)
    for module in _modules(arguments):
        import_module(f"recommender.cli.{module}").register(app)
    return app


def _modules(arguments: Sequence[str]) -> Iterable[str]:
    """The modules of the commands that may be meant; the version is none of theirs."""
    if list(arguments[:1]) == ["--version"]:
        return ()
    named = COMMANDS.get(arguments[0]) if arguments else None
    return [named] if named else dict.fromkeys(COMMANDS.values())


def run() -> None:
    """Run a command; wrong input is one sentence and exit code 2, a closed pipe is no error."""
    output.prepare()
    arguments = sys.argv[1:]
    try:
        code = _answer(arguments)
        sys.stdout.flush()
        if code:
            sys.exit(code)
    except InputError as error:
        output.complain(f"llmpick: {in_language(str(error), arguments)}\n")
        sys.exit(2)
    except OSError as error:
        if error.filename is not None:
            raise  # of a file that was opened, not of the result
        output.abandon()
        message = f"llmpick: the result cannot be written ({error.strerror})\n"
        output.complain(in_language(message, arguments))
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


def _answer(arguments: Sequence[str]) -> int:
    """The exit code of a command line.

    Raises:
        InputError: it is used wrongly.
    """
    if arguments and arguments[0] == COMPLETE:
        from recommender.cli.completing import complete

        return complete(arguments[1:])
    if arguments and arguments[0] == "help":
        arguments = [*arguments[1:], "--help"]
    return _ended(application(arguments), arguments)


def _ended(app: typer.Typer, arguments: Sequence[str]) -> int:
    if any(word in {"-h", "--help"} for word in arguments):
        from recommender.cli.helping.texts import without_language

        arguments = without_language(arguments)
    try:
        code: Any = app(list(arguments), prog_name="llmpick", standalone_mode=False)
    except UsageError as error:
        from recommender.cli.helping.wrong import refuse

        return refuse(error)
    return code if isinstance(code, int) else 0
