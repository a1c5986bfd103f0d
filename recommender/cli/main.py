"""The commands of llmpick and how they end."""

import sys
from collections.abc import Iterable
from importlib import import_module
from typing import Annotated

import typer

from recommender import __version__
from recommender.cli import output
from recommender.errors import InputError

# Command -> the module whose register() adds it, and those beside it.
COMMANDS = {
    "recommend": "recommend_command",
    "fit": "fit_command",
    "compare": "compare_command",
    "report": "report_command",
    "launch": "launch_command",
    "probe": "probe_command",
    "explain": "look_commands",
    "frameworks": "look_commands",
    "models": "models_command",
    "verify": "verify_command",
    "doctor": "doctor_command",
    "schema": "knowledge_commands",
    "knowledge": "knowledge_commands",
}


def _print_version(wanted: bool) -> None:  # noqa: FBT001  # Typer passes the flag
    if wanted:
        sys.stdout.write(f"llmpick {__version__}\n")
        raise typer.Exit


def root(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", is_eager=True, callback=_print_version
        ),
    ] = False,
) -> None:
    """Which LLM serving framework to run on this hardware, why, and with which command."""


def application(arguments: list[str]) -> typer.Typer:
    """The application with the command that ``arguments`` name, or with all of them.

    Typer builds every option of every command at each start; a script that asks for one command
    need not wait for the others.
    """
    app = typer.Typer(
        name="llmpick",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        help="Which LLM serving framework to run on this hardware, why, and its command.",
        epilog="Exit codes: 0 answered, 1 unexpected failure, 2 wrong input, 3 nothing can run "
        "here, 4 less found than required, 5 knowledge invalid. llmpick reads and prints; "
        "launch -o and report -o write the file that you name, launch --run starts a server, "
        "verify asks one and keeps what it measured.",
    )
    app.callback()(root)
    for module in _modules(arguments):
        import_module(f"recommender.cli.{module}").register(app)
    return app


def _modules(arguments: list[str]) -> Iterable[str]:
    """The modules of the commands that may be meant; the version is none of theirs."""
    if arguments[:1] == ["--version"]:
        return ()
    named = COMMANDS.get(arguments[0]) if arguments else None
    return [named] if named else dict.fromkeys(COMMANDS.values())


def run() -> None:
    """Run a command; wrong input is one sentence and exit code 2, a closed pipe is no error."""
    output.prepare()
    try:
        application(sys.argv[1:])()
        sys.stdout.flush()
    except InputError as error:
        sys.stderr.write(f"llmpick: {error}\n")
        sys.exit(2)
    except OSError as error:
        if error.filename is not None:
            raise  # of a file that was opened, not of the result
        output.abandon()
        sys.stderr.write(f"llmpick: the result cannot be written ({error.strerror})\n")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
